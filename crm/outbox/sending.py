"""Sending messages: claim, keep, hand over, settle. A door of its own for worker and commands.

Several go together; no transaction is open while a server is being waited for:

1. claim: the rows say SENDING. A worker that dies from here on has given nothing away, so after its
   lease another one takes over.
2. what is about to be given to the server is written and kept word for word. A worker that dies from
   here on leaves messages nobody knows the fate of; whoever takes over sends the very same ones, under
   the same Message-IDs, each of which the reader's server knows for one mail.
3. one after the other is handed over and settled at once, SENT, PENDING with another time, or FAILED:
   a worker that dies can double at most the one it was busy with.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from crm.core import clock, logs
from crm.core.db import changed_at_once, transaction
from crm.core.mail import Letter, NotDelivered, Transport, opened
from crm.outbox import channels, services
from crm.outbox.robots import RobotTransport
from crm.outbox.rules import (
    CONCERNS_ALL,
    LEASE,
    Channel,
    DeliveryKind,
    DeliveryState,
    Pace,
    Problem,
)
from crm.outbox.services import Claim

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

BATCH = 50
"""So many are claimed, written and kept together: few transactions, and soon done with."""
PATIENCE = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to settle what the server has answered, while the database is away."""
DATABASE_AWAY = (OperationalError, InterfaceError)
"""Nothing is wrong with the message: leave it to the lease."""

Written = Letter | Problem | None
"""The message as things stand now, what is in its way, or None when there is nothing to tell."""
Writer = Callable[[Sequence[Claim], datetime], Mapping[int, Written]]
"""Writes several messages of its kind at once, each under the id of its delivery."""


class ClaimLost(Exception):
    """Another worker took the delivery over while this one was busy: give nothing away."""


