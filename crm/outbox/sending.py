"""Sending one message: claim, hand over, settle. A door of its own for worker and commands.

Three transactions, none of them open while a server is being waited for:

1. claim: the row says SENDING. A worker that dies from here on has given nothing away, so after its
   lease another one takes over.
2. just before the message is given to the server it is kept word for word. A worker that dies from
   here on leaves a message nobody knows the fate of; whoever takes over sends the very same one, under
   the same Message-ID, which the reader's server knows for one mail.
3. settled: SENT, PENDING with another time, or FAILED.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.core import clock
from crm.core.db import transaction
from crm.core.mail import Letter, NotDelivered, Transport
from crm.outbox import services
from crm.outbox.rules import DeliveryKind, DeliveryState, Problem
from crm.outbox.services import Claim

log = logging.getLogger(__name__)

Written = Letter | Problem | None
"""The message as things stand now, what is in its way, or None when there is nothing to tell."""
Writer = Callable[[Sequence[Claim], datetime], Mapping[int, Written]]
"""Writes several messages of its kind at once, each under the id of its delivery."""


class ClaimLost(Exception):
    """Another worker took the delivery over while this one was busy: give nothing away."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries; transport, clock and who writes what are exchangeable."""

    transport: Transport
    writers: Mapping[DeliveryKind, Writer]
    now: Callable[[], datetime] = clock.now

    def send(self, delivery_id: int) -> DeliveryState | None:
        """Send one delivery if it is to be sent now; what became of it, None if it was not ours."""
        with transaction():
            hold = services.claim(delivery_id, self.now())
        if hold is None:
            return None
        return self._settled(hold, hold.letter or self._written([hold])[hold.delivery_id])

    def send_many(self, delivery_ids: Sequence[int]) -> list[DeliveryState | None]:
        """Send several, written together, one after the other."""
        holds: list[Claim | None] = []
        for delivery_id in delivery_ids:
            with transaction():
                holds.append(services.claim(delivery_id, self.now()))
        written: dict[int, Written] = {}
        for kind in DeliveryKind:
            of_kind = [each for each in holds if each and each.kind is kind and not each.letter]
            if of_kind:
                written |= self._written(of_kind)
        return [
            None if hold is None else self._settled(hold, hold.letter or written[hold.delivery_id])
            for hold in holds
        ]

    def _settled(self, hold: Claim, written: Written) -> DeliveryState:
        if isinstance(written, Problem):
            return self._failed(hold, written)
        if written is None:
            with transaction():
                services.settle_nothing_due(hold)
            return DeliveryState.NOTHING_DUE
        return self._handed_over(hold, written)

    def _written(self, holds: Sequence[Claim]) -> dict[int, Written]:
        """The messages of one kind. One that cannot be written must not stop the others."""
        try:
            with transaction():
                return dict(self.writers[holds[0].kind](holds, self.now()))
        except Exception:
            if len(holds) > 1:
                return {key: each for one in holds for key, each in self._written([one]).items()}
            log.exception("delivery %s could not be written", holds[0].delivery_id)
            return {holds[0].delivery_id: Problem.NOT_WRITTEN}

    def _handed_over(self, hold: Claim, letter: Letter) -> DeliveryState:
        def mark() -> None:
            with transaction():
                is_ours = services.begin_handover(hold, self.now(), letter)
            if not is_ours:
                raise ClaimLost

        try:
            self.transport.deliver(letter, mark)
        except ClaimLost:
            return DeliveryState.SENDING
        except NotDelivered as failure:
            return self._failed(hold, Problem(failure.fault.value), failure.detail)
        with transaction():
            services.settle_sent(hold, self.now())
        return DeliveryState.SENT

    def _failed(self, hold: Claim, problem: Problem, detail: str = "") -> DeliveryState:
        log.warning("delivery %s: %s %s", hold.delivery_id, problem, detail)
        with transaction():
            return services.settle_failure(hold, problem, detail, self.now()).state
