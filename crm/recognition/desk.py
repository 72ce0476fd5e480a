"""What one person sees of a year's recognition: what waits for them, and every project by level."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crm.accounts.rules import Actor
from crm.recognition.queries.claims import YearOfClaims, hands_of, year_of_claims
from crm.recognition.queries.pages import (
    AppealTold,
    Name,
    appeals_against,
    decided_leads,
    leads_at_hand,
    names_of,
)
from crm.recognition.queries.reviews import Review, to_review
from crm.recognition.queries.standing import Said
from crm.recognition.queries.suspects import Suspicion
from crm.recognition.rules import Claim, Decided, Level, Task, task_of, turned_down_at


class Shown(StrEnum):
    """Which projects the list by level shows: all, or those on which two levels differ."""

    ALL = "all"
    PROPOSED = "proposed"  # waiting for the unit's head
    UNIT_ONLY = "unit_only"  # the unit says yes, the district does not
    DISTRICT_ONLY = "district_only"  # the district says yes, the city does not
    CITY_ONLY = "city_only"  # the city says yes, the district does not
    TURNED_DOWN = "turned_down"


@dataclass(frozen=True, slots=True)
class Case:
    """One project and one quota: what each level said, and what is to be done by this person."""

    lead_id: int
    quota_id: int
    name: Name
    claim: Claim
    said: Mapping[Level, Said]
    task: Task | None = None
    appeal: AppealTold | None = None
    review: Review | None = None

    def is_shown(self, wanted: Shown) -> bool:
        yes = {level for level, said in self.said.items() if said.decided is Decided.APPROVED}
        match wanted:
            case Shown.PROPOSED:
                unit = self.said.get(Level.UNIT)
                return unit is not None and unit.decided is Decided.PROPOSED
            case Shown.UNIT_ONLY:
                return Level.UNIT in yes and Level.DISTRICT not in yes
            case Shown.DISTRICT_ONLY:
                return Level.DISTRICT in yes and Level.CITY not in yes
            case Shown.CITY_ONLY:
                return Level.CITY in yes and Level.DISTRICT not in yes
            case Shown.TURNED_DOWN:
                return turned_down_at(self.claim) is not None
        return True


@dataclass(slots=True)
class Desk:
    """A year's recognition for one person. `unseen`: cases of projects they may not see."""

    found: YearOfClaims
    cases: list[Case] = field(default_factory=list)
    tasks: list[Case] = field(default_factory=list)
    suspects: list[Suspicion] = field(default_factory=list)
    names: Mapping[int, Name] = field(default_factory=dict)
    unseen: int = 0


def desk(actor: Actor, year: int, today: date) -> Desk:
    """Everything the page of recognition shows of the projects; a fixed number of queries."""
    decided = decided_leads(year)
    lead_ids = decided | leads_at_hand(actor, year, today)
    found = year_of_claims(year, lead_ids)
    suspects = [
        each
        for each in found.suspicions
        if each.is_open and {each.pair.first, each.pair.second} & decided
    ]
    paired = {lead_id for each in suspects for lead_id in (each.pair.first, each.pair.second)}
    names = names_of(actor, lead_ids | paired)
    made = Desk(found, names=names)
    made.suspects = [
        each for each in suspects if each.pair.first in names and each.pair.second in names
    ]
    for case in _cases(actor, found, names, lead_ids, year, today):
        if case.said:
            made.cases.append(case)
        if case.task:
            made.tasks.append(case)
    made.unseen = sum(lead_id not in names for lead_id, _ in found.said)
    order = list(Task)
    made.tasks.sort(key=lambda case: order.index(case.task or Task.PROPOSE))
    return made


def _cases(
    actor: Actor,
    found: YearOfClaims,
    names: Mapping[int, Name],
    lead_ids: set[int],
    year: int,
    today: date,
) -> Iterator[Case]:
    reviews = {(each.lead_id, each.quota_id): each for each in to_review(year, lead_ids)}
    last = {pair: _last(said) for pair, said in found.said.items()}
    appeals = appeals_against([said.id for said in last.values()])
    hands = hands_of(actor, lead_ids)
    place = {quota_id: number for number, quota_id in enumerate(found.terms)}
    for pair in sorted(found.claims, key=lambda pair: (pair[0], place[pair[1]])):
        lead_id, quota_id = pair
        if lead_id not in names or lead_id not in hands:
            continue
        claim = found.claims[pair]
        said = found.said.get(pair, {})
        appeal = appeals.get(last[pair].id) if pair in last else None
        review = reviews.get(pair)
        task = task_of(
            claim,
            hands[lead_id],
            today,
            appealed=appeal.state if appeal else None,
            is_to_review=review is not None,
        )
        yield Case(lead_id, quota_id, names[lead_id], claim, said, task, appeal, review)


def _last(said: Mapping[Level, Said]) -> Said:
    return max(said.values(), key=lambda each: each.id)


def shown_counts(cases: Sequence[Case]) -> dict[Shown, int]:
    return {shown: sum(case.is_shown(shown) for case in cases) for shown in Shown}
