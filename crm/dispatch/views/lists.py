"""The list of instructions, narrowed, page by page, and as a workbook."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.queries import departments
from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.guard import allow
from crm.core.language import is_chinese
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.dispatch.queries import instructions as queries
from crm.dispatch.queries.agenda import coming_meetings, next_to_add
from crm.dispatch.queries.instructions import Wanted
from crm.dispatch.rules import (
    ISSUERS,
    Cutoffs,
    Light,
    Scope,
    Standing,
    light_of,
    number_text,
)
from crm.dispatch.views import bp, stands_for
from crm.dispatch.views.asking import code_asked, number_asked, refuse
from crm.dispatch.wording import word
from crm.history import services as history
from crm.leads import access as leads
from crm.leads.models import Lead

SCOPES: dict[Role, tuple[Scope, ...]] = {
    Role.STAFF: (Scope.MINE, Scope.UNIT, Scope.ALL),
    Role.UNIT_HEAD: (Scope.UNIT, Scope.MINE, Scope.ISSUED, Scope.ALL),
    Role.DIRECTOR: (Scope.ALL, Scope.ISSUED, Scope.MINE),
    Role.DISTRICT_LEADER: (Scope.ALL, Scope.ISSUED),
    Role.AUDITOR: (Scope.ALL,),
}
"""What each role's list offers, its own first view first."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row with its light."""

    row: Any
    light: Light | None
    number: str


def listed(rows: Sequence[Any], cutoffs: Cutoffs) -> Iterator[Listed]:
    """Rows with light and number."""
    for row in rows:
        yield Listed(
            row,
            light_of(row.state, row.due_on, row.progress, cutoffs),
            number_text(row.year, row.number),
        )


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    wanted, scopes = _wanted()
    cutoffs = Cutoffs.of(work_calendar(), clock.today())
    statement = queries.matching(g.actor, wanted, cutoffs, stands_for())
    try:
        page = queries.page_of(statement, wanted.standing, request.args.get("after"))
    except CursorError:
        refuse("after")
    is_whole = page.is_first and page.next_cursor is None
    total = len(page.rows) if is_whole else queries.count_of(statement)
    return render_template(
        "dispatch/index.html",
        wanted=wanted,
        scopes=scopes,
        rows=list(listed(page.rows, cutoffs)),
        visible=_visible([row.lead_id for row in page.rows]),
        total=f"{COUNT_LIMIT}+" if total > COUNT_LIMIT else str(total),
        shown=len(page.rows),
        first_url=None if page.is_first else address(wanted),
        next_url=page.next_cursor and address(wanted, after=page.next_cursor),
        address=address,
        scope_choices=[(each.value, word(each)) for each in scopes[1:]],
        standings=[(each.value, word(each)) for each in Standing if each is not Standing.RUNNING],
        lights=[(each.value, word(each)) for each in Light],
        units=[(str(key), name) for key, name in departments()],
        meetings=[
            (str(row.id), f"{row.held_on.isoformat()} {row.title}")
            for row in queries.meetings_to_narrow_by()
        ],
        lead=queries.lead_to_ask_about(g.actor, wanted.lead_id) if wanted.lead_id else None,
        may_issue=g.actor.role in ISSUERS,
    )


def address(wanted: Wanted, endpoint: str = "dispatch.index", **more: Any) -> str:
    """The address of a list, `more` in place of what it is narrowed to now."""
    args = {
        "scope": wanted.scope.value,
        "state": None if wanted.standing is Standing.RUNNING else wanted.standing.value,
        "light": wanted.light and wanted.light.value,
        "department": wanted.department_id,
        "meeting": wanted.meeting_id,
        "lead": wanted.lead_id,
        **more,
    }
    given = {name: value for name, value in args.items() if value not in (None, "")}
    return f"{url_for(endpoint)}?{urlencode(given)}"


