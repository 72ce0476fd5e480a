"""What a single clause says of a lead: met or not, why, and the facts it was read from.

Each clause of the criteria becomes a question that is asked once per lead, however many quotas ask
it. The answer (`Said`) is one of few, so that judging thousands of leads compares answers instead
of making sentences; the reasons with their values are made of it when somebody wants to read them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Protocol

from crm.leads.rules import (
    CNY,
    AgreementType,
    Basis,
    Figure,
    FigureKind,
    FigureSource,
    FigureStanding,
    JudgedFigure,
    MilestoneKind,
    Qualifier,
    judged_figure,
)
from crm.quotas.rules.criteria import (
    EditionPolicy,
    FactClause,
    HeadquartersClause,
    RankingClause,
)
from crm.quotas.rules.facts import (
    Edition,
    JudgedLead,
    MilestoneDay,
    RankingMembership,
    Reason,
    ReasonCode,
)

C = ReasonCode


class Said:
    """An answer: whether the clause is met, whether it is surely not, and why.

    ``met`` and ``unmet`` are True, False or None for evidence to come. They are no opposites: a
    headquarters nobody confirmed is not met, but neither is it proved to be none, so criteria that
    ask for “no headquarters” do not count it either. Answers alike are one object.
    """

    __slots__ = ("codes", "met", "unmet")

    def __init__(self, codes: tuple[ReasonCode, ...], met: bool | None, unmet: bool | None) -> None:
        self.codes, self.met, self.unmet = codes, met, unmet

    def holds(self, *, wanted: bool) -> bool | None:
        return self.met if wanted else self.unmet


@cache
def said(met: bool | None, unmet: bool | None, *codes: ReasonCode) -> Said:
    return Said(codes, met, unmet)


def signing_of(lead: JudgedLead, on: date) -> MilestoneDay | None:
    """The signing known by the day ``on``; a framework or intent agreement is none."""
    if not lead.milestones or lead.agreement_type in _NO_SIGNING:
        return None
    signed = [m for m in lead.milestones if m.kind is MilestoneKind.SIGNED and m.day <= on]
    if len(signed) > 1:
        return min(signed, key=lambda m: (m.day, m.is_pending, repr(m)))
    return signed[0] if signed else None


_NO_SIGNING = (AgreementType.FRAMEWORK, AgreementType.INTENT)


class Read:
    """A lead as the questions read it on a day."""

    __slots__ = ("figures", "lead", "on", "signing", "weighed")

    def __init__(self, lead: JudgedLead, on: date) -> None:
        self.lead, self.on = lead, on
        self.signing = signing_of(lead, on) if lead.milestones else None
        figures: Sequence[Figure] = lead.figures
        for figure in figures:
            if figure.on > on:
                figures = [each for each in figures if each.on <= on]
                break
        self.figures = figures
        self.weighed: dict[FigureChoice, Weighed] | None = None


class Question(Protocol):
    """A clause as it is asked. `say` decides; `tell` gives the values of each code it said."""

    def say(self, read: Read) -> Said: ...

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]: ...


# ---------------------------------------------------------------- facts that are a choice


# Compared by identity and equality, never hashed: the hash of an enum is Python code, and here
# it would be most of the work.


class PhysicalQuestion:
    """Unset is evidence to come."""

    def say(self, read: Read) -> Said:
        is_physical = read.lead.is_physical
        if is_physical is None:
            return _PHYSICAL_UNSET
        return _PHYSICAL if is_physical else _NOT_PHYSICAL

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        yield {"code": answer.codes[0]}


_PHYSICAL = said(True, False, C.PHYSICAL)
_NOT_PHYSICAL = said(False, True, C.NOT_PHYSICAL)
_PHYSICAL_UNSET = said(None, None, C.PHYSICAL_UNSET)


class FactQuestion:
    """Unset is evidence to come, whichever way it is asked."""

    def __init__(self, clause: FactClause) -> None:
        self.fact, self.accepted = clause.fact, clause.of
        self.value_of = attrgetter(clause.fact.value)

    def say(self, read: Read) -> Said:
        value = self.value_of(read.lead)
        if value is None:
            return _FACT_UNSET
        return _FACT_ACCEPTED if value in self.accepted else _FACT_OTHER

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        yield {
            "code": answer.codes[0],
            "fact": self.fact,
            "fact_value": self.value_of(read.lead),
            "accepted": self.accepted,
        }


_FACT_ACCEPTED = said(True, False, C.FACT_ACCEPTED)
_FACT_OTHER = said(False, True, C.FACT_OTHER)
_FACT_UNSET = said(None, None, C.FACT_UNSET)


class HeadquartersQuestion:
    """Unset is not met: a title with 总部 in it is a hint, and hints never count."""

    def __init__(self, clause: HeadquartersClause) -> None:
        self.types = clause.types

    def say(self, read: Read) -> Said:
        lead = read.lead
        if lead.is_headquarters is None:
            return _HEADQUARTERS_UNCONFIRMED
        if not lead.is_headquarters:
            return _NOT_HEADQUARTERS
        if not self.types or lead.headquarters_type in self.types:
            return _HEADQUARTERS
        return _TYPE_UNSET if lead.headquarters_type is None else _TYPE_OTHER

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"code": answer.codes[0]}
        if self.types:
            values |= {"accepted": self.types, "fact_value": read.lead.headquarters_type}
        yield values


_HEADQUARTERS = said(True, False, C.HEADQUARTERS)
_NOT_HEADQUARTERS = said(False, True, C.NOT_HEADQUARTERS)
_HEADQUARTERS_UNCONFIRMED = said(False, None, C.HEADQUARTERS_UNCONFIRMED)
_TYPE_UNSET = said(None, None, C.HEADQUARTERS_TYPE_UNSET)
_TYPE_OTHER = said(False, True, C.HEADQUARTERS_TYPE_OTHER)


# ---------------------------------------------------------------- amounts


@dataclass(frozen=True, slots=True, eq=False)
class FigureChoice:
    """Which figure of a lead is meant, whatever threshold it is held against.

    Questions that mean the same figure share one object, so that it is looked for once.
    """

    field: FigureKind
    basis: tuple[Basis, ...]
    sources: tuple[FigureSource, ...]


_DOUBTS = (
    C.AMOUNT_EXPECTED,
    C.AMOUNT_STATED,
    C.AMOUNT_ABOUT,
    C.AMOUNT_PROVISIONAL,
    C.BASIS_MISSING,
    C.SOURCE_TO_COME,
    C.COMMITMENT_UNMET,
)
"""Why an amount that reaches a threshold waits for evidence, in the order they are told."""

_EXPECTED, _STATED, _ABOUT, _PROVISIONAL, _NO_BASIS, _NO_SOURCE, _UNMET = (
    1 << position for position in range(len(_DOUBTS))
)
_DOUBTED = tuple(
    said(None, None, *(code for place, code in enumerate(_DOUBTS) if doubts >> place & 1))
    for doubts in range(1 << len(_DOUBTS))
)
"""The answer to every set of doubts."""


class Weighed:
    """The figure that judges, and every doubt about it that no threshold changes.

    ``flaw`` is the answer where there is nothing to compare; ``actual_after`` the smallest actual
    revenue (whole yuan) of a later year than the committed revenue that judges.
    """

    __slots__ = ("actual_after", "doubts", "flaw", "is_about", "judged", "yuan")

    def __init__(self, judged: JudgedFigure | None, flaw: Said | None, yuan: int = 0) -> None:
        self.judged, self.flaw, self.yuan = judged, flaw, yuan
        self.doubts = 0
        self.is_about = False
        self.actual_after: int | None = None


_NOTHING = Weighed(None, said(False, None, C.AMOUNT_MISSING))
_NO_RATE = said(None, None, C.AMOUNT_WITHOUT_RATE)
_OTHER_BASIS = said(False, None, C.BASIS_NOT_ACCEPTED)


def weigh(choice: FigureChoice, read: Read) -> Weighed:
    """The lead's figure for a choice, found once however many thresholds ask."""
    weighed = read.weighed
    if weighed is None:
        weighed = read.weighed = {}
    found = weighed.get(choice)
    if found is None:
        figures = [figure for figure in read.figures if figure.kind is choice.field]
        found = weighed[choice] = _weigh(choice, figures, read) if figures else _NOTHING
    return found


