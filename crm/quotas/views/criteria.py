"""认定口径: each quota's criteria in force, its draft, and every version with who signed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.db import db
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.web import mark
from crm.quotas import queries, services
from crm.quotas.comparing import differences, event_text, sentence
from crm.quotas.forms import PlanForm, WithdrawVersionForm, plan_of
from crm.quotas.models import Quota
from crm.quotas.rules import Modality, parse_exclusions
from crm.quotas.services import Plan
from crm.quotas.telling import subject
from crm.quotas.versions import Version, VersionState, computed_quota, quota_of, versions_of
from crm.quotas.views import bp
from crm.quotas.wording import exclusions_text, target_text


def in_both_languages(criteria: Mapping[str, Any]) -> dict[str, str]:
    """Criteria as one sentence in Chinese and in English, whoever reads."""
    told = {}
    for language in ("zh", "en"):
        with force_locale(language):
            text = sentence(criteria)
            told[language] = text + mark("。", ".") if text else _("（还没有条件）")
    return told


def name_of(quota: Quota) -> str:
    return subject(quota.label, quota.label_en)


@dataclass(frozen=True, slots=True)
class _Row:
    """A quota of the list; `held` is the version in force, `next` the one that waits for its day,
    `publishing` the one whose day has come while leads are still judged by it."""

    quota: Quota
    name: str
    target: str
    held: Version | None
    next: Version | None
    publishing: Version | None
    draft: Version | None
    count: int
    sentences: Mapping[str, str]


@bp.get("/criteria")
@allow(*LEAD_READERS)
def criteria() -> ResponseReturnValue:
    years = queries.quota_years()
    year = _asked_year(years)
    quotas = db.session.scalars(
        queries.computed_quotas(year).order_by(Quota.position, Quota.id)
    ).all()
    versions = versions_of(quotas, clock.today())
    return render_template(
        "quotas/criteria.html",
        year=year,
        tabs=[
            {
                "label": _("%(year)s年", year=each),
                "href": url_for("quotas.criteria", year=each),
                "active": each == year,
            }
            for each in years
        ],
        rows=[_row(quota, versions[quota.id]) for quota in quotas],
        may_change=g.actor.role == Role.DIRECTOR,
    )


def _asked_year(years: Sequence[int]) -> int:
    """The year asked for, this year otherwise; 404 for one without quotas."""
    this_year = clock.today().year
    text = request.args.get("year", "").strip()
    if not text:
        return this_year if this_year in years or not years else years[-1]
    if not text.isascii() or not text.isdigit() or int(text[:5]) not in years:
        abort(404)
    return int(text[:5])


def _row(quota: Quota, versions: Sequence[Version]) -> _Row:
    by_state: dict[VersionState, Version] = {}
    for each in versions:  # newest first: of several that wait the earliest is next
        by_state[each.state] = each
    return _Row(
        quota,
        name_of(quota),
        target_text(Modality(quota.modality), quota.target, quota.unit),
        by_state.get(VersionState.IN_FORCE),
        by_state.get(VersionState.WAITING),
        by_state.get(VersionState.PUBLISHING),
        by_state.get(VersionState.DRAFT),
        sum(each.state is not VersionState.DRAFT for each in versions),
        in_both_languages(quota.criteria or {}),
    )


@bp.get("/criteria/<int:year>/<code>")
@allow(*LEAD_READERS)
def versions(year: int, code: str) -> ResponseReturnValue:
    quota = computed_quota(year, code)
    found = versions_of([quota], clock.today())[quota.id]
    signed = [each for each in found if each.state is not VersionState.DRAFT]
    before, after = _compared(found)
    return render_template(
        "quotas/versions.html",
        quota=quota,
        name=name_of(quota),
        target=target_text(Modality(quota.modality), quota.target, quota.unit),
        event=event_text(quota.event),
        sentences=in_both_languages(quota.criteria or {}),
        exclusions=exclusions_text(parse_exclusions(quota.criteria or {})),
        versions=[(each, sentence(each.criteria)) for each in signed],
        draft=next((each for each in found if each.state is VersionState.DRAFT), None),
        publishing=next((each for each in found if each.state is VersionState.PUBLISHING), None),
        before=before,
        after=after,
        differences=differences(before, after) if before and after else [],
        numbers=[(each.number, _numbered(each)) for each in found],
        may_change=g.actor.role == Role.DIRECTOR,
    )


def _numbered(version: Version) -> str:
    if version.state is VersionState.DRAFT:
        return _("第%(n)s版（草稿）", n=version.number)
    return _("第%(n)s版", n=version.number)


def _compared(found: Sequence[Version]) -> tuple[Version | None, Version | None]:
    """The two versions to be compared: those asked for, else the newest with the one before."""
    if len(found) < 2:
        return None, None
    by_number = {str(each.number): each for each in found}
    before = request.args.get("before", str(found[1].number))
    after = request.args.get("after", str(found[0].number))
    if before not in by_number or after not in by_number:
        abort(404)
    return by_number[before], by_number[after]


@bp.route("/criteria/<int:year>/<code>/<int:number>/withdraw", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def withdraw_version(year: int, code: str, number: int) -> ResponseReturnValue:
    """撤回: take back a published version whose day has not come."""
    quota = computed_quota(year, code)
    found = versions_of([quota], clock.today())[quota.id]
    version = next((each for each in found if each.number == number), None)
    if version is None or version.state is VersionState.DRAFT:
        abort(404)
    if version.state is VersionState.WITHDRAWN:
        flash(_("第%(n)s版已被撤回。", n=number), "warn")
        return redirect(url_for("quotas.versions", year=year, code=code))
    form = WithdrawVersionForm()
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.withdraw(
                g.actor, quota.id, number, form.reason.data or "",
                today=clock.today(), at=clock.now(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已撤回第%(n)s版，现行版本继续有效。", n=number), "good")
            return redirect(url_for("quotas.versions", year=year, code=code))
    page = render_template(
        "quotas/withdraw_version.html",
        quota=quota,
        name=name_of(quota),
        version=version,
        text=sentence(version.criteria),
        held=next((each for each in found if each.state is VersionState.IN_FORCE), None),
        form=form,
    )
    return page, form.status


@bp.get("/criteria/<int:year>/<code>/plan")
@allow(Role.DIRECTOR)
def plan(year: int, code: str) -> ResponseReturnValue:
    quota = quota_of(year, code)
    return _plan_page(quota, PlanForm(data=plan_of(quota)))


@bp.post("/criteria/<int:year>/<code>/plan")
@allow(Role.DIRECTOR)
def change_plan(year: int, code: str) -> ResponseReturnValue:
    quota, form = quota_of(year, code), PlanForm()
    if form.validate() and attempt(form, lambda: _change(quota.id, form)):
        flash(_("已保存目标和统计年度。"), "good")
        return redirect(_behind(quota))
    return _plan_page(quota, form)


def _change(quota_id: int, form: PlanForm) -> Quota:
    return services.change_plan(
        g.actor,
        quota_id,
        form.version.data or 0,
        Plan(
            target=form.target.data or 0,
            modality=form.modality.data,
            rounding=form.rounding.data,
            opens=form.opens.data or clock.today(),
            closes=form.closes.data or clock.today(),
        ),
        form.document_number.data or "",
        today=clock.today(),
        at=clock.now(),
    )


def _plan_page(quota: Quota, form: PlanForm) -> ResponseReturnValue:
    page = render_template(
        "quotas/plan.html", quota=quota, name=name_of(quota), form=form, back=_behind(quota)
    )
    return page, form.status


def _behind(quota: Quota) -> str:
    """The page a quota's plan is reached from: its versions, or the board for an indicator."""
    if quota.criteria is None:
        return url_for("quotas.index", year=quota.year)
    return url_for("quotas.versions", year=quota.year, code=quota.code)
