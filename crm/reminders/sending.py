"""Sending one mail: claim, hand over, settle. A door of its own for worker and commands.

Three transactions, none of them open while a mail server is being waited for:

1. claim: the row says SENDING. A worker that dies from here on has given nothing away, so after a
   while another one may take over.
2. just before the message is given to the server: HANDING_OVER. A worker that dies from here on
   leaves a mail nobody knows the fate of; it becomes UNCERTAIN and is never sent again by itself.
3. settled: SENT, PENDING with another time, or FAILED.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crm.config import Settings
from crm.core import clock
from crm.core.db import transaction
from crm.core.mail import Letter, NotDelivered, Transport, transport_for
from crm.reminders import letters, queries, services
from crm.reminders.rules import DeliveryState, Problem
from crm.reminders.services import Claim

log = logging.getLogger(__name__)


class ClaimLost(Exception):
    """Another worker took the delivery over while this one was busy: give nothing away."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries; transport and clock are exchangeable."""

    settings: Settings
    transport: Transport
    now: Callable[[], datetime]

    def send(self, delivery_id: int) -> DeliveryState | None:
        """Send one delivery if it is to be sent now; what became of it, None if it was not ours."""
        with transaction():
            hold = services.claim(delivery_id, self.now())
        if hold is None:
            return None
        with transaction():
            letter = self._written(hold)
        if isinstance(letter, Problem):
            return self._failed(hold, letter)
        if letter is None:
            with transaction():
                services.settle_nothing_due(hold)
            return DeliveryState.NOTHING_DUE
        return self._handed_over(hold, letter)

    def _written(self, hold: Claim) -> Letter | Problem | None:
        """The mail as things stand now, None when nothing is due any more, or what is in the way."""
        found = queries.due_mails(hold.due_on, hold.person_id)
        if not found:
            return None
        mail = found[0]
        if mail.problem:
            return mail.problem
        try:
            return letters.due_letter(
                mail, hold.due_on, self.now(), hold.delivery_id, self.settings
            )
        except Exception:  # one broken mail must not stop the others
            log.exception("delivery %s could not be written", hold.delivery_id)
            return Problem.NOT_WRITTEN

    def _handed_over(self, hold: Claim, letter: Letter) -> DeliveryState:
        def mark() -> None:
            with transaction():
                is_ours = services.begin_handover(
                    hold, self.now(), letter.address, letter.subject, letter.text
                )
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


def sender_for(settings: Settings) -> Sender:
    """A sender with the transport the settings name."""
    return Sender(settings, transport_for(settings.mail), clock.now)
