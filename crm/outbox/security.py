"""What concerns the safety of an account is told to its person: at once, on any day, never off.

A message is noted in the transaction that records the event, whatever door it came through, and goes
out with the next sweep. What is told is what the audit trail says.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import PastPassword, User
from crm.accounts.wording import FIELD
from crm.config import Settings
from crm.core import clock
from crm.core.db import db
from crm.core.letters import Reader
from crm.core.letters import letter as write
from crm.core.mail import Letter
from crm.core.web import mark, moment_text
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.outbox import posting
from crm.outbox.rules import DeliveryKind, Problem, why_not_mail
from crm.outbox.sending import Writer, Written
from crm.outbox.services import Claim

LOCKED = "account_locked"
ACTIONS = ("password_changed", "password_set", LOCKED, "person_changed")
SIGN_IN_FACTS = ("login", "email", "role", "is_active")
"""The facts of an account that decide who signs in as whom and where its mails go."""
BEFORE = "before"
"""The mail address as it was: whoever takes an account over changes it first."""


def listen() -> None:
    """Note a message for each event that concerns the safety of an account."""
    history.tell_of(ACTIONS, note)


def note(event: AuditEvent) -> None:
    """Note who is to be told of an event, to begin now. Nobody is where nothing can reach them.

    An account is told of being locked once a day, however often somebody tries its password.
    """
    user = db.session.get(User, event.subject_id)
    if user is None or not _is_to_be_told(event, user):
        return
    before = (event.before or {}).get("email")
    day = clock.office_day(event.at)
    key = LOCKED if event.action == LOCKED else str(event.id)
    if why_not_mail(user.email, is_active=True) is None:
        posting.post(DeliveryKind.ACCOUNT_SECURITY, user.id, day, event.at, key=key)
    if event.action == "person_changed" and why_not_mail(before, is_active=True) is None:
        posting.post(DeliveryKind.ACCOUNT_SECURITY, user.id, day, event.at, key=f"{key} {BEFORE}")


def _is_to_be_told(event: AuditEvent, user: User) -> bool:
    if not user.is_active:
        return False
    if event.action == "person_changed":
        return bool(set(event.after or {}) & set(SIGN_IN_FACTS))
    if event.action == "password_set":  # a first password is told by whoever set it
        past = select(PastPassword.id).where(PastPassword.user_id == user.id).limit(1)
        return db.session.scalar(past) is not None
    return True


def writer(settings: Settings) -> Writer:
    """Who writes these messages."""

    def written(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        return {hold.delivery_id: _written(hold, at, settings) for hold in holds}

    return written


def _written(hold: Claim, at: datetime, settings: Settings) -> Written:
    event = _event_of(hold)
    user = db.session.get(User, event.subject_id) if event is not None else None
    if event is None or user is None:
        return None
    if not user.is_active:
        return Problem.INACTIVE
    is_before = hold.key.endswith(BEFORE)
    address = (event.before or {}).get("email") if is_before else user.email
    return why_not_mail(address, is_active=True) or letter(
        user, event, str(address), at, hold, settings
    )


def _event_of(hold: Claim) -> AuditEvent | None:
    number = hold.key.partition(" ")[0]
    if number != LOCKED:
        return db.session.get(AuditEvent, int(number))
    begins = clock.office_moment(hold.due_on, time.min)
    return db.session.scalar(
        select(AuditEvent)
        .where(
            AuditEvent.action == LOCKED,
            AuditEvent.subject_id == hold.person_id,
            AuditEvent.at >= begins,
            AuditEvent.at < begins + timedelta(days=1),
        )
        .order_by(AuditEvent.id)
        .limit(1)
    )


def letter(
    user: User, event: AuditEvent, address: str, at: datetime, hold: Claim, settings: Settings
) -> Letter:
    """The message about one event, in the language of the account."""
    with force_locale(user.locale):
        title = _("链招：%(what)s", what=subject(event))
        words = {
            "said": said(event),
            "preheader": said(event),
            "source": event.address,
            "is_own": event.action == "password_changed",
        }
    return write(
        "security", title, words, Reader(user.name, address, user.locale), settings,
        kind=hold.kind, on=hold.due_on, delivery_id=hold.delivery_id, at=at,
    )  # fmt: skip


def subject(event: AuditEvent) -> str:
    """What happened, in a few words."""
    return {
        "password_changed": _("您的密码已修改"),
        "password_set": _("您的密码已被重设"),
        LOCKED: _("您的账号已暂时锁定"),
    }.get(event.action, _("您的登录设置已变动"))


def said(event: AuditEvent) -> str:
    """What happened, when and by whom, as a sentence."""
    moment, who = moment_text(event.at), event.actor_name
    match event.action:
        case "password_changed":
            return _("您的密码已于%(moment)s修改。此前在各处的登录都已退出。", moment=moment)
        case "password_set":
            return _(
                "%(who)s于%(moment)s为您设置了新的初始密码。请向其索取，下次登录时须改成自己的密码。",
                who=who, moment=moment,
            )  # fmt: skip
        case "account_locked":
            return _(
                "有人多次输错您账号的密码，账号已于%(moment)s暂时锁定，过一段时间自动解锁。",
                moment=moment,
            )
    changed = [str(FIELD[name]) for name in SIGN_IN_FACTS if name in (event.after or {})]
    return _(
        "%(who)s于%(moment)s修改了您账号的登录设置：%(facts)s。",
        who=who, moment=moment, facts=mark("、", ", ").join(changed),
    )  # fmt: skip