def _wanted() -> tuple[Wanted, tuple[Scope, ...]]:
    scopes = SCOPES[g.actor.role]
    lead_id = number_asked("lead")
    scope = code_asked("scope", Scope, Scope.ALL if lead_id else scopes[0])
    if scope not in scopes:
        refuse("scope")
    asked = request.args.get("light", "").strip()
    return Wanted(
        scope,
        code_asked("state", Standing, Standing.RUNNING),
        code_asked("light", Light, Light.RED) if asked else None,
        number_asked("department"),
        number_asked("meeting"),
        lead_id,
    ), scopes


def _visible(ids: Sequence[int | None]) -> frozenset[int]:
    """Those of these leads whose page this person may open."""
    asked = sorted({key for key in ids if key is not None})
    if not asked:
        return frozenset()
    statement = leads.visible_leads(g.actor, Lead.id).where(Lead.id.in_(asked))
    return frozenset(db.session.scalars(statement))


@bp.get("/export.xlsx")
@allow(*LEAD_READERS)
def export() -> ResponseReturnValue:
    """The list as a workbook. The trail tells who took it."""
    from crm.core.sheets.writing import write_long_workbook  # openpyxl takes 0.2 s

    wanted, _scopes = _wanted()
    cutoffs = Cutoffs.of(work_calendar(), clock.today())
    rows = queries.all_of(queries.matching(g.actor, wanted, cutoffs, stands_for()))
    with transaction():
        history.record(
            g.actor, clock.now(), "instructions_exported", None, after={"rows": len(rows)},
            subject_type="instructions",
        )  # fmt: skip
    out = io.BytesIO()
    head = tuple(
        str(each)
        for each in (
            _("编号"), _("交办事由"), _("项目"), _("责任单位"), _("责任人"), _("责任领导"),
            _("交办日期"), _("办结时限"), _("进度（百分比）"), _("灯"), _("状态"), _("下一步"),
            _("回执日期"), _("办结日期"),
        )
    )  # fmt: skip
    widths = (10, 48, 28, 18, 10, 10, 12, 12, 10, 8, 10, 30, 12, 12)
    write_long_workbook(
        out, [(_("交办单"), widths, [head, *(_cells(each) for each in listed(rows, cutoffs))])]
    )
    out.seek(0)
    return send_file(
        out,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=_("交办单%(day)s", day=f"{clock.today():%Y%m%d}") + ".xlsx",
    )


def _cells(each: Listed) -> tuple[Any, ...]:
    row = each.row
    english = not is_chinese()
    return (
        each.number,
        row.matter,
        row.lead,
        (english and row.unit_en) or row.unit,
        row.person,
        row.leader,
        row.issued_on,
        row.due_on,
        row.progress,
        str(word(each.light)) if each.light else None,
        str(word(row.state)),
        row.next_step,
        row.replied_on,
        row.closed_on,
    )


@bp.get("/leads/<int:lead_id>")
@allow(*LEAD_READERS)
def of_lead(lead_id: int) -> ResponseReturnValue:
    """The running instructions of a lead, as a part of its page that is asked for by itself."""
    lead = queries.lead_to_ask_about(g.actor, lead_id)
    if lead is None:
        abort(404)
    cutoffs = Cutoffs.of(work_calendar(), clock.today())
    rows = queries.open_of_lead(g.actor, lead_id, stands_for())
    # A sensitive lead stands on no page that is shown on a wall.
    coming = () if lead.is_sensitive else coming_meetings(g.actor, lead_id, clock.today())
    is_part = bool(request.headers.get("HX-Request"))
    return render_template(
        "dispatch/_of_lead.html" if is_part else "dispatch/of_lead.html",
        lead=lead,
        rows=list(listed(rows, cutoffs)),
        may_issue=g.actor.role in ISSUERS,
        on_agenda=[each for each in coming if each.item_id is not None],
        next_meeting=next_to_add(coming) if g.actor.role in LEAD_WRITERS else None,
    )
