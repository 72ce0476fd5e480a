"""What waits for a person on one project and quota; one thing at a time, the most pressing."""

from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum

from crm.accounts.rules import Role
from crm.recognition.rules.deciding import Claim, Hand, why_not_propose
from crm.recognition.rules.levels import Answer, Decided, Level

TURNED_DOWN = frozenset({Decided.RETURNED, Decided.NOT_COUNTED})


class Task(StrEnum):
    ANSWER = "answer"  # an appeal
    REVIEW = "review"  # an approval whose facts changed
    CERTIFY = "certify"
    CONFIRM = "confirm"  # record what the city decided
    APPROVE = "approve"  # what the unit proposed
    REPLY = "reply"  # sent back: propose anew or appeal
    PROPOSE = "propose"


class Appealed(StrEnum):
    """How the appeal against the decision in force stands."""

    OPEN = "open"
    ACCEPTED = Answer.ACCEPTED.value
    REJECTED = Answer.REJECTED.value


def task_of(
    claim: Claim,
    hand: Hand,
    today: date,
    *,
    appealed: Appealed | None = None,
    reviews: Collection[Level] = (),
) -> Task | None:
    """What this person should do next about the project and the quota; None if nothing.

    `reviews` are the levels whose approval is to be looked at again.
    """
    if claim.is_period_closed:
        return None
    waiting = waiting_for(claim, appealed=appealed, reviews=reviews)
    for task, level in waiting:
        if level in hand.decides:
            return task
    if hand.role not in {Role.UNIT_HEAD, Role.STAFF}:
        return None
    is_unit_head = hand.role is Role.UNIT_HEAD and hand.is_of_unit
    if not (hand.is_own or is_unit_head):
        return None
    if turned_down_at(claim) is not None and appealed is None:
        return Task.REPLY
    # Nobody is asked to propose what another quota of the exclusive group already has.
    is_had = claim.credited_elsewhere is not None
    if claim.unit is None and not is_had and not why_not_propose(claim, hand, today):
        return Task.PROPOSE
    return None


def waiting_for(
    claim: Claim, *, appealed: Appealed | None = None, reviews: Collection[Level] = ()
) -> tuple[tuple[Task, Level], ...]:
    """What waits for a decision, whoever takes it, and at which level; the most pressing first."""
    if claim.is_period_closed:
        return ()
    return tuple(_waiting_for(claim, appealed, reviews))


def _waiting_for(
    claim: Claim, appealed: Appealed | None, reviews: Collection[Level]
) -> Iterator[tuple[Task, Level]]:
    unit, district, city = claim.unit, claim.district, claim.city
    if appealed is Appealed.OPEN:
        yield Task.ANSWER, Level.DISTRICT
    for level in Level:
        if level in reviews:
            yield Task.REVIEW, level
    if unit and unit.decided is Decided.PROPOSED:
        yield Task.APPROVE, Level.UNIT
    if unit and unit.decided is Decided.APPROVED:
        is_renewed = district is not None and unit.number > district.number
        is_upheld = appealed is Appealed.ACCEPTED
        if district is None or (district.decided in TURNED_DOWN and (is_renewed or is_upheld)):
            yield Task.CERTIFY, Level.DISTRICT
    if district and district.decided is Decided.APPROVED:
        is_renewed = city is not None and district.number > city.number
        if city is None or (city.decided in TURNED_DOWN and is_renewed):
            yield Task.CONFIRM, Level.CITY


def turned_down_at(claim: Claim) -> Level | None:
    """The level that turned the project down last, if the unit has not proposed it anew since."""
    said = {level: state for level in Level if (state := claim.at(level)) is not None}
    if not said:
        return None
    last = max(said, key=lambda level: said[level].number)
    return last if said[last].decided in TURNED_DOWN else None
