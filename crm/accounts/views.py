"""Sign in, sign out, password, language; the administrator's people and units."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from crm.accounts import queries, services
from crm.accounts.forms import DepartmentForm, PasswordForm, PersonForm, SignInForm, person_entry
from crm.accounts.rules import DepartmentKind, Role
from crm.accounts.wording import DEPARTMENT_KIND, ROLE
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound, Refused
from crm.core.forms import attempt
from crm.core.guard import PUBLIC, SIGNED_IN, allow
from crm.core.web import LOCALES
from crm.outbox import queries as outbox
from crm.outbox.wording import problem_word
from crm.outbox.wording import word as outbox_word

bp = Blueprint("accounts", __name__)


def safe_next(target: str | None) -> str:
    """A path of ours to go on to; anything that leaves the site becomes the home page."""
    # A browser drops tabs and line ends from an address and reads \ as /.
    if (
        target
        and target.isprintable()
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
    ):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc:
            return target
    return "/"


@bp.route("/login", methods=["GET", "POST"])
@allow(PUBLIC)
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")))
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("accounts/login.html", form=form), form.status
    settings = current_app.extensions["settings"]
    terms = services.SignInTerms(settings.login_failures, settings.locked_minutes)
    with transaction():
        actor = services.sign_in(
            form.login.data, form.password.data, clock.now(), request.remote_addr, terms
        )
    if actor is None:
        form.form_errors.append(_("登录名或密码不正确，或账号已暂时锁定。"))
        return render_template("accounts/login.html", form=form), 422
    session.clear()
    session.permanent = True
    login_user(actor)
    if actor.must_change_password:
        return redirect(url_for("accounts.password"))
    return redirect(safe_next(request.args.get("next")))


@bp.post("/logout")
@allow(SIGNED_IN)
def logout() -> ResponseReturnValue:
    logout_user()
    session.clear()
    flash(_("已退出登录。"), "info")
    return redirect(url_for("accounts.login"))


@bp.route("/password", methods=["GET", "POST"])
@allow(SIGNED_IN)
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.change_password(g.actor, form.current.data, form.new.data, clock.now())
        except Refused as refused:
            form.show(refused.faults)
        else:
            logout_user()
            flash(_("密码已修改，请用新密码登录。"), "success")
            return redirect(url_for("accounts.login"))
    return render_template("accounts/password.html", form=form), form.status


@bp.post("/language")
@allow(PUBLIC)
def set_language() -> ResponseReturnValue:
    wanted = request.form.get("language", "")
    if wanted not in LOCALES:
        wanted = "zh"
    if current_user.is_authenticated:
        with transaction():
            services.set_locale(current_user, wanted)
    answer = redirect(safe_next(request.form.get("next")))
    answer.set_cookie("language", wanted, max_age=365 * 86400, httponly=True, samesite="Lax")
    return answer


@bp.get("/people")
@allow(Role.ADMINISTRATOR)
def people() -> ResponseReturnValue:
    return render_template(
        "accounts/people.html",
        people=queries.all_people(),
        leaders=queries.leaders(),
        role_words=ROLE,
        refusals=outbox.refusals(),
        channel_word=outbox_word,
    )


@bp.post("/people/<int:user_id>/<direction>")
@allow(Role.ADMINISTRATOR)
def move_leader(user_id: int, direction: str) -> ResponseReturnValue:
    with transaction():
        services.move_leader(g.actor, user_id, clock.now(), up=_is_up(direction))
    return redirect(url_for("accounts.people", _anchor="leaders"))


@bp.route("/people/new", methods=["GET", "POST"], defaults={"user_id": None})
@bp.route("/people/<int:user_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def person(user_id: int | None) -> ResponseReturnValue:
    user = queries.user_by_id(user_id) if user_id else None
    if user_id and user is None:
        raise NotFound
    form = PersonForm(obj=user).offer(queries.departments())
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: services.save_person(
                g.actor, user_id, person_entry(form), clock.now(), version=form.version.data
            ),
        )
        if saved is not None:
            flash(_("已保存“%(name)s”的账号。", name=form.name.data), "success")
            return redirect(url_for("accounts.people"))
    refused = outbox.refusals(user_id).get(user_id, ()) if user_id else ()
    page = render_template(
        "accounts/person.html", form=form, user=user, refusals=refused,
        problem_word=problem_word, channel_word=outbox_word,
    )  # fmt: skip
    return page, form.status


@bp.get("/departments")
@allow(Role.ADMINISTRATOR)
def departments() -> ResponseReturnValue:
    return render_template(
        "accounts/departments.html",
        departments=queries.all_departments(),
        kind_words=DEPARTMENT_KIND,
    )


@bp.route("/departments/new", methods=["GET", "POST"], defaults={"department_id": None})
@bp.route("/departments/<int:department_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def department(department_id: int | None) -> ResponseReturnValue:
    record = queries.department_by_id(department_id) if department_id else None
    if department_id and record is None:
        raise NotFound
    form = DepartmentForm(obj=record).offer()
    if form.validate_on_submit():
        values = {k: v for k, v in form.data.items() if k not in {"version", "csrf_token"}}
        values["kind"], values["position"] = DepartmentKind(values["kind"]), values["position"] or 0
        saved = attempt(
            form,
            lambda: services.save_department(
                g.actor, department_id, values, clock.now(), version=form.version.data
            ),
        )
        if saved is not None:
            flash(_("已保存单位“%(name)s”。", name=form.name.data), "success")
            return redirect(url_for("accounts.departments"))
    page = render_template("accounts/department.html", form=form, department=record)
    return page, form.status


@bp.post("/departments/<int:department_id>/<direction>")
@allow(Role.ADMINISTRATOR)
def move_department(department_id: int, direction: str) -> ResponseReturnValue:
    with transaction():
        services.move_department(g.actor, department_id, clock.now(), up=_is_up(direction))
    return redirect(url_for("accounts.departments", _anchor=f"unit-{department_id}"))


def _is_up(direction: str) -> bool:
    """Which way to move; raises NotFound for what is no way."""
    if direction not in {"up", "down"}:
        raise NotFound
    return direction == "up"
