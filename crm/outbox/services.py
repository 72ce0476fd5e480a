"""Planning, claiming and settling messages. Services never commit, doors do.

A delivery goes claim → hand-over mark → settled in three transactions (see sending.py). Each step is
one conditional UPDATE on state and attempts: whoever finds the row changed meanwhile has lost it.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.core.mail import Letter
from crm.history import services as history
from crm.outbox import queries
from crm.outbox.models import Delivery, Heartbeat, Lease
from crm.outbox.rules import (
    CONCERNS_ALL,
    Channel,
    DeliveryKind,
    DeliveryState,
    Outcome,
    Problem,
    after_failure,
    is_over,
    may_claim,
    may_send_again,
)

# --- planning ---


def post(
    kind: DeliveryKind,
    person_id: int,
    due_on: date,
    at: datetime,
    *,
    key: str = "",
    channel: Channel = Channel.MAIL,
    expires_at: datetime | None = None,
) -> Delivery | None:
    """Note that a person is to be told something; None where that had been noted before.

    Safe to repeat and to run twice at once: the table takes one row per kind, recipient, day, key
    and channel.
    """
    delivery = Delivery(
        kind=kind,
        channel=channel,
        recipient=f"user:{person_id}",
        person_id=person_id,
        due_on=due_on,
        key=key,
        expires_at=expires_at,
        created_at=at,
    )
    try:
        with db.session.begin_nested():
            db.session.add(delivery)
    except IntegrityError:  # another beat was quicker
        return None
    return delivery


# --- sending: each of these is one transaction of its own ---


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's hold on one delivery. `attempts` marks it: every claim counts one up.

    `letter` is what an earlier try has handed over already: it goes out again as it was.
    """

    delivery_id: int
    kind: DeliveryKind
    person_id: int | None
    due_on: date
    key: str
    attempts: int
    expires_at: datetime | None = None
    letter: Letter | None = None


def claim(delivery_id: int, at: datetime) -> Claim | None:
    """Take a delivery for sending; None if it is not to be sent now or another worker has it.

    One that comes too late is settled as failed: another message tells all of it.
    """
    row = db.session.get(Delivery, delivery_id, populate_existing=True)
    if row is None or not may_claim(queries.standing(row), at):
        return None
    if is_over(queries.standing(row), at):
        over = {"state": DeliveryState.FAILED, "problem": Problem.DAY_OVER, "next_try_at": None}
        _become(row.id, row.state, row.attempts, over)
        return None
    attempts = row.attempts + 1
    won = _become(
        row.id,
        row.state,
        row.attempts,
        {"state": DeliveryState.SENDING, "attempts": attempts, "claimed_at": at},
    )
    if not won:
        return None
    return Claim(
        row.id,
        row.kind,
        row.person_id,
        row.due_on,
        row.key,
        attempts,
        row.expires_at,
        handed_over(row),
    )


def handed_over(row: Delivery) -> Letter | None:
    """The message an earlier try has given away, word for word; None if none has."""
    if row.handed_at is None or row.written_at is None:
        return None
    return Letter(
        **json.loads(row.envelope or "{}"),
        message_id=row.message_id or "",
        address=row.address or "",
        subject=row.subject or "",
        text=row.body or "",
        html=row.html or "",
        at=row.written_at,
    )


def begin_handover(hold: Claim, at: datetime, letter: Letter) -> bool:
    """Note the message that is about to be given away; False if the claim was lost meanwhile."""
    kept = {
        "sender": letter.sender,
        "sender_name": letter.sender_name,
        "name": letter.name,
        "locale": letter.locale,
        "headers": dict(letter.headers),
    }
    return _become(
        hold.delivery_id,
        DeliveryState.SENDING,
        hold.attempts,
        {
            "handed_at": at,
            "written_at": letter.at,
            "message_id": letter.message_id,
            "address": letter.address,
            "subject": letter.subject[:200],
            "body": letter.text,
            "html": letter.html,
            "envelope": json.dumps(kept, ensure_ascii=False),
        },
    )


def settle_sent(hold: Claim, at: datetime) -> bool:
    """The server has taken the message."""
    return _settle(
        hold, {"state": DeliveryState.SENT, "sent_at": at, "problem": None, "last_error": None}
    )


def settle_nothing_due(hold: Claim) -> bool:
    """Everything was done before the message went out."""
    return _settle(hold, {"state": DeliveryState.NOTHING_DUE, "problem": None, "last_error": None})


def settle_failure(hold: Claim, problem: Problem, detail: str, at: datetime) -> Outcome:
    """It did not go out, or nobody knows: again later, or given up.

    Where the server itself was at fault the other waiting messages wait as long, so that thirty
    mails do not knock thirty times, or lock the account with a wrong password.
    """
    outcome = after_failure(problem, hold.attempts, at, hold.expires_at)
    values = {
        "state": outcome.state,
        "next_try_at": outcome.next_try_at,
        "problem": problem,
        "last_error": detail[:1000] or None,
    }
    _settle(hold, values)
    if problem in CONCERNS_ALL and outcome.next_try_at is not None:
        db.session.execute(
            update(Delivery)
            .where(
                Delivery.state == DeliveryState.PENDING,
                or_(Delivery.next_try_at.is_(None), Delivery.next_try_at < outcome.next_try_at),
            )
            .values(next_try_at=outcome.next_try_at)
            .execution_options(synchronize_session=False)
        )
    return outcome


def _settle(hold: Claim, values: dict[str, Any]) -> bool:
    """Only the holder of the claim settles it, whether or not the hand-over had begun."""
    return _become(hold.delivery_id, DeliveryState.SENDING, hold.attempts, values)


def _become(delivery_id: int, state: DeliveryState, attempts: int, values: dict[str, Any]) -> bool:
    """Compare and swap: change the row only if it is still as it was read."""
    done: Any = db.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == state, Delivery.attempts == attempts)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)


# --- what the administrator does about a failed message ---


def send_again(actor: Actor, delivery_id: int, at: datetime) -> None:
    """Put a failed delivery back in the queue. Raises NotFound, Refused."""
    row = db.session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if row is None:
        raise NotFound
    if not may_send_again(queries.standing(row), at):
        raise Refused([Fault("", "not_now", _l("这封邮件现在不能重发，请刷新页面查看最新状态。"))])
    row.state, row.next_try_at, row.claimed_at = DeliveryState.PENDING, None, None
    history.record_changes(actor, at, "mail_sent_again", row)


# --- signs of life ---


def beat(at: datetime, name: str = queries.WORKER) -> None:
    """Leave a sign that beat and worker are at work."""
    touched: Any = db.session.execute(update(Heartbeat).where(Heartbeat.name == name).values(at=at))
    if touched.rowcount:
        return
    try:
        with db.session.begin_nested():
            db.session.add(Heartbeat(name=name, at=at))
    except IntegrityError:  # another worker came first, a moment ago: as good
        return


def take_lease(name: str, holder: str, at: datetime, length: timedelta) -> bool:
    """Take or keep the lease of that name for `length` from now; False while another holds it."""
    touched: Any = db.session.execute(
        update(Lease)
        .where(Lease.name == name, or_(Lease.holder == holder, Lease.until <= at))
        .values(holder=holder, until=at + length)
    )
    if touched.rowcount:
        return True
    try:
        with db.session.begin_nested():
            db.session.add(Lease(name=name, holder=holder, until=at + length))
    except IntegrityError:  # it is held
        return False
    return True