def robot_of(endpoint_id: int | None) -> Transport | None:
    """The way to a robot or gateway as it is set now; None where it is switched off or gone."""
    with transaction():
        endpoint = channels.reached(endpoint_id)
    return None if endpoint is None else RobotTransport(endpoint)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries; transport, clock and who writes what are exchangeable.

    `pace` is what the mail server named `server` takes; `lease` is how long the claims of a worker
    that died are left alone.
    """

    transport: Transport
    writers: Mapping[DeliveryKind, Writer]
    now: Callable[[], datetime] = clock.now
    lease: timedelta = LEASE
    pace: Pace | None = None
    server: str = ""
    pause: Callable[[float], None] = time.sleep
    robots: Callable[[int | None], Transport | None] = robot_of

    def send(self, delivery_id: int) -> DeliveryState | None:
        """Send one delivery if it is to be sent now; what became of it, None if it was not ours."""
        with transaction():
            hold = services.claim(delivery_id, self.now(), self.lease)
        return None if hold is None else self._sent([hold])[hold.delivery_id]

    def send_many(self, delivery_ids: Sequence[int]) -> list[DeliveryState | None]:
        """Send these, as far as they are to be sent now; what became of each."""
        found: dict[int, DeliveryState] = {}
        left = list(delivery_ids)
        while left:
            with transaction():
                holds = services.claim_waiting(self.now(), BATCH, self.lease, ids=left[:BATCH])
            found |= self._sent(holds)
            # A message workers have died of goes alone, after the others.
            left = [key for key in left if key not in found] if holds else left[BATCH:]
        return [found.get(key) for key in delivery_ids]

    def send_waiting(self, most: int = BATCH) -> list[DeliveryState]:
        """Send the next few that wait, as many as the server takes; empty: nothing to be done now."""
        with transaction():
            holds = self._next(most)
        return list(self._sent(holds).values())

    def send_all(self, longest: float = inf) -> list[DeliveryState]:
        """Send what waits, batch after batch and at the pace the server takes, for `longest` seconds.

        All of it over one connection, as long as the server keeps it.
        """
        until = time.monotonic() + longest
        found: list[DeliveryState] = []
        with opened(self.transport) as line:
            kept_open = replace(self, transport=line)
            while time.monotonic() < until:
                states = kept_open.send_waiting()
                found += states
                if states:
                    continue
                seconds = self.room_in()
                if seconds <= 0 or time.monotonic() + seconds > until:
                    break
                self.pause(seconds)
        return found

    def room_in(self) -> float:
        """Seconds until the mail server takes another message; 0: it does now."""
        if self.pace is None:
            return 0
        at = self.now()
        with transaction():
            return (services.opens_at(self.server, self.pace, at) - at).total_seconds()

    def _next(self, most: int) -> list[Claim]:
        at = self.now()
        if self.pace is None:
            return services.claim_waiting(at, most, self.lease)
        others = [channel for channel in Channel if channel is not Channel.MAIL]
        room = min(services.room_to_send(self.server, self.pace, at), most)
        holds = services.claim_waiting(at, room, self.lease, channels=(Channel.MAIL,))
        services.note_sending(self.server, self.pace, at, len(holds))
        return holds + services.claim_waiting(at, most - len(holds), self.lease, channels=others)

    # --- what has been claimed ---

    def _sent(self, holds: Sequence[Claim]) -> dict[int, DeliveryState]:
        """Write, keep, hand over and settle these; what became of each."""
        states = {hold.delivery_id: DeliveryState.SENDING for hold in holds}
        letters: list[tuple[Claim, Letter]] = []
        for kind in DeliveryKind:
            of_kind = [hold for hold in holds if hold.kind is kind]
            for hold, written in self._prepared(of_kind) if of_kind else ():
                if isinstance(written, Letter):
                    letters.append((hold, written))
                elif isinstance(written, Problem):
                    states[hold.delivery_id] = self._failed(hold, written)
                else:
                    self._patiently(_in_transaction, services.settle_nothing_due, hold)
                    log.info(_line("nothing_due", hold))
                    states[hold.delivery_id] = DeliveryState.NOTHING_DUE
        self._hand_over(letters, states)
        return states

    def _prepared(self, holds: Sequence[Claim]) -> list[tuple[Claim, Written]]:
        """The messages of one kind, written and kept; those whose claim was lost are left out.

        One that cannot be written or kept must not stop the others.
        """
        try:
            with transaction():
                new = [hold for hold in holds if hold.letter is None]
                found: dict[int, Written] = {hold.delivery_id: hold.letter for hold in holds}
                if new:
                    found |= self.writers[new[0].kind](new, self.now())
                written = [(hold, found[hold.delivery_id]) for hold in holds]
                kept = [(hold, each) for hold, each in written if isinstance(each, Letter)]
                ours = services.begin_handover(kept, self.now())
                return [
                    (hold, each)
                    for hold, each in written
                    if not isinstance(each, Letter) or hold.delivery_id in ours
                ]
        except DATABASE_AWAY:
            raise
        except Exception:
            if len(holds) > 1:
                return [each for hold in holds for each in self._prepared([hold])]
            log.exception(_line("not_written", holds[0]))
            return [(holds[0], Problem.NOT_WRITTEN)]

    def _hand_over(
        self, letters: Sequence[tuple[Claim, Letter]], states: dict[int, DeliveryState]
    ) -> None:
        """The mails over one connection, then what goes to each robot."""
        mails = [each for each in letters if each[0].channel is Channel.MAIL]
        if mails:
            self._hand_to(self.transport, mails, states)
        others = [each for each in letters if each[0].channel is not Channel.MAIL]
        for key in dict.fromkeys(hold.endpoint_id for hold, _letter in others):
            of_one = [each for each in others if each[0].endpoint_id == key]
            robot = self.robots(key)
            if robot is not None:
                self._hand_to(robot, of_one, states)
                continue
            for hold, _letter in of_one:  # it was switched off meanwhile
                states[hold.delivery_id] = self._failed(hold, Problem.INACTIVE)

    def _hand_to(
        self,
        transport: Transport,
        letters: Sequence[tuple[Claim, Letter]],
        states: dict[int, DeliveryState],
    ) -> None:
        """One after the other over one connection. A server that is down is asked once."""
        keeper = _Keeper([hold for hold, _letter in letters], self.now, self.lease)
        with opened(transport) as line:
            for number, (hold, letter) in enumerate(letters):
                keeper.begin(hold)
                try:
                    line.deliver(letter, keeper.mark)
                except ClaimLost:
                    continue
                except NotDelivered as failure:
                    problem = Problem(failure.fault.value)
                    was_given = keeper.is_marked or hold.letter is not None
                    states[hold.delivery_id] = self._failed(
                        hold, problem, failure.detail, was_given=was_given
                    )
                    if problem in CONCERNS_ALL:
                        rest = [each for each, _letter in letters[number + 1 :]]
                        state = self._patiently(
                            _in_transaction, services.put_back, rest, hold.delivery_id
                        )
                        states |= {each.delivery_id: state for each in rest}
                        return
                except DATABASE_AWAY:
                    raise
                except Exception:
                    if keeper.is_marked:  # nobody knows what became of it: leave it to the lease
                        raise
                    log.exception(_line("not_sent", hold))
                    states[hold.delivery_id] = self._failed(hold, Problem.NOT_WRITTEN)
                else:
                    settled = services.settle_sent(hold, self.now())
                    self._patiently(changed_at_once, services.SETTLE_SENT, settled)
                    log.info(_line("sent", hold))
                    states[hold.delivery_id] = DeliveryState.SENT

    def _failed(
        self, hold: Claim, problem: Problem, detail: str = "", *, was_given: bool = False
    ) -> DeliveryState:
        fail = partial(services.settle_failure, was_handed_over=was_given)
        outcome = self._patiently(_in_transaction, fail, hold, problem, detail, self.now())
        # The server's own words may name an address: they stay in the row.
        log.warning(
            _line(
                "failed", hold, problem=problem, state=outcome.state, next_try=outcome.next_try_at
            )
        )
        return outcome.state

    def _patiently(self, settle: Callable[P, T], *of: P.args, **more: P.kwargs) -> T:
        """Settle; while the database is away wait for it: the server has answered."""
        for seconds in PATIENCE:
            try:
                return settle(*of, **more)
            except DATABASE_AWAY:
                self.pause(seconds)
        return settle(*of, **more)


def _in_transaction(settle: Callable[P, T], *of: P.args, **more: P.kwargs) -> T:
    with transaction():
        return settle(*of, **more)


def _line(event: str, hold: Claim, **more: Any) -> str:
    """What the log says of one try: which message, which try of it, and how it went."""
    return logs.line(
        event,
        delivery=hold.delivery_id,
        kind=hold.kind,
        channel=hold.channel,
        attempt=hold.attempts,
        deaths=hold.deaths or None,
        **more,
    )


class _Keeper:
    """Marks what is given away, and renews the claims of a batch while it is being worked off."""

    def __init__(
        self, holds: Iterable[Claim], now: Callable[[], datetime], lease: timedelta
    ) -> None:
        self._now, self._lease, self._renewed_at = now, lease, now()
        self._waiting = {hold.delivery_id: hold for hold in holds}
        self._lost: frozenset[int] = frozenset()
        self._current: Claim | None = None
        self.is_marked = False

    def begin(self, hold: Claim) -> None:
        self._current, self.is_marked = hold, False

    def mark(self) -> None:
        """The last moment at which nothing has been given away. Raises ClaimLost."""
        assert self._current is not None
        at = self._now()
        if not timedelta(0) <= at - self._renewed_at < self._lease / 4:
            with transaction():
                ours = services.renew(list(self._waiting.values()), at)
            self._renewed_at = at
            self._lost |= self._waiting.keys() - ours
        held = self._waiting.pop(self._current.delivery_id)
        if held.delivery_id in self._lost:
            raise ClaimLost
        self.is_marked = True
