"""调度会: called, held live on a wall, printed.

The page of a meeting is plain forms; with JavaScript its region #meeting is swapped in place of the page,
lines save themselves, and a second screen is told of what the first one writes.
"""

import json
from datetime import datetime

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from crm.accounts.queries import actor_by_id
from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound, Stale
from crm.core.forms import BaseForm, attempt, number_in
from crm.core.guard import allow
from crm.core.lists import CursorError
from crm.core.web import moment_text
from crm.dispatch import access
from crm.dispatch.forms import InstructionForm, ItemForm, LineForm, MeetingForm
from crm.dispatch.models import Meeting, MeetingLine
from crm.dispatch.queries import meetings as queries
from crm.dispatch.rules import ISSUERS, MEETING_KEEPERS, Cutoffs, due_by_default
from crm.dispatch.services import meetings as services
from crm.dispatch.views import bp
from crm.dispatch.views.asking import refuse
from crm.dispatch.views.issuing import offer, wanted
from crm.dispatch.views.lists import listed


@bp.get("/meetings/")
@allow(*LEAD_READERS)
def meetings() -> ResponseReturnValue:
    try:
        page = queries.meetings_page(g.actor, request.args.get("after"))
    except CursorError:
        refuse("after")
    return render_template(
        "dispatch/meetings.html", page=page, may_call=g.actor.role in MEETING_KEEPERS
    )


@bp.route("/meetings/new", methods=["GET", "POST"])
@allow(*MEETING_KEEPERS)
def new_meeting() -> ResponseReturnValue:
    form = MeetingForm()
    _offer(form)
    if form.validate_on_submit():
        done = attempt(form, lambda: services.call(g.actor, clock.now(), _called(form)))
        if done is not None:
            flash(_("已新建会议。"), "good")
            return redirect(url_for("dispatch.meeting", meeting_id=done.id))
    elif not form.is_submitted():
        form.held_on.data = clock.today()
        form.title.data = _("招商引资调度会")
        form.recorder.data = g.actor.id
        if g.actor.role is Role.DIRECTOR:
            form.chair.data = g.actor.id
    return render_template("dispatch/meeting_form.html", form=form, meeting=None), form.status


@bp.route("/meetings/<int:meeting_id>/edit", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def edit_meeting(meeting_id: int) -> ResponseReturnValue:
    row = _kept(meeting_id)
    form = MeetingForm()
    _offer(form)
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.edit(
                g.actor, clock.now(), meeting_id, form.version.data or 0, _called(form)
            ),
        )
        if done is not None:
            flash(_("已保存。"), "good")
            return _to(meeting_id)
    elif not form.is_submitted():
        form.version.data = row.version
        form.title.data, form.held_on.data, form.place.data = row.title, row.held_on, row.place
        form.chair.data, form.recorder.data = row.chair_id, row.recorder_id
        form.attendees.data = row.attendees
    return render_template("dispatch/meeting_form.html", form=form, meeting=row), form.status


def _offer(form: MeetingForm) -> None:
    form.chair.offer(queries.chairs())
    form.recorder.offer(queries.recorders())


def _called(form: MeetingForm) -> services.Called:
    return services.Called(
        title=form.title.data,
        held_on=form.held_on.data,
        chair_id=form.chair.data,
        recorder_id=form.recorder.data,
        place=form.place.data,
        attendees=form.attendees.data,
    )


def _kept(meeting_id: int) -> Meeting:
    """A meeting this person may write on now. Raises NotFound."""
    row = access.meeting_for(g.actor, meeting_id)
    if not access.may_keep(g.actor, row):
        raise NotFound
    return row


def _to(meeting_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("dispatch.meeting", meeting_id=meeting_id, _anchor=anchor))


def _is_part() -> bool:
    return bool(request.headers.get("HX-Request"))


# --- the live page ---


@bp.get("/meetings/<int:meeting_id>")
@allow(*LEAD_READERS)
def meeting(meeting_id: int) -> ResponseReturnValue:
    return _page(access.meeting_for(g.actor, meeting_id))