def _weigh(choice: FigureChoice, figures: Sequence[Figure], read: Read) -> Weighed:
    based = figures
    if choice.basis:
        based = [f for f in figures if f.basis is None or f.basis in choice.basis]
    sourced = based
    if choice.sources:
        sourced = [f for f in based if f.source in choice.sources]
    judged = judged_figure(
        sourced or based or figures, choice.field, signed=read.signing is not None, on=read.on
    )
    assert judged is not None  # there are figures, and all of them are known by then
    if not based:
        return Weighed(judged, _OTHER_BASIS)
    figure = judged.figure
    if figure.yuan is None:
        return Weighed(judged, _NO_RATE)
    weighed = Weighed(judged, None, figure.yuan)
    weighed.is_about = figure.qualifier is Qualifier.ABOUT
    if judged.standing is FigureStanding.EXPECTED:
        weighed.doubts |= _EXPECTED
    elif judged.standing is FigureStanding.STATED:
        weighed.doubts |= _STATED
    if figure.is_provisional:
        weighed.doubts |= _PROVISIONAL
    if choice.basis and figure.basis is None:
        weighed.doubts |= _NO_BASIS
    if not sourced:
        weighed.doubts |= _NO_SOURCE
    if figure.basis is Basis.COMMITTED:
        weighed.actual_after = min(
            (
                f.yuan
                for f in figures
                if f.basis is Basis.ACTUAL and f.on.year > figure.on.year and f.yuan is not None
            ),
            default=None,
        )
    return weighed


