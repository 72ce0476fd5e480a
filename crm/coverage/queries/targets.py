"""Whom to call for a segment or a chain: every company that suits, scored, in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, overload

from sqlalchemy import select

from crm.chains.models import Segment
from crm.core.bulk import without_collecting
from crm.core.db import db
from crm.coverage.queries import known
from crm.coverage.queries.facts import ChainCovered, Covered, coverage
from crm.coverage.rules.goals import Ranked, may_meet
from crm.coverage.rules.scoring import (
    Exclusion,
    Listed,
    QuotaFit,
    Refusal,
    Score,
    Standing,
    Talk,
    TargetFacts,
    Weights,
    is_excluded_type,
    move_of,
    ranked,
    score,
    weights_of,
)
from crm.enterprises.rules.shareholding import holders
from crm.leads.rules import ChainMove
from crm.places.queries import district_code

HELD_AT_LEAST = Decimal("0.5")
"""A ranked company speaks for those it holds by half or more; a share nobody entered is taken so."""

AFFILIATES_TOLD = 3
_WHOLE = Decimal(1)
_NOWHERE: tuple[tuple[Listed, ...], tuple[QuotaFit, ...]] = ((), ())


@dataclass(frozen=True, slots=True)
class Targets:
    """The companies to call about some segments of a chain, the best first, and those left out."""

    chain: ChainCovered
    segments: Mapping[int, Covered]
    """The segments asked for, by id."""
    scores: "Scores"
    excluded: "Scores"
    groups: known.Groups
    province: str | None  # the first two digits of the district's division


def targets(today: date, chain_id: int, segment_id: int | None = None) -> Targets | None:
    """For a chain, or for one of its segments with those below it; None where there is none such.

    A fixed number of statements, however many companies suit. The facts of leads are told to a
    reader by `talks.told_to`.
    """
    covered = coverage(today, chain_id=chain_id)
    if not covered.chains:
        return None
    chain = covered.chains[0]
    wanted = _asked_for(chain, segment_id)
    if not wanted:
        return None
    district = district_code()
    weights = weights_of(covered.settings)
    importance = {each: wanted[each].segment.weight for each in wanted}
    with without_collecting():
        found = _Companies(wanted, today, district)
        everyone = ranked(found.standings(weights), importance)
    return Targets(
        chain,
        wanted,
        Scores([each for each in everyone if not each.is_excluded], found, weights),
        Scores([each for each in everyone if each.is_excluded], found, weights),
        found.groups,
        district[:2] if district else None,
    )


class Scores(Sequence[Score]):
    """Companies in their order. Why each stands where it does is put together when it is asked for: of
    thousands a page shows twenty."""

    def __init__(
        self, standings: Sequence[Standing], companies: "_Companies", weights: Weights
    ) -> None:
        self._standings, self._companies, self._weights = standings, companies, weights

    def __len__(self) -> int:
        return len(self._standings)

    @overload
    def __getitem__(self, place: int) -> Score: ...
    @overload
    def __getitem__(self, place: slice) -> list[Score]: ...
    def __getitem__(self, place: int | slice) -> Score | list[Score]:
        if isinstance(place, slice):
            return [self._of(each) for each in self._standings[place]]
        return self._of(self._standings[place])

    def of(self, enterprise_id: int) -> list[Score]:
        """The score of a company, or nothing."""
        return [self._of(each) for each in self._standings if each.enterprise_id == enterprise_id]

    def _of(self, one: Standing) -> Score:
        return score(self._companies.facts(one.row), self._weights, self._companies.today)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a lead with a company for a segment would be: its move, and why the company is called."""

    segment: Any  # the columns of SEGMENT_COLUMNS
    chain: Any
    move: ChainMove | None
    found: Score | None  # None: the company is not among those that suit


def proposal(today: date, enterprise_id: int, segment_id: int) -> Proposal | None:
    """None where the segment is not in use. The leads behind the score are not told."""
    chain_id = db.session.scalar(select(Segment.chain_id).where(Segment.id == segment_id))
    found = targets(today, chain_id, segment_id) if chain_id else None
    if found is None:
        return None
    mine = [*found.scores.of(enterprise_id), *found.excluded.of(enterprise_id)]
    covered = found.segments[segment_id]
    return Proposal(
        covered.segment,
        found.chain.chain,
        move_of(
            covered.status,
            stands_any_in_chain=any(each.facts.standing for each in found.chain.segments),
            is_next_to_anchor=any(each.facts.partner_of or each.facts.needed_by for each in mine),
        ),
        mine[0] if mine else None,
    )


def _asked_for(chain: ChainCovered, segment_id: int | None) -> dict[int, Covered]:
    """The segment and all below it, or every segment of the chain."""
    by_id = {each.segment.id: each for each in chain.segments}
    if segment_id is None:
        return by_id
    inside = {segment_id} & by_id.keys()
    while more := {
        key for key, each in by_id.items() if each.segment.parent_id in inside and key not in inside
    }:
        inside |= more
    return {key: each for key, each in by_id.items() if key in inside}


_UNTOLD = (Talk(),)
_REFUSED = (Refusal(),)
"""What stands for a lead before anybody asks who may know of it."""