def _page(
    row: Meeting,
    *,
    item_form: ItemForm | None = None,
    line_form: LineForm | None = None,
    refused: BaseForm | None = None,
) -> str:
    """The page; a form that was refused stands with its words where it was sent from."""
    page = queries.meeting_page(g.actor, row.id)
    cutoffs = Cutoffs.of(work_calendar(), clock.today())
    return render_template(
        "dispatch/meeting.html",
        page=page,
        meeting=page.meeting,
        before=list(listed(page.before, cutoffs)),
        given=list(listed(page.given, cutoffs)),
        may_write=access.may_keep(g.actor, row),
        may_instruct=access.may_keep(g.actor, row) and _may_instruct(row),
        may_reopen=row.closed_at is not None and g.actor.role is Role.DIRECTOR,
        item_form=item_form,
        line_form=line_form,
        line_item=number_in(line_form.item.data) if line_form else None,
        refused=refused,
        seen_at=clock.now().isoformat(),
    )


@bp.get("/meetings/<int:meeting_id>/changes")
@allow(*LEAD_READERS)
def changes(meeting_id: int) -> ResponseReturnValue:
    """204 while nobody else has written since `seen` and `at`, else who has and when."""
    access.meeting_for(g.actor, meeting_id)
    seen = number_in(request.args.get("seen")) or 0
    found = queries.changes_of(meeting_id)
    others = queries.written_by_others(meeting_id, g.actor, _moment(request.args.get("at")))
    is_news = found.changes > seen and found.changed_by_id != g.actor.id
    if not (is_news or others):
        return "", 204
    by = others.by if others else found.by
    at = others.written_at if others else found.changed_at
    return render_template(
        "dispatch/_news.html", meeting_id=meeting_id, by=by, at=moment_text(at)[11:]
    )


def _moment(text: str | None) -> datetime:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return clock.now()
    return found if found.tzinfo else clock.now()


@bp.get("/meetings/<int:meeting_id>/leads")
@allow(*LEAD_WRITERS)
def leads_called(meeting_id: int) -> ResponseReturnValue:
    """Names of leads for the field of a new item, as options."""
    _kept(meeting_id)
    found = queries.leads_called(g.actor, request.args.get("title", "")[:100])
    lines = [Markup('<option value="{}"></option>').format(row.title) for row in found]
    return Markup("").join(lines)


@bp.post("/meetings/<int:meeting_id>/items")
@allow(*LEAD_WRITERS)
def add_item(meeting_id: int) -> ResponseReturnValue:
    row = _kept(meeting_id)
    form = ItemForm()
    if form.validate_on_submit():
        lead_id, instruction_id = number_in(form.lead.data), number_in(form.instruction.data)
        if not (lead_id or instruction_id) and form.title.data:
            lead_id, instruction_id = queries.meant_by(g.actor, form.title.data)
        done = attempt(
            form,
            lambda: services.add_item(
                g.actor, clock.now(), meeting_id,
                title=form.title.data, lead_id=lead_id, instruction_id=instruction_id,
            ),
        )  # fmt: skip
        if done is not None:
            return _to(meeting_id, f"item-{done.id}")
    return _page(row, item_form=form), 422


@bp.post("/items/<int:item_id>/<any(tick, untick, up, remove):verb>")
@allow(*LEAD_WRITERS)
def change_item(item_id: int, verb: str) -> ResponseReturnValue:
    form = BaseForm()
    meeting_id = queries.meeting_of_item(item_id)
    row = _kept(meeting_id)

    def change() -> bool:
        if verb == "up":
            services.move_up(g.actor, clock.now(), item_id)
        elif verb == "remove":
            services.remove_item(g.actor, clock.now(), item_id)
        else:
            services.tick(g.actor, clock.now(), item_id, is_done=verb == "tick")
        return True

    if form.validate() and attempt(form, change):
        return _to(meeting_id, None if verb == "remove" else f"item-{item_id}")
    return _page(row, refused=form), 422


@bp.post("/meetings/<int:meeting_id>/lines")
@allow(*LEAD_WRITERS)
def add_line(meeting_id: int) -> ResponseReturnValue:
    row = _kept(meeting_id)
    form = LineForm()
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.add_line(
                g.actor, clock.now(), meeting_id, form.body.data, number_in(form.item.data)
            ),
        )
        if done is not None:
            return _to(meeting_id, f"line-{done.id}")
    return _page(row, line_form=form), 422


