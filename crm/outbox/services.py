"""Claiming and settling messages. Services never commit, doors do.

A delivery goes claim → hand-over mark → settled in three transactions (see sending.py). Each step is
one conditional UPDATE on state and attempts: whoever finds the row changed meanwhile has lost it.
"""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Table, bindparam, case, or_, select, update
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.core.mail import Letter
from crm.history import services as history
from crm.outbox import queries
from crm.outbox.models import Delivery, Heartbeat, Lease, MailPace
from crm.outbox.rules import (
    ALONE_AFTER,
    CONCERNS_ALL,
    LEASE,
    MOST_DEATHS,
    PERSONAL,
    Channel,
    DeliveryKind,
    DeliveryState,
    Outcome,
    Pace,
    Problem,
    after_failure,
    may_send_again,
)

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
    deaths: int = 0  # of attempts: workers that died
    channel: Channel = Channel.MAIL
    endpoint_id: int | None = None  # the robot it goes to, or whose list it is
    attempts_before: int = 0  # of attempts: failures before a person had it sent again

    @property
    def tries(self) -> int:
        """How often it has been tried, this time included, since somebody last wanted it sent."""
        return self.attempts - self.deaths - self.attempts_before


def claim(delivery_id: int, at: datetime, lease: timedelta = LEASE) -> Claim | None:
    """Take one delivery for sending; None if it is not to be sent now or another worker has it."""
    return next(iter(claim_waiting(at, 1, lease, ids=(delivery_id,))), None)


def claim_waiting(
    at: datetime,
    most: int,
    lease: timedelta = LEASE,
    *,
    ids: Collection[int] | None = None,
    channels: Collection[Channel] = tuple(Channel),
) -> list[Claim]:
    """Take up to `most` deliveries for sending, the oldest day first, in one conditional UPDATE.

    What comes too late is settled as failed: another message tells all of it. What workers have died
    of is taken when nothing else waits, and alone.
    """
    wanted = [queries.claimable(at, lease), Delivery.channel.in_(channels)]
    if ids is not None:
        wanted.append(Delivery.id.in_(ids))
    if most <= 0:
        return []
    _give_up(Problem.DAY_OVER, *wanted, Delivery.expires_at <= at)
    _give_up(
        Problem.ENDS_WORKERS,
        *wanted,
        Delivery.state == DeliveryState.SENDING,
        Delivery.deaths >= MOST_DEATHS - 1,
    )
    found = _claimed(at, most, *wanted, Delivery.deaths < ALONE_AFTER)
    return found or _claimed(at, 1, *wanted)


def _give_up(problem: Problem, *which: ColumnElement[bool]) -> None:
    """Settle as failed what is not to be tried any more."""
    db.session.execute(
        update(Delivery)
        .where(*which)
        .values(state=DeliveryState.FAILED, problem=problem, next_try_at=None)
        .execution_options(synchronize_session=False)
    )


