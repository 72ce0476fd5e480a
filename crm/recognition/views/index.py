"""认定: what waits for the person, every project by level, batches and suspects of a year."""

from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.guard import allow
from crm.quotas.telling import subject
from crm.recognition.desk import Case, Shown, desk, shown_counts
from crm.recognition.queries.assigning import group_of
from crm.recognition.queries.claims import Term
from crm.recognition.queries.pages import batches_of
from crm.recognition.rules import Level
from crm.recognition.views import bp
from crm.recognition.views.asking import year_asked
from crm.recognition.wording import TONES

PAGE = 25
TASKS = 20


def quota_name(term: Term) -> str:
    return subject(term.label, term.label_en)


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    year, years = year_asked()
    shown = _shown()
    found = desk(g.actor, year, clock.today())
    matching = [case for case in found.cases if shown in case.shown]
    page = [case for case in matching if (case.lead_id, case.quota_id) > _after()][: PAGE + 1]
    return render_template(
        "recognition/index.html",
        year=year,
        years=_tabs(year, years),
        desk=found,
        tasks=found.tasks[:TASKS],
        more_tasks=len(found.tasks) - TASKS,
        shown_tabs=_shown_tabs(year, shown, found.cases),
        rows=page[:PAGE],
        next_url=_url(year, shown, page[PAGE - 1]) if len(page) > PAGE else None,
        first_url=_url(year, shown) if _after() != (0, 0) else None,
        batches=batches_of(year),
        group=group_of(found.found.terms),
        quota_name=quota_name,
        levels=list(Level),
        tones=TONES,
        may_certify=g.actor.role is Role.DIRECTOR,
        sees_all=g.actor.sees_all,
    )


def _tabs(year: int, years: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "label": _("%(year)s年", year=each),
            "href": url_for("recognition.index", year=each),
            "active": each == year,
        }
        for each in years
    ]


def _shown() -> Shown:
    text = request.args.get("show", Shown.ALL.value)
    if text not in list(Shown):
        abort(400)
    return Shown(text)


def _shown_tabs(year: int, active: Shown, cases: list[Case]) -> list[dict[str, Any]]:
    words = {
        Shown.ALL: _("全部"),
        Shown.PROPOSED: _("待单位审核"),
        Shown.UNIT_ONLY: _("申报、区未认定"),
        Shown.DISTRICT_ONLY: _("区认定、市未核定"),
        Shown.CITY_ONLY: _("市核定、区未认定"),
        Shown.TURNED_DOWN: _("退回和不计数"),
        Shown.REVIEW: _("待复核"),
    }
    return [
        {
            "label": words[each],
            "href": _url(year, each),
            "active": each is active,
            "count": count,
        }
        for each, count in shown_counts(cases).items()
    ]


def _url(year: int, shown: Shown, after: Case | None = None) -> str:
    place = f"{after.lead_id}-{after.quota_id}" if after else None
    return url_for("recognition.index", year=year, show=shown.value, after=place, _anchor="levels")


def _after() -> tuple[int, int]:
    """The lead and quota a page begins after."""
    text = request.args.get("after", "")
    if not text:
        return 0, 0
    lead_id, dash, quota_id = text.partition("-")
    if not dash or not all(
        p.isascii() and p.isdigit() and len(p) < 19 for p in (lead_id, quota_id)
    ):
        abort(400)
    return int(lead_id), int(quota_id)