@bp.post("/lines/<int:line_id>")
@allow(*LEAD_WRITERS)
def write_line(line_id: int) -> ResponseReturnValue:
    """Save a line. Of a page with JavaScript only the line's own state comes back."""
    meeting_id = queries.meeting_of_line(line_id)
    row = _kept(meeting_id)
    form = LineForm()
    try:
        if form.validate_on_submit():
            with transaction():
                line = services.write_line(
                    g.actor, clock.now(), line_id, form.version.data or 0, form.body.data
                )
            if _is_part():
                return render_template(
                    "dispatch/_line_state.html", line=line, saved_at=moment_text(clock.now())[11:]
                )
            return _to(meeting_id, f"line-{line_id}")
    except Stale as stale:
        if not _is_part():
            raise
        return render_template(
            "dispatch/_line_state.html", line=stale.current, theirs=stale.changes[0]
        ), 409
    if _is_part():
        line = queries.line_by_id(line_id)
        return render_template(
            "dispatch/_line_state.html", line=line, errors=form.body.errors or form.version.errors
        ), 422
    return _page(row, refused=form), 422


@bp.post("/lines/<int:line_id>/remove")
@allow(*LEAD_WRITERS)
def remove_line(line_id: int) -> ResponseReturnValue:
    meeting_id = queries.meeting_of_line(line_id)
    row = _kept(meeting_id)
    form = BaseForm()
    seen = number_in(request.form.get("version")) or 0
    if form.validate() and attempt(
        form, lambda: services.remove_line(g.actor, clock.now(), line_id, seen)
    ):
        return _to(meeting_id)
    return _page(row, refused=form), 422


@bp.route("/lines/<int:line_id>/instruct", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def instruct(line_id: int) -> ResponseReturnValue:
    """Make a line an instruction: everything is filled in, one button gives it."""
    meeting_id = queries.meeting_of_line(line_id)
    row = _kept(meeting_id)
    line = queries.line_by_id(line_id)
    if not _may_instruct(row):
        raise NotFound
    form = InstructionForm()
    _offer_all(form, row)
    lead_id, owner_id, unit_id = queries.asked_of(g.actor, line)
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.instruct(
                g.actor, clock.now(), line_id, wanted(form, lead_id, meeting_id),
                today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            if _is_part():
                return _swapped(meeting_id)
            flash(_("已交办，责任人会收到通知。"), "good")
            return _to(meeting_id, f"line-{line_id}")
    elif not form.is_submitted():
        if line.instruction_id is not None:
            return _to(meeting_id, f"line-{line_id}")
        _fill(form, row, line, owner_id, unit_id)
    return render_template(
        "dispatch/_instruct.html" if _is_part() else "dispatch/instruct.html",
        form=form, line=line, meeting=row,
    ), form.status  # fmt: skip


def _may_instruct(row: Meeting) -> bool:
    return g.actor.role in ISSUERS or g.actor.id == row.recorder_id


def _offer_all(form: InstructionForm, row: Meeting) -> None:
    """Whoever keeps the minutes enters what the chair gives, to every unit the chair may ask."""
    chair = actor_by_id(row.chair_id)
    if chair is not None and g.actor.role is not Role.DIRECTOR and g.actor.id == row.recorder_id:
        offer(form, chair)
    else:
        offer(form, g.actor, also=chair)


def _fill(
    form: InstructionForm, row: Meeting, line: MeetingLine, owner: int | None, unit: int | None
) -> None:
    form.matter.data = line.body
    form.leader.data = row.chair_id
    form.department.data, form.person.data = unit, owner
    form.due_on.data = due_by_default(work_calendar(), clock.today())


def _swapped(meeting_id: int) -> ResponseReturnValue:
    """Tell the page to fetch itself anew, in place."""
    answer = make_response("", 204)
    there = {
        "path": url_for("dispatch.meeting", meeting_id=meeting_id),
        "target": "#meeting",
        "select": "#meeting",
        "swap": "outerHTML",
    }
    answer.headers["HX-Location"] = json.dumps(there)
    return answer


@bp.post("/meetings/<int:meeting_id>/<any(close, reopen):verb>")
@allow(*LEAD_WRITERS)
def seal(meeting_id: int, verb: str) -> ResponseReturnValue:
    row = access.meeting_for(g.actor, meeting_id)
    form = BaseForm()
    seen = number_in(request.form.get("version")) or 0
    change = services.close if verb == "close" else services.reopen
    if form.validate() and attempt(form, lambda: change(g.actor, clock.now(), meeting_id, seen)):
        flash(_("会议记录已封存。") if verb == "close" else _("会议记录已重新打开。"), "good")
        return _to(meeting_id)
    return _page(row, refused=form), 422
