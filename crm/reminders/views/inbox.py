"""The inbox: what waits for its reader, what they have answered, and their answers."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.days import written_day
from crm.core.db import transaction
from crm.core.errors import NotFound, Refused
from crm.core.forms import BaseForm, attempt
from crm.core.guard import SIGNED_IN, allow
from crm.core.language import language
from crm.core.lists import CursorError
from crm.dispatch import access as instructions
from crm.dispatch.rules import Verb, verbs
from crm.imports.services.deciding import close_answered
from crm.leads import access as leads
from crm.leads.forms import ActivityForm
from crm.leads.rules import ActivityKind
from crm.leads.services import activities
from crm.quotas import services as quotas
from crm.reminders.forms.answers import DoneForm, SnoozeForm
from crm.reminders.pages import page_of
from crm.reminders.queries import due as next_actions
from crm.reminders.queries import inbox as queries
from crm.reminders.queries.inbox import InboxItem, Tab
from crm.reminders.reasons import reason
from crm.reminders.rules import Level, ReminderKind, Scope
from crm.reminders.rules.answers import (
    DONE_ELSEWHERE,
    MOST_SNOOZES,
    Answer,
    Answerable,
    Said,
    wants_reason,
)
from crm.reminders.services import answers
from crm.reminders.services.planning import settle_what_is_over
from crm.reminders.views import bp
from crm.reminders.views.due import next_actions_page, scope_asked, scope_tabs
from crm.reminders.wording import nameless, word

MOST_AT_A_TIME = 200
"""Reminders one request may answer or mark as seen."""


@bp.context_processor
def words() -> dict[str, Any]:
    """What the templates of reminders ask."""
    return {"word": word, "reason": reason, "subject_url": subject_url, "nameless": nameless, "Level": Level,
            "done_elsewhere": DONE_ELSEWHERE}  # fmt: skip


def subject_url(found: InboxItem) -> str | None:
    """The page of what a reminder is about, where its reader may open it."""
    item = found.item
    page = page_of(item.reminder_kind, item.subject, item.lead_id, item.due_on)
    is_lead = page is not None and page[0] == "leads.detail"
    if page is None or found.is_hidden or (is_lead and not found.may_open):
        return None
    return url_for(page[0], **page[1])


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    """The inbox. Whoever is reminded of nothing sees what is due instead."""
    if g.actor.role not in LEAD_WRITERS:
        return next_actions_page()
    scopes = next_actions.SCOPES_OF[g.actor.role]
    scope, tab, today = scope_asked(scopes), _tab(), clock.today()
    by_day = request.args.get("group") == "day"
    context: dict[str, Any] = {"next_url": None, "first_url": None}
    here: dict[str, Any] = {"tab": tab.value, "scope": scope.value}
    if tab is Tab.DONE:
        try:
            items, page = queries.history(g.actor, scope, today, request.args.get("after"))
        except CursorError:
            abort(400)
        if page.next_cursor:
            context["next_url"] = url_for("reminders.index", **here, after=page.next_cursor)
        if not page.is_first:
            context["first_url"] = url_for("reminders.index", **here)
    else:
        number = _page()
        items, has_more = queries.waiting_or_answered(
            g.actor, tab, scope, today, by_day=by_day, page=number
        )
        here["group"] = "day" if by_day else "kind"
        if has_more:
            context["next_url"] = url_for("reminders.index", **here, page=number + 1)
        if number > 1:
            context["first_url"] = url_for("reminders.index", **here)
    return render_template(
        "reminders/index.html",
        tab=tab,
        scope=scope,
        scopes=scope_tabs(scopes, scope, tab=tab.value),
        counts=queries.counts(g.actor, scope, today),
        counted=queries.COUNTED,
        groups=_groups(items, by_day=by_day, tab=tab),
        unread=[found.reminder_id for found in items if found.is_unread and found.may_answer],
        is_own=scope is Scope.MINE,
        by_day=by_day,
        group_urls={
            name: url_for("reminders.index", tab=tab.value, scope=scope.value, group=name)
            for name in ("kind", "day")
        },
        most_snoozes=MOST_SNOOZES,
        **context,
    )


def _tab() -> Tab:
    wanted = request.args.get("tab", "")
    return Tab(wanted) if wanted in set(Tab) else Tab.OPEN


def _page() -> int:
    text = request.args.get("page", "1")
    return min(int(text), 1000) if text.isascii() and text.isdigit() and int(text[:6]) else 1


def _groups(
    items: Sequence[InboxItem], *, by_day: bool, tab: Tab
) -> list[tuple[str, list[InboxItem]]]:
    """The items under headings, in the order they come: by kind, or by day."""

    def heading(found: InboxItem) -> str:
        if tab is Tab.DONE:
            day = clock.office_day(found.answered_at) if found.answered_at else found.planned_on
            return _in_words(day)
        if by_day:
            return _in_words(found.planned_on)
        return str(word(found.item.reminder_kind))

    return [(words, list(of)) for words, of in groupby(items, heading)]


def _in_words(day: date) -> str:
    return written_day(day, language())


# --- the live count ---


@bp.get("/count")
@allow(SIGNED_IN)
def count() -> ResponseReturnValue:
    """How many are unread; asked by open pages, so it neither prolongs a session nor reads more
    than the sign-in has read already."""
    g.is_unattended = True
    answer = jsonify({"unread": g.unread})
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(f"{g.actor.id}-{g.unread}")
    return answer.make_conditional(request)


@bp.post("/seen")
@allow(*LEAD_READERS)
def seen() -> ResponseReturnValue:
    """Mark reminders as seen: those named, or with `all` every one of this reader."""
    ids = None if request.form.get("all") else _ids(request.form.getlist("pick"))
    today = clock.today()
    with transaction():
        answers.mark_seen(g.actor, clock.now(), today=today, reminder_ids=ids)
    if request.accept_mimetypes.best == "application/json":
        found = queries.actor_and_unread(g.actor.id, today)
        return jsonify({"unread": found[1] if found else 0})
    return redirect(url_for("reminders.index"))


def _ids(texts: Sequence[str]) -> list[int]:
    found = [int(each) for each in texts if each.isascii() and each.isdigit() and len(each) < 19]
    return found[:MOST_AT_A_TIME]


# --- answers ---


@bp.post("/acknowledge")
@allow(*LEAD_READERS)
def acknowledge() -> ResponseReturnValue:
    """Acknowledge one reminder (`only`) or those picked."""
    only = request.form.get("only")
    ids = _ids([only] if only else request.form.getlist("pick"))
    if not ids:
        flash(_("请先勾选要知悉的提醒。"), "warn")
        return redirect(_back())
    with transaction():
        done = answers.acknowledge_all(g.actor, ids, clock.now(), today=clock.today())
    if done:
        flash(ngettext("已知悉%(num)s项。", "已知悉%(num)s项。", done), "success")
    else:
        flash(_("这些提醒已经答复过，或不再到期。"), "info")
    return redirect(_back())


def _back() -> str:
    """The list the answer was given on."""
    tab, scope, group = (request.form.get(name, "") for name in ("tab", "scope", "group"))
    return url_for(
        "reminders.index",
        tab=tab if tab in set(Tab) else None,
        scope=scope if scope in set(Scope) else None,
        group=group if group in {"kind", "day"} else None,
    )


@bp.route("/<int:reminder_id>/snooze", methods=["GET", "POST"])
@allow(*LEAD_READERS)
def snooze(reminder_id: int) -> ResponseReturnValue:
    found = _found(reminder_id)
    form = SnoozeForm(version=found.version)
    form.offer(clock.today(), work_calendar(), language())
    if form.validate_on_submit():
        said = Said(Answer.SNOOZE, form.until.data, form.note.data)
        if _answered(form, reminder_id, said):
            assert form.until.data is not None
            flash(_("将在%(day)s再提醒。", day=_in_words(form.until.data)), "success")
            return redirect(url_for("reminders.index"))
    left = MOST_SNOOZES - found.snoozes
    return render_template(
        "reminders/snooze.html",
        found=found,
        form=form,
        left=left,
        wants_reason=wants_reason(_answerable(found)),
    ), form.status


@bp.route("/<int:reminder_id>/done", methods=["GET", "POST"])
@allow(*LEAD_READERS)
def done(reminder_id: int) -> ResponseReturnValue:
    """Say that it is done; a next action can be logged and followed by the next one at once.

    An instruction is done on its own page: answered by whoever may answer it, else looked at there.
    """
    found = _found(reminder_id)
    if found.item.reminder_kind in DONE_ELSEWHERE:
        return redirect(_instruction_page(found))
    lead_id = found.item.lead_id
    may_log = (
        found.item.reminder_kind is ReminderKind.NEXT_ACTION
        and lead_id is not None
        and g.actor.role in LEAD_WRITERS
        and leads.can_edit(g.actor, lead_id)
    )
    form, log = DoneForm(version=found.version), ActivityForm() if may_log else None
    is_log = log is not None and request.form.get("how") == "log"
    shown: BaseForm = log if is_log and log is not None else form
    if is_log and log is not None and lead_id is not None:
        if log.validate_on_submit() and _logged(log, reminder_id, lead_id):
            return _after_done()
    elif form.validate_on_submit() and _answered(
        form, reminder_id, Said(Answer.DONE, note=form.note.data)
    ):
        return _after_done()
    if log is not None and not log.is_submitted():
        log.happened_on.data = clock.today()
    return render_template(
        "reminders/done.html", found=found, form=form, log=log, is_log=is_log
    ), shown.status


def _instruction_page(found: InboxItem) -> str:
    """Where this reader answers the instruction, or its page where that is not theirs to do now."""
    key = int(found.item.subject.partition(":")[2])
    away = queries.answers_for(g.actor.id, clock.today()) - {g.actor.id}
    row = instructions.instruction_for(g.actor, key, away)
    if Verb.REPLY in verbs(instructions.powers_of(g.actor, row, away), row.state):
        return url_for("dispatch.step", instruction_id=key, verb=Verb.REPLY.value)
    return url_for("dispatch.detail", instruction_id=key)


def _after_done() -> ResponseReturnValue:
    flash(_("已办结，不再提醒您。"), "success")
    return redirect(url_for("reminders.index"))


def _logged(form: ActivityForm, reminder_id: int, lead_id: int) -> bool:
    """The activity, the next action and the answer in one transaction."""
    assert form.happened_on.data is not None  # the form wants both
    assert form.summary.data is not None
    new = activities.NewActivity(
        kind=ActivityKind(form.kind.data),
        happened_on=form.happened_on.data,
        summary=form.summary.data,
        contact_name=form.contact_name.data,
        is_substantive=bool(form.is_substantive.data),
        next_action=form.next_action.data,
        next_action_on=form.next_action_on.data,
    )

    def verb() -> bool:
        at, today = clock.now(), clock.today()
        activities.log_on_lead(g.actor, at, lead_id, new, today=today)
        said = Said(Answer.DONE, note=new.summary[:200])
        answers.answer(g.actor, reminder_id, said, at, today=today)
        close_answered([lead_id], at=at, today=today)
        quotas.rejudge([lead_id], today=today, at=at)
        settle_what_is_over([lead_id], today, work_calendar(), at)
        return True

    return bool(attempt(form, verb))


@bp.post("/<int:reminder_id>/reopen")
@allow(*LEAD_READERS)
def reopen(reminder_id: int) -> ResponseReturnValue:
    """Take an answer back."""
    try:
        with transaction():
            answers.answer(
                g.actor, reminder_id, Said(Answer.REOPEN), clock.now(), today=clock.today()
            )
    except Refused as refused:
        flash(refused.faults[0].text, "warn")
    else:
        flash(_("已恢复为待处理。"), "success")
    return redirect(_back())


def _answered(form: SnoozeForm | DoneForm, reminder_id: int, said: Said) -> bool:
    return (
        attempt(
            form,
            lambda: answers.answer(
                g.actor,
                reminder_id,
                said,
                clock.now(),
                today=clock.today(),
                version=form.version.data,
            ),
        )
        is not None
    )


def _found(reminder_id: int) -> InboxItem:
    found = queries.one(g.actor, reminder_id, clock.today())
    if found is None:
        raise NotFound
    return found


def _answerable(found: InboxItem) -> Answerable:
    kind = found.item.reminder_kind
    return Answerable(g.actor.id, found.state, found.snoozes, found.snoozed_until, kind)