def _claimed(at: datetime, most: int, *which: ColumnElement[bool]) -> list[Claim]:
    # What another worker is taking at this moment is passed over, not waited for.
    picked = (
        select(Delivery.id)
        .where(*which)
        # Somebody waits for a word about their account; five thousand digests may follow.
        .order_by(Delivery.kind != DeliveryKind.ACCOUNT_SECURITY, Delivery.due_on, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    died = case((Delivery.state == DeliveryState.SENDING, 1), else_=0)
    rows = db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(select(picked.c.id)))
        .values(
            state=DeliveryState.SENDING,
            attempts=Delivery.attempts + 1,
            deaths=Delivery.deaths + died,
            claimed_at=at,
        )
        .returning(
            Delivery.id, Delivery.kind, Delivery.person_id, Delivery.due_on, Delivery.key,
            Delivery.attempts, Delivery.deaths, Delivery.expires_at, Delivery.handed_at,
            Delivery.written_at, Delivery.message_id, Delivery.address, Delivery.subject,
            Delivery.body, Delivery.html, Delivery.envelope, Delivery.channel, Delivery.endpoint_id,
            Delivery.attempts_before,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    found = [
        Claim(
            row.id,
            row.kind,
            row.person_id,
            row.due_on,
            row.key,
            row.attempts,
            row.expires_at,
            handed_over(row),
            row.deaths,
            row.channel,
            row.endpoint_id,
            row.attempts_before,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.due_on, each.delivery_id))


def handed_over(row: Delivery | Row[*tuple[Any, ...]]) -> Letter | None:
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


def begin_handover(letters: Sequence[tuple[Claim, Letter]], at: datetime) -> frozenset[int]:
    """Keep the messages that are about to be given away; the ids of those whose claim still holds.

    Their claims are renewed, for the others wait while the first is being given away.
    """
    ours = renew([hold for hold, _letter in letters], at)
    kept = [
        {
            "of": hold.delivery_id,
            "handed_at": at,
            "written_at": letter.at,
            "message_id": letter.message_id,
            "address": letter.address[:400],
            "subject": letter.subject[:200],
            "body": letter.text,
            "html": letter.html,
            "envelope": json.dumps(
                {
                    "sender": letter.sender,
                    "sender_name": letter.sender_name,
                    "name": letter.name,
                    "locale": letter.locale,
                    "headers": dict(letter.headers),
                },
                ensure_ascii=False,
            ),
        }
        for hold, letter in letters
        if hold.delivery_id in ours and letter is not hold.letter
    ]
    if kept:
        table = cast(Table, Delivery.__table__)
        names = [name for name in kept[0] if name != "of"]
        keep = update(table).where(table.c.id == bindparam("of"))
        db.session.connection().execute(keep.values({n: bindparam(n) for n in names}), kept)
    return ours


def renew(holds: Sequence[Claim], at: datetime) -> frozenset[int]:
    """Begin the lease of these claims anew; the ids of those that still hold."""
    attempts = {hold.delivery_id: hold.attempts for hold in holds}
    held = db.session.execute(
        select(Delivery.id, Delivery.attempts)
        .where(Delivery.id.in_(attempts), Delivery.state == DeliveryState.SENDING)
        .order_by(Delivery.id)
        .with_for_update()
    )
    ours = frozenset(row.id for row in held if attempts[row.id] == row.attempts)
    db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ours))
        .values(claimed_at=at)
        .execution_options(synchronize_session=False)
    )
    return ours


_delivery = cast(Table, Delivery.__table__).c
SETTLE_SENT = (
    update(Delivery.__table__)
    .where(
        _delivery.id == bindparam("of"),
        _delivery.state == DeliveryState.SENDING,
        _delivery.attempts == bindparam("of_attempts"),
    )
    .values(state=DeliveryState.SENT, sent_at=bindparam("at"), problem=None, last_error=None)
)
"""The server has taken the message; made once, for it is run for each of thousands."""


def settle_sent(hold: Claim, at: datetime) -> dict[str, Any]:
    """The values of SETTLE_SENT for this claim."""
    return {"of": hold.delivery_id, "of_attempts": hold.attempts, "at": at}


def settle_nothing_due(hold: Claim) -> bool:
    """Everything was done before the message went out."""
    return _settle(hold, {"state": DeliveryState.NOTHING_DUE, "problem": None, "last_error": None})


def settle_failure(
    hold: Claim, problem: Problem, detail: str, at: datetime, *, was_handed_over: bool = True
) -> Outcome:
    """It did not go out, or nobody knows: again later, or given up.

    What was certainly not given away is written anew next time. Where the server itself was at fault
    the other waiting messages wait as long, so that thirty mails do not knock thirty times, or lock
    the account with a wrong password.
    """
    outcome = after_failure(problem, hold.tries, at, hold.expires_at, hold.channel)
    values = {
        "state": outcome.state,
        "next_try_at": outcome.next_try_at,
        "problem": problem,
        "last_error": detail.replace("\0", "")[:1000] or None,
    }
    if not was_handed_over:
        values["handed_at"] = None
    _settle(hold, values)
    if problem in CONCERNS_ALL:
        _settle_others(hold, problem, outcome)
    return outcome


def _settle_others(hold: Claim, problem: Problem, outcome: Outcome) -> None:
    """What waits for the same server waits as long; given up on a gateway, it goes by mail too."""
    others = update(Delivery).where(
        Delivery.state == DeliveryState.PENDING,
        Delivery.channel == hold.channel,
        # Each robot is a server of its own; all mails go to one.
        or_(
            Delivery.channel == Channel.MAIL,
            Delivery.endpoint_id.is_not_distinct_from(hold.endpoint_id),
        ),
    )
    if outcome.next_try_at is not None:
        others = others.where(
            or_(Delivery.next_try_at.is_(None), Delivery.next_try_at < outcome.next_try_at)
        ).values(next_try_at=outcome.next_try_at)
    elif hold.channel in PERSONAL:
        others = others.values(state=DeliveryState.FAILED, problem=problem, next_try_at=None)
    else:
        return
    db.session.execute(others.execution_options(synchronize_session=False))


