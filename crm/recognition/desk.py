"""What one person sees of a year's recognition: what waits for them, and every project by level."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crm.accounts.rules import Actor, Role
from crm.recognition.queries.claims import YearOfClaims, credits_of, fill, terms_of_year
from crm.recognition.queries.manning import Manning, manning_of
from crm.recognition.queries.pages import AppealTold, Name, appeals_against, leads_at_hand
from crm.recognition.queries.reviews import Review, judgements_of, reviews_of
from crm.recognition.queries.standing import LeadQuota, Said, said_of
from crm.recognition.queries.suspects import Suspicion, suspicions
from crm.recognition.rules import (
    Claim,
    Decided,
    Deciders,
    Level,
    Task,
    task_of,
    turned_down_at,
    waiting_for,
)


class Shown(StrEnum):
    """Which projects the list by level shows: all, or those on which two levels differ."""

    ALL = "all"
    PROPOSED = "proposed"  # waiting for the unit's head
    UNIT_ONLY = "unit_only"  # the unit says yes, the district does not
    DISTRICT_ONLY = "district_only"  # the district says yes, the city does not
    CITY_ONLY = "city_only"  # the city says yes, the district does not
    TURNED_DOWN = "turned_down"
    REVIEW = "review"  # an approval of some level is to be looked at again


@dataclass(frozen=True, slots=True)
class Case:
    """One project and one quota: what each level said, and what is to be done by this person.

    `waiting` for a decision, whoever takes it; `waits_at` are the levels at which something waits for
    this person, `deciders` whoever may decide.
    """

    lead_id: int
    quota_id: int
    name: Name
    claim: Claim
    said: Mapping[Level, Said]
    task: Task | None = None
    appeal: AppealTold | None = None
    reviews: tuple[Review, ...] = ()
    waiting: tuple[tuple[Task, Level], ...] = ()
    waits_at: tuple[Level, ...] = ()
    deciders: Deciders | None = None

    @property
    def review(self) -> Review | None:
        """The approval this person looks at first, else the first there is."""
        mine = [each for each in self.reviews if each.level in self.waits_at]
        return next(iter(mine or self.reviews), None)

    @property
    def stands_in(self) -> bool:
        """Whether the person decides because a head of the unit, or all of them, cannot."""
        if self.deciders is None or Level.UNIT not in self.waits_at:
            return False
        return self.deciders.why is not None or bool(self.deciders.barred)

    @property
    def shown(self) -> Iterator[Shown]:
        """The lists by level it stands in."""
        said = {level: each.decided for level, each in self.said.items()}
        unit, district, city = (said.get(level) is Decided.APPROVED for level in Level)
        yield Shown.ALL
        if said.get(Level.UNIT) is Decided.PROPOSED:
            yield Shown.PROPOSED
        if unit and not district and said.get(Level.DISTRICT) is not Decided.MOVED:
            yield Shown.UNIT_ONLY
        if district and not city:
            yield Shown.DISTRICT_ONLY
        if city and not district:
            yield Shown.CITY_ONLY
        if turned_down_at(self.claim) is not None:
            yield Shown.TURNED_DOWN
        if self.reviews:
            yield Shown.REVIEW


@dataclass(slots=True)
class Desk:
    """A year's recognition for one person. `unseen`: cases of projects they may not see.

    `stuck` wait for a decision that nobody has the authority to take; `stuck_unseen` of those a
    person may not see.
    """

    found: YearOfClaims
    cases: list[Case] = field(default_factory=list)
    tasks: list[Case] = field(default_factory=list)
    suspects: list[Suspicion] = field(default_factory=list)
    names: Mapping[int, Name] = field(default_factory=dict)
    unseen: int = 0
    stuck: list[Case] = field(default_factory=list)
    stuck_unseen: int = 0


MAY_PROPOSE = frozenset({Role.STAFF, Role.UNIT_HEAD})
"""Who is asked to propose, and not what another quota of the exclusive group already has."""


def desk(actor: Actor, year: int, today: date) -> Desk:
    """Everything the page of recognition shows of the projects; thirteen queries or fewer."""
    found = YearOfClaims(year, terms_of_year(year), said=said_of(year))
    if actor.role in MAY_PROPOSE and any(term.exclusive_group for term in found.terms.values()):
        found.credits = credits_of(year)
    decided = {lead_id for lead_id, _ in found.said}
    lead_ids = decided | leads_at_hand(actor, year, today)
    suspects = [
        each
        for each in (suspicions(year, lead_ids) if lead_ids else [])
        if each.is_open and (each.pair.first in decided or each.pair.second in decided)
    ]
    paired = {lead_id for each in suspects for lead_id in (each.pair.first, each.pair.second)}
    manning = manning_of(actor, lead_ids | paired)
    names = manning.names
    made = Desk(found, names=names)
    made.suspects = [
        each for each in suspects if each.pair.first in names and each.pair.second in names
    ]
    place = {quota_id: number for number, quota_id in enumerate(found.terms)}
    for case in _cases(found, manning, lead_ids, today):
        is_stuck = _is_stuck(case)
        if case.lead_id not in names:
            made.stuck_unseen += is_stuck
            continue
        if case.said:
            made.cases.append(case)
        if case.task:
            made.tasks.append(case)
        if is_stuck:
            made.stuck.append(case)
    for some in (made.cases, made.tasks, made.stuck):
        some.sort(key=lambda case: (case.lead_id, place[case.quota_id]))
    made.unseen = sum(lead_id not in names for lead_id, _ in found.said)
    order = list(Task)
    made.tasks.sort(key=lambda case: order.index(case.task or Task.PROPOSE))
    return made


def stuck_in(actor: Actor, year: int, today: date) -> int:
    """How many decisions of a year wait for nobody: no person has the authority to take them."""
    said = said_of(year)
    if not said:
        return 0
    found = YearOfClaims(year, terms_of_year(year), said=said)
    lead_ids = {lead_id for lead_id, _ in said}
    return sum(map(_is_stuck, _cases(found, manning_of(actor, lead_ids), lead_ids, today)))


def _is_stuck(case: Case) -> bool:
    if case.deciders is None:
        return False
    return any(not case.deciders.at(level) for _task, level in case.waiting)


NAMELESS = Name("", None, None)


def _cases(
    found: YearOfClaims, manning: Manning, lead_ids: Collection[int], today: date
) -> Iterator[Case]:
    """Every case of these projects, those without a name among them; fills in the claims."""
    judged = judgements_of(lead_ids, found.year)
    fill(found, (row for rows in judged.values() for row in rows if row.replaced_at is None))
    reviews: dict[LeadQuota, list[Review]] = defaultdict(list)
    for each in reviews_of(found.said, judged):
        reviews[each.lead_id, each.quota_id].append(each)
    last = {pair: _last(said) for pair, said in found.said.items()}
    appeals = appeals_against([said.id for said in last.values()])
    for pair, claim in found.claims.items():
        lead_id, quota_id = pair
        if lead_id not in manning.hands:
            continue
        hand = manning.hands[lead_id]
        appeal = appeals.get(last[pair].id) if pair in last else None
        appealed = appeal.state if appeal else None
        mine = reviews.get(pair, ())
        levels = [each.level for each in mine]
        waiting = waiting_for(claim, appealed=appealed, reviews=levels)
        yield Case(
            lead_id,
            quota_id,
            manning.names.get(lead_id, NAMELESS),
            claim,
            found.said.get(pair, {}),
            task_of(
                found.claim(lead_id, quota_id, Level.DISTRICT),
                hand,
                today,
                appealed=appealed,
                reviews=levels,
            ),
            appeal,
            tuple(mine),
            waiting,
            tuple(dict.fromkeys(level for _task, level in waiting if level in hand.decides)),
            manning.deciders[lead_id],
        )


def _last(said: Mapping[Level, Said]) -> Said:
    return max(said.values(), key=lambda each: each.id)


def shown_counts(cases: Sequence[Case]) -> dict[Shown, int]:
    found = Counter(shown for case in cases for shown in case.shown)
    return {shown: found[shown] for shown in Shown}
