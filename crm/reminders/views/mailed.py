"""What the links of mails open, without signing in: one answer to one reminder, or fewer mails.

GET shows what will happen and changes nothing, because mail scanners fetch every link; POST does it.
No session is begun or read but to say that somebody else is signed in.
"""

from datetime import timedelta
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_login import current_user

from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.days import written_day
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import BaseForm, attempt
from crm.core.guard import PUBLIC, allow
from crm.core.language import language
from crm.core.limits import Limit
from crm.core.web import csrf
from crm.reminders.forms.answers import MailAnswerForm, MailDoneForm, MailSnoozeForm
from crm.reminders.queries import facts
from crm.reminders.queries.mailed import Mailed, mailed
from crm.reminders.rules import ReminderKind, ReminderState
from crm.reminders.rules.answers import (
    BECOMES,
    DONE_ELSEWHERE,
    OVER,
    Answer,
    AnswerFault,
    Said,
    wants_reason,
)
from crm.reminders.rules.tokens import AnswerToken, BadToken, TokenFault, Tokens
from crm.reminders.services import answers
from crm.reminders.views import bp
from crm.reminders.wording import word

WRONG_LINKS = Limit(60, timedelta(minutes=10))
"""Wrong links from one address; a whole office, and its mail scanner, may share it."""
OPENED = Limit(600, timedelta(minutes=10))
"""Pages opened with the links of one person: a scanner opens every link of a digest."""
ANSWERED = Limit(120, timedelta(minutes=10))
ONE_CLICK = "List-Unsubscribe"
"""The one field of a one-click request (RFC 8058)."""


def tokens() -> Tokens:
    return Tokens(current_app.extensions["settings"].secret_key)


@bp.route("/mail/<token>", methods=["GET", "POST"])
@allow(PUBLIC)
@csrf.exempt
def mail_answer(token: str) -> ResponseReturnValue:
    """Confirm one answer to one reminder; POST gives it."""
    at, today = clock.now(), clock.today()
    try:
        asked = _counted(tokens().read_answer, token)
    except BadToken as bad:
        return _refused(bad.code)
    found = mailed(asked.reminder_id, asked.person_id, today)
    if found is None:
        return _refused("gone", 410)
    with force_locale(found.reader.locale):
        other = _somebody_else(found.reader)
        if other:
            return _page("other", 403, reader=found.reader, other=other)
        if found.reminder.person_id not in found.answers_for:
            return _page("not_yours", 403, reader=found.reader)
        over = _is_over(found, asked.answer)
        if over:
            return _page(over, 200, found=found, asked=asked)
        if asked.answer is Answer.DONE and found.kind in DONE_ELSEWHERE:
            return redirect(url_for("reminders.done", reminder_id=asked.reminder_id))
        return _confirmed(asked, found, at, today)


def _confirmed(asked: AnswerToken, found: Mailed, at: Any, today: Any) -> ResponseReturnValue:
    form = _form(asked.answer)
    if isinstance(form, MailSnoozeForm):
        form.offer(today, work_calendar(), language())
    if form.validate_on_submit():
        ANSWERED.count(asked.person_id, at)
        said = Said(
            asked.answer,
            form.until.data if isinstance(form, MailSnoozeForm) else None,
            form.note.data if isinstance(form, MailSnoozeForm | MailDoneForm) else None,
        )
        try:
            row = attempt(
                form,
                lambda: answers.answer(
                    found.reader, asked.reminder_id, said, at, today=today, from_mail=True
                ),
            )
        except NotFound:
            return _page("gone", 410)
        if row is not None:
            until = row.snoozed_until
            day = written_day(until, found.reader.locale) if until else None
            return _page("thanks", 200, found=found, asked=asked, day=day)
        if any(str(each) == str(word(AnswerFault.ALREADY)) for each in form.form_errors):
            return _page("already", 200, found=found, asked=asked)  # a second click was quicker
    return _page(
        "confirm",
        form.status,
        found=found,
        asked=asked,
        form=form,
        wants_reason=wants_reason(found.reminder),
        is_next_action=found.kind is ReminderKind.NEXT_ACTION,
    )


def _form(answer: Answer) -> BaseForm:
    if answer is Answer.SNOOZE:
        return MailSnoozeForm()
    return MailDoneForm() if answer is Answer.DONE else MailAnswerForm()


def _is_over(found: Mailed, answer: Answer) -> str | None:
    """The page for a link whose answer is given already, or no longer wanted."""
    state = found.reminder.state
    if state in OVER:
        return "over"
    if state is ReminderState.DONE or BECOMES[answer] is state:
        return "already"
    return None


@bp.route("/mail/fewer/<token>", methods=["GET", "POST"])
@allow(PUBLIC)
@csrf.exempt
def fewer_mails(token: str) -> ResponseReturnValue:
    """Choose no longer to be mailed of some kinds; a one-click request switches all of them off."""
    at = clock.now()
    try:
        asked = _counted(tokens().read_choice, token)
    except BadToken as bad:
        return _refused(bad.code)
    reader = actor_by_id(asked.person_id)
    if reader is None:
        return _refused("gone", 410)
    with force_locale(reader.locale):
        is_one_click = request.form.get(ONE_CLICK) == "One-Click"
        other = None if is_one_click else _somebody_else(reader)
        if other:
            return _page("other", 403, reader=reader, other=other)
        settings = facts.settings()
        kinds = [kind for kind in asked.kinds if _may_be_off(settings, kind)]
        if request.method == "GET":
            return _page("fewer", 200, reader=reader, kinds=kinds, office=_office(reader))
        ANSWERED.count(asked.person_id, at)
        wanted = kinds if is_one_click else [k for k in kinds if k in request.form.getlist("kind")]
        if not wanted:
            return _page(
                "fewer",
                422,
                reader=reader,
                kinds=kinds,
                office=_office(reader),
                is_none_chosen=True,
            )
        with transaction():
            answers.switch_off(reader, wanted, at)
        return _page("fewer_thanks", 200, reader=reader, kinds=wanted, office=_office(reader))


def _may_be_off(settings: Any, kind: ReminderKind) -> bool:
    general = next((each for each in settings.all(kind) if not each.particularity[0]), None)
    return general is None or general.may_be_off


def _office(reader: Actor) -> str:
    settings = current_app.extensions["settings"]
    return str(settings.office_name if reader.locale == "zh" else settings.office_name_en)


def _counted(read: Any, token: str) -> Any:
    """The token; wrong ones are counted by address, right ones by person. Raises BadToken, TooOften."""
    at, address = clock.now(), request.remote_addr
    try:
        found = read(token, at)
    except BadToken as bad:
        if bad.code is TokenFault.TAMPERED:
            WRONG_LINKS.count(address, at)
        raise
    OPENED.count(found.person_id, at)
    return found


def _somebody_else(reader: Actor) -> str | None:
    """The name of who is signed in here, where that is not the reader of the mail."""
    if current_user.is_authenticated and current_user.id != reader.id:
        return str(current_user.name)
    return None


def _refused(code: str, status: int = 400) -> ResponseReturnValue:
    return _page(code, 410 if code == TokenFault.EXPIRED else status)


def _page(what: str, status: int, **context: Any) -> ResponseReturnValue:
    page = render_template(
        "reminders/mailed.html",
        what=str(what),
        inbox=url_for("reminders.index"),
        Answer=Answer,
        **context,
    )
    return page, status