class AmountQuestion:
    """A threshold held against a figure.

    兑现复核: where a commitment judges and a later year's actual revenue stays below the
    threshold, the lead is 待补佐证; once that actual figure has a paper it is the firmer figure
    itself and judges, so the lead does not count.
    """

    def __init__(self, choice: FigureChoice, least: int, about_margin_percent: int) -> None:
        self.choice, self.least = choice, least
        self.about_width = least * about_margin_percent

    def say(self, read: Read) -> Said:
        weighed = weigh(self.choice, read)
        if weighed.flaw is not None:
            return weighed.flaw
        lacks, doubts = self.least - weighed.yuan, weighed.doubts
        # 约 leaves open on which side of the threshold the amount lies.
        if weighed.is_about and abs(lacks) * 100 <= self.about_width:
            doubts |= _ABOUT
        elif lacks > 0:
            return _BELOW_DOUBTED if doubts else _BELOW
        if weighed.actual_after is not None and weighed.actual_after < self.least:
            doubts |= _UNMET
        return _DOUBTED[doubts] if doubts else _REACHED

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"field": self.choice.field, "threshold": self.least}
        weighed = weigh(self.choice, read)
        if weighed.judged is None:
            yield {**values, "code": answer.codes[0]}
            return
        figure = weighed.judged.figure
        values |= _values_of(figure)
        values["basis"] = figure.basis if self.choice.basis else None
        for code in answer.codes:
            more: dict[str, Any] = {"code": code}
            if code is C.AMOUNT_BELOW:
                more["lacks_yuan"] = self.least - weighed.yuan
            elif code is C.SOURCE_TO_COME:
                more["accepted_sources"] = self.choice.sources
            elif code is C.COMMITMENT_UNMET:
                more["lacks_yuan"] = self.least - (weighed.actual_after or 0)
            yield {**values, **more}


_REACHED = said(True, False, C.AMOUNT_REACHED)
_BELOW = said(False, True, C.AMOUNT_BELOW)
_BELOW_DOUBTED = said(False, None, C.AMOUNT_BELOW)


def _values_of(figure: Figure) -> dict[str, Any]:
    values: dict[str, Any] = {
        "value": figure.yuan,
        "qualifier": figure.qualifier,
        "source": figure.source,
        "on": figure.on,
        "document": figure.document,
    }
    if figure.currency != CNY:
        values |= {
            "amount": figure.amount,
            "currency": figure.currency,
            "rate": figure.rate,
            "rate_on": figure.rate_on,
        }
    return values


# ---------------------------------------------------------------- rankings

Standing = tuple[ReasonCode, RankingMembership]

_UNPROVED = frozenset({C.RANKING_UNCONFIRMED, C.SHAREHOLDING_UNKNOWN, C.SIGNING_DAY_MISSING})
_NEVER_NEAR = said(False, True, C.RANKING_NONE)


