"""The administrator's pages of how the kinds are reminded of, each change with its preview."""

from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.reminders.forms import VersionForm
from crm.reminders.forms.settings import SettingForm, setting_form
from crm.reminders.queries import settings as queries
from crm.reminders.queries.preview import Preview, preview
from crm.reminders.rules.falling import stages_of
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.settings import MONTHLY, Setting, switched_on, why_not_setting
from crm.reminders.services import settings as services
from crm.reminders.views import bp
from crm.reminders.wording import COUNTED_FROM, scope_word, steps_word, word

KINDS = ",".join(ReminderKind)
NAMES_SHOWN = 500
WORDS = {"word": word, "scope_word": scope_word, "steps_word": steps_word, "monthly": MONTHLY}


@bp.get("/settings")
@allow(Role.ADMINISTRATOR)
def settings() -> ResponseReturnValue:
    return render_template(
        "reminders/settings.html",
        kinds=queries.kinds_set(),
        counted_from=COUNTED_FROM,
        takes_particular={kind for kind in ReminderKind if stages_of(kind)},
        **WORDS,
    )


@bp.route(f"/settings/<any({KINDS}):kind>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def setting(kind: str) -> ResponseReturnValue:
    kept = queries.general_setting(ReminderKind(kind))
    form = setting_form(kept.setting, kept.version, is_general=True)

    def save(wanted: Setting) -> None:
        services.save_general(g.actor, wanted, clock.now(), version=form.version.data)

    return _setting_page(form, kept, save)


@bp.route(f"/settings/<any({KINDS}):kind>/for-some", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def new_particular(kind: str) -> ResponseReturnValue:
    general = queries.general_setting(ReminderKind(kind))
    if not stages_of(general.setting.kind):
        raise NotFound
    form = setting_form(general.setting, None, is_general=False)

    def save(wanted: Setting) -> None:
        services.save_particular(g.actor, wanted, clock.now())

    return _setting_page(form, None, save)


@bp.route("/settings/for-some/<int:setting_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def particular(setting_id: int) -> ResponseReturnValue:
    kept = queries.particular_setting(setting_id)
    if kept is None:
        raise NotFound
    form = setting_form(kept.setting, kept.version, is_general=False)

    def save(wanted: Setting) -> None:
        services.save_particular(
            g.actor, wanted, clock.now(), setting_id=setting_id, version=form.version.data
        )

    return _setting_page(form, kept, save)


def _setting_page(
    form: SettingForm, kept: queries.Kept | None, save: Callable[[Setting], None]
) -> ResponseReturnValue:
    """The form of a setting; posted with `preview` it only tells what the day would send."""
    found: Preview | None = None
    status = form.status
    if form.validate_on_submit():
        wanted = form.setting()
        if "preview" not in request.form:
            if attempt(form, lambda: save(wanted) or True):
                flash(_("已保存“%(kind)s”的提醒设置。", kind=word(form.kind)), "good")
                return redirect(url_for("reminders.settings", _anchor=form.kind.value))
        else:
            found = _previewed(form, kept, wanted)
            status = 422 if found is None else 200
    page = render_template(
        "reminders/setting.html",
        form=form,
        kept=kept,
        is_general="stage" not in form,
        sentence=COUNTED_FROM[form.kind],
        found=found,
        names_shown=NAMES_SHOWN,
        today=clock.today(),
        **WORDS,
    )
    return page, status


def _previewed(form: SettingForm, kept: queries.Kept | None, wanted: Setting) -> Preview | None:
    """What the day would send; None, with the faults in the form, where it could not be saved."""
    taken = queries.scopes(wanted.kind, but=kept.setting_id if kept else None)
    faults = why_not_setting(wanted, is_general="stage" not in form, taken=taken)
    if faults:
        form.show(services.told(faults))
        return None
    before, today = kept.setting if kept else None, clock.today()
    return preview(today, before, switched_on(before, wanted, today))


@bp.route("/settings/for-some/<int:setting_id>/remove", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def remove_particular(setting_id: int) -> ResponseReturnValue:
    kept = queries.particular_setting(setting_id)
    if kept is None:
        raise NotFound
    form = VersionForm(data={"version": kept.version})
    if form.validate_on_submit():
        with transaction():
            services.remove_particular(g.actor, setting_id, form.version.data, clock.now())
        flash(_("已删除“%(kind)s”对部分项目的设置。", kind=word(kept.setting.kind)), "good")
        return redirect(url_for("reminders.settings", _anchor=kept.setting.kind.value))
    page = render_template(
        "reminders/setting_remove.html",
        form=form,
        kept=kept,
        found=preview(clock.today(), kept.setting, None),
        names_shown=NAMES_SHOWN,
        today=clock.today(),
        **WORDS,
    )
    return page, form.status


@bp.route(f"/settings/<any({KINDS}):kind>/as-begun", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def as_begun(kind: str) -> ResponseReturnValue:
    kept = queries.general_setting(ReminderKind(kind))
    form = VersionForm(data={"version": kept.version})
    if form.validate_on_submit():
        with transaction():
            services.as_begun(g.actor, ReminderKind(kind), form.version.data, clock.now())
        flash(_("“%(kind)s”已恢复为系统初始的设置。", kind=word(kept.setting.kind)), "good")
        return redirect(url_for("reminders.settings", _anchor=kind))
    begun = queries.begun_setting(kept.setting.kind)
    page = render_template(
        "reminders/setting_begun.html",
        form=form,
        kept=kept,
        begun=begun,
        found=preview(clock.today(), kept.setting, begun),
        names_shown=NAMES_SHOWN,
        today=clock.today(),
        **WORDS,
    )
    return page, form.status