def put_back(holds: Collection[Claim], failed_id: int) -> DeliveryState:
    """Give up claims with nothing tried: the server as a whole takes no messages.

    They wait as long as the delivery that found out; where that one was given up on a gateway to
    people, they are too. What became of them.
    """
    row = db.session.execute(
        select(Delivery.state, Delivery.next_try_at, Delivery.problem, Delivery.channel).where(
            Delivery.id == failed_id
        )
    ).one()
    is_given_up = row.state is DeliveryState.FAILED and row.channel in PERSONAL
    state = DeliveryState.FAILED if is_given_up else DeliveryState.PENDING
    for hold in holds:
        values: dict[str, Any] = {
            "state": state,
            "attempts": hold.attempts - 1,
            "next_try_at": row.next_try_at,
            "claimed_at": None,
        }
        if is_given_up:
            values["problem"] = row.problem
        if hold.letter is None:
            values["handed_at"] = None
        _settle(hold, values)
    return state


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


# --- how many a minute a server takes ---


def room_to_send(server: str, pace: Pace, at: datetime) -> int:
    """How many messages the server takes now. Holds the row until the transaction ends."""
    return pace.room(_pace_of(server, at).free_at, at)


def note_sending(server: str, pace: Pace, at: datetime, count: int) -> None:
    """Note that so many messages are about to go to the server."""
    row = _pace_of(server, at)
    row.free_at = pace.after(row.free_at, at, count)


def opens_at(server: str, pace: Pace, at: datetime) -> datetime:
    """When the next message may go to the server."""
    return pace.opens_at(_pace_of(server, at).free_at, at)


def _pace_of(server: str, at: datetime) -> MailPace:
    asked = select(MailPace).where(MailPace.server == server).with_for_update()
    row = db.session.scalar(asked)
    if row is None:
        with suppress(IntegrityError), db.session.begin_nested():  # another worker was quicker
            db.session.add(MailPace(server=server, free_at=at))
        row = db.session.scalars(asked).one()
    return row


# --- what the administrator does about a failed message ---


def send_again(actor: Actor, delivery_id: int, at: datetime) -> None:
    """Put a failed delivery back in the queue. Raises NotFound, Refused."""
    row = db.session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if row is None:
        raise NotFound
    if not may_send_again(queries.standing(row), at):
        raise Refused([Fault("", "not_now", _l("这条消息现在不能重发，请刷新页面查看最新状态。"))])
    _put_back_failed(actor, row, at)


def send_failed_again(
    actor: Actor,
    at: datetime,
    problem: Problem | None = None,
    *,
    channel: Channel | None = None,
    since: date | None = None,
) -> list[int]:
    """Put failed deliveries back in the queue, of one problem or channel, from a day on; their ids.

    What comes too late stays as it is: another message tells all of it.
    """
    wanted = [
        Delivery.state == DeliveryState.FAILED,
        or_(Delivery.expires_at.is_(None), Delivery.expires_at > at),
    ]
    if problem is not None:
        wanted.append(Delivery.problem == problem)
    if channel is not None:
        wanted.append(Delivery.channel == channel)
    if since is not None:
        wanted.append(Delivery.due_on >= since)
    found = db.session.scalars(
        select(Delivery).where(*wanted).order_by(Delivery.id).with_for_update()
    ).all()
    for row in found:
        _put_back_failed(actor, row, at)
    return [row.id for row in found]


def _put_back_failed(actor: Actor, row: Delivery, at: datetime) -> None:
    """The waits between tries begin anew. `attempts` goes on, for it marks claims; what workers have
    died of still goes alone."""
    row.state, row.next_try_at, row.claimed_at = DeliveryState.PENDING, None, None
    row.deaths = min(row.deaths, ALONE_AFTER)
    row.attempts_before = row.attempts - row.deaths
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
        .where(
            Lease.name == name,
            # One that reaches further than anybody asks for comes from a clock put back since.
            or_(Lease.holder == holder, Lease.until <= at, Lease.until > at + 2 * length),
        )
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


def end_lease(name: str, holder: str, at: datetime) -> None:
    """Give a lease back, so that another holder need not wait for its end."""
    db.session.execute(
        update(Lease).where(Lease.name == name, Lease.holder == holder).values(until=at)
    )