class RankingQuestion:
    """Met by a confirmed, dated membership; the bureau's own word is not even evidence to come."""

    def __init__(self, clause: RankingClause, editions: Iterable[Edition]) -> None:
        self.clause = clause
        self.editions = frozenset(e for e in editions if e.list_code in clause.lists)

    def say(self, read: Read) -> Said:
        if not read.lead.rankings:
            return _NEVER_NEAR
        codes = [code for code, _ in self._standings(read)]
        if not codes:
            return _NEVER_NEAR
        if C.RANKED in codes:
            return said(True, False, *(code for code in codes if code is C.RANKED))
        unmet = None if _UNPROVED.intersection(codes) else True
        pending = [code for code in codes if code is C.SIGNING_DAY_MISSING]
        return said(None, unmet, *pending) if pending else said(False, unmet, *codes)

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        told = [each for each in self._standings(read) if each[0] in answer.codes]
        for code, member in told:
            yield {
                "code": code,
                "on": member.published_on,
                "document": member.document,
                "list_code": member.list_code,
                "edition_year": member.edition_year,
                "company": member.company,
                "shareholding": member.shareholding,
                "min_shareholding": self.clause.min_shareholding,
            }
        if not told:
            yield {"code": C.RANKING_NONE}

    def _standings(self, read: Read) -> Iterator[Standing]:
        """How the lead stands on each list it was ever near."""
        for list_code in self.clause.lists:
            named = [m for m in read.lead.rankings if m.list_code == list_code]
            if named:
                yield self._standing(named, read)

    def _standing(self, named: Sequence[RankingMembership], read: Read) -> Standing:
        dated = [m for m in named if m.is_confirmed and m.published_on is not None]
        if not dated:
            return C.RANKING_UNCONFIRMED, max(named, key=_recency)
        signing, policy = read.signing, self.clause.edition_policy
        if signing is None:
            return self._in_force(dated, read.on)
        if policy is EditionPolicy.SIGNING_YEAR:
            found = self._of_year(dated, signing.day.year, read.on)
        else:
            found = self._in_force(dated, signing.day)
            if policy is EditionPolicy.SIGNING_OR_LATEST and found[0] is not C.RANKED:
                # The newest edition decides, whatever the signing day was.
                return self._in_force(dated, read.on)
        if found[0] is C.RANKED and signing.on is None:
            return C.SIGNING_DAY_MISSING, found[1]
        return found

    def _in_force(self, dated: Sequence[RankingMembership], day: date) -> Standing:
        published = [m for m in dated if _recency(m)[0] <= day]
        if not published:
            return C.RANKING_NOT_YET_PUBLISHED, min(dated, key=_recency)
        member = max(published, key=_recency)
        in_force = max(
            (e.published_on, e.year)
            for e in (*self.editions, *_editions(dated))
            if e.list_code == member.list_code and e.published_on <= day
        )
        if (member.published_on, member.edition_year) != in_force:
            return C.RANKING_OUTDATED, member
        return self._weighed(member), member

    def _of_year(self, dated: Sequence[RankingMembership], year: int, on: date) -> Standing:
        meant = [m for m in dated if m.edition_year == year]
        if not meant:
            return C.RANKING_OUTDATED, max(dated, key=_recency)
        member = max(meant, key=_recency)
        if _recency(member)[0] > on:
            return C.RANKING_NOT_YET_PUBLISHED, member
        return self._weighed(member), member

    def _weighed(self, member: RankingMembership) -> ReasonCode:
        share = member.shareholding
        if share is None or not 0 <= share <= 1:
            return C.SHAREHOLDING_UNKNOWN
        return C.RANKED if share >= self.clause.min_shareholding else C.SHAREHOLDING_LOW


def _editions(members: Iterable[RankingMembership]) -> Iterator[Edition]:
    """Editions known from the lead's own memberships."""
    for member in members:
        if member.published_on is not None:
            yield Edition(member.list_code, member.edition_year, member.published_on)


def _recency(member: RankingMembership) -> tuple[date, int, Decimal, str]:
    """Newest edition last; of several ways into the same edition the largest share last."""
    share = Decimal(-1) if member.shareholding is None else member.shareholding
    return member.published_on or date.min, member.edition_year, share, repr(member)


class FirstEntryQuestion:
    """Whether the ranked company's group comes to the district for the first time."""

    def __init__(self, clause: RankingClause) -> None:
        self.lists = clause.lists

    def say(self, read: Read) -> Said:
        if not any(m.list_code in self.lists for m in read.lead.rankings):
            return _NEVER_NEAR
        if not self._members(read):
            return said(None, None, C.ENTRY_UNKNOWN)
        if self._earlier(read) is None:
            return said(True, False, C.FIRST_ENTRY)
        return said(False, True, C.NOT_FIRST_ENTRY)

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"code": answer.codes[0]}
        if answer.codes[0] is C.NOT_FIRST_ENTRY and (earlier := self._earlier(read)) is not None:
            values |= {"on": earlier[0], "refers_to": earlier[1], "company": earlier[2]}
        yield values

    def _members(self, read: Read) -> list[RankingMembership]:
        return [m for m in read.lead.rankings if m.is_confirmed and m.list_code in self.lists]

    def _earlier(self, read: Read) -> tuple[date, int, str] | None:
        """The group's first other signing, if it was before this lead's (of one day: by number)."""
        own = (read.signing.day, read.lead.id) if read.signing else (read.on, read.lead.id)
        earlier = [
            (m.earlier_signed_on, m.earlier_lead_id, m.company)
            for m in self._members(read)
            if m.earlier_signed_on is not None
            and m.earlier_lead_id is not None
            and m.earlier_signed_on <= read.on
        ]
        first = min(earlier, default=None)
        if first is None:
            return None
        return first if read.signing is None or first[:2] < own else None


@lru_cache(maxsize=4096)
def plain_reason(
    code: ReasonCode, passed: bool | None, branch: int, is_negated: bool, is_outdone: bool
) -> Reason:
    """A reason without values; thousands of leads share a few of them."""
    return Reason(code, passed, branch, is_negated=is_negated, is_outdone=is_outdone)