class _Companies:
    """Everything known of the companies that suit, read once."""

    def __init__(self, wanted: Mapping[int, Covered], today: date, district: str | None) -> None:
        ids = sorted(wanted)
        self.wanted, self.today, self.district = wanted, today, district
        self.rows = known.candidates(ids, today)
        self.goals = known.goals(today)
        self.groups = known.groups(self.rows)
        self.places = known.places(today, {code for goal in self.goals for code in goal.lists})
        self.needs = known.needs()
        self.signs = known.signs(ids)
        self.standing = known.standing(ids, today)
        self.settled = known.settled(ids)
        self.dismissed = known.dismissed(ids, today)
        self.excluded_types = {
            code for code in {row[5] for row in self.rows} if is_excluded_type(code)
        }
        self.province = district[:2] if district else None
        self.inside = (
            self.groups.first_inside(self.province, AFFILIATES_TOLD + 1) if self.province else {}
        )
        ranked_groups = {
            self.groups.top_of[each] for each in self.places if each in self.groups.top_of
        }
        self.telling = self.places.keys() | self.signs.announced.keys()
        self.telling |= {
            each for each in self.groups.links if self.groups.top_of[each] in ranked_groups
        }

    def standings(self, weights: Weights) -> Iterator[Standing]:
        """Every company that suits with its points, a row of `known.candidates` at a time.

        Where no ranking, sign or anchor firm tells companies apart, those alike in the rest have the
        same points, which are then counted once.
        """
        groups, inside, province = self.groups, self.inside, self.province
        told_apart = self.telling | self.needs.naming.keys() | self.signs.of.keys()
        barred = self.standing | {company for company, _ in self.settled | self.dismissed}
        counted: dict[Any, int] = {}
        for row in self.rows:
            (
                company, segment, fit, name, region, industry_code, _is_confirmed,
                has_contact, talks, refused, referred,
            ) = row  # fmt: skip
            if company in told_apart:
                points = score(self.facts(row), weights, self.today).points
            else:
                top = groups.top_of.get(company)
                alike = (
                    segment, region and region[:2] == province, has_contact, talks, refused, referred,
                    top is not None and groups.talking[top] > bool(talks),
                    top in inside and (len(inside[top]) > 1 or inside[top][0][0] != company),
                )  # fmt: skip
                if alike not in counted:
                    counted[alike] = score(self.facts(row), weights, self.today).points
                points = counted[alike]
            is_barred = (
                company in barred or industry_code in self.excluded_types or region == self.district
            )
            yield Standing(
                points, fit, name, company, segment,
                bool(is_barred and self._exclusions(company, segment, region, industry_code)),
                row,
            )  # fmt: skip

    def facts(self, row: Any) -> TargetFacts:
        (
            company, segment, fit, name, region, industry_code, is_confirmed,
            has_contact, talks, refused, referred,
        ) = row  # fmt: skip
        lists, quotas = self._ranked(company) if company in self.telling else _NOWHERE
        top = self.groups.top_of.get(company)
        return TargetFacts(
            company,
            name,
            segment,
            self.wanted[segment].status,
            fit,
            lists,
            self.needs.naming.get(company, ()),
            self.needs.at.get(segment, ()),
            self.signs.of.get(company, ()),
            region[:2] == self.province if region and self.province else None,
            _names(self.inside[top], company) if top in self.inside else (),
            quotas,
            bool(has_contact),
            bool(referred),
            _UNTOLD if talks else (),
            _UNTOLD if top is not None and self.groups.talking[top] > bool(talks) else (),
            _REFUSED if refused else (),
            self._exclusions(company, segment, region, industry_code),
            region,
            bool(is_confirmed),
        )

    def _ranked(self, company: int) -> tuple[tuple[Listed, ...], tuple[QuotaFit, ...]]:
        """Its places on rankings, those of its holders included, and the quotas it may serve."""
        announced = self.signs.announced.get(company, ())
        held: Iterable[tuple[int, Decimal | None]] = ((company, _WHOLE),)
        if company in self.groups.links:
            held = holders(company, self.groups.links, self.today)
        places = [
            (place, share, None if holder == company else self.groups.names.get(holder))
            for holder, share in held
            if holder in self.places
            for place in self.places[holder]
        ]
        if not places and not announced:
            return (), ()
        return (
            tuple(
                place.listed._replace(holder=holder)
                for place, share, holder in places
                if share is None or share >= HELD_AT_LEAST
            ),
            may_meet(
                self.goals,
                [Ranked(place.code, share) for place, share, _ in places],
                announced,
                self.today,
            ),
        )

    def _exclusions(
        self, company: int, segment: int, region: str | None, industry_code: str | None
    ) -> tuple[Exclusion, ...]:
        holding = {
            Exclusion.LOCAL: company in self.standing
            or (region is not None and region == self.district),
            Exclusion.SETTLED: (company, segment) in self.settled,
            Exclusion.EXCLUDED_TYPE: industry_code in self.excluded_types,
            Exclusion.DISMISSED: (company, segment) in self.dismissed,
        }
        return tuple(code for code, holds in holding.items() if holds)


def _names(inside: Sequence[tuple[int, str]], company: int) -> tuple[str, ...]:
    """The others of its group; a few of them are told."""
    return tuple(name for each, name in inside if each != company)[:AFFILIATES_TOLD]
