"""What a single clause says of a lead: met or not, why, and the facts it was read from.

Each clause of the criteria becomes a question that is asked once per lead, however many quotas ask
it. The answer (`Said`) is one of few, so that judging thousands of leads compares answers instead
of making sentences; the reasons with their values are made of it when somebody wants to read them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
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
    AmountClause,
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


_NO_SIGNING = frozenset({AgreementType.FRAMEWORK, AgreementType.INTENT})


class Read:
    """A lead as the questions read it on a day."""

    __slots__ = ("by_kind", "lead", "on", "signing", "weighed")

    def __init__(self, lead: JudgedLead, on: date) -> None:
        self.lead, self.on = lead, on
        self.signing = signing_of(lead, on) if lead.milestones else None
        by_kind: dict[FigureKind, list[Figure]] = {}
        for figure in lead.figures:
            if figure.on <= on:
                if figure.kind in by_kind:
                    by_kind[figure.kind].append(figure)
                else:
                    by_kind[figure.kind] = [figure]
        self.by_kind = by_kind
        self.weighed: dict[FigureChoice, Weighed] = {}


class Question(Protocol):
    """A clause as it is asked. `say` decides; `tell` gives the values of each code it said."""

    def say(self, read: Read) -> Said: ...

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]: ...


# ---------------------------------------------------------------- facts that are a choice


class FactQuestion:
    """A fact whose every value has its answer already."""

    def __init__(
        self, name: str, answers: Mapping[object, Said], otherwise: Said, values: dict[str, Any]
    ) -> None:
        self.name, self.answers, self.otherwise, self.values = name, answers, otherwise, values

    def say(self, read: Read) -> Said:
        return self.answers.get(getattr(read.lead, self.name), self.otherwise)

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values = dict(self.values)
        if values:
            values["fact_value"] = getattr(read.lead, self.name)
        yield {"code": answer.codes[0], **values}


PHYSICAL = FactQuestion(
    "is_physical",
    {True: said(True, False, C.PHYSICAL), False: said(False, True, C.NOT_PHYSICAL)},
    said(None, None, C.PHYSICAL_UNSET),
    {},
)


def fact_question(clause: FactClause) -> FactQuestion:
    """Unset is evidence to come, whichever way it is asked."""
    accepted = said(True, False, C.FACT_ACCEPTED)
    return FactQuestion(
        clause.fact.value,
        {None: said(None, None, C.FACT_UNSET), **dict.fromkeys(clause.of, accepted)},
        said(False, True, C.FACT_OTHER),
        {"fact": clause.fact, "accepted": clause.of},
    )


class HeadquartersQuestion:
    """Unset is not met: a title with 总部 in it is a hint, and hints never count."""

    def __init__(self, clause: HeadquartersClause) -> None:
        self.types = clause.types

    def say(self, read: Read) -> Said:
        lead = read.lead
        if lead.is_headquarters is None:
            return said(False, None, C.HEADQUARTERS_UNCONFIRMED)
        if not lead.is_headquarters:
            return said(False, True, C.NOT_HEADQUARTERS)
        if not self.types or lead.headquarters_type in self.types:
            return said(True, False, C.HEADQUARTERS)
        if lead.headquarters_type is None:
            return said(None, None, C.HEADQUARTERS_TYPE_UNSET)
        return said(False, True, C.HEADQUARTERS_TYPE_OTHER)

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"code": answer.codes[0]}
        if self.types:
            values |= {"accepted": self.types, "fact_value": read.lead.headquarters_type}
        yield values


# ---------------------------------------------------------------- amounts


@dataclass(frozen=True, slots=True)
class FigureChoice:
    """Which figure of a lead is meant, whatever threshold it is held against."""

    field: FigureKind
    basis: tuple[Basis, ...]
    sources: tuple[FigureSource, ...]


class Weighed:
    """The figure that judges, and every doubt about it that no threshold changes.

    ``flaw`` is the answer where there is nothing to compare; ``actual_after`` the smallest actual
    revenue (whole yuan) of a later year than the committed revenue that judges.
    """

    __slots__ = ("actual_after", "doubts", "flaw", "is_about", "judged", "yuan")

    def __init__(self, judged: JudgedFigure | None, flaw: Said | None = None) -> None:
        self.judged, self.flaw = judged, flaw
        self.yuan = 0
        self.doubts: tuple[ReasonCode, ...] = ()
        self.is_about = False
        self.actual_after: int | None = None


NOTHING = Weighed(None, said(False, None, C.AMOUNT_MISSING))
_ORDER = {
    code: position
    for position, code in enumerate(
        (
            C.AMOUNT_EXPECTED,
            C.AMOUNT_STATED,
            C.AMOUNT_ABOUT,
            C.AMOUNT_PROVISIONAL,
            C.BASIS_MISSING,
            C.SOURCE_TO_COME,
            C.COMMITMENT_UNMET,
        )
    )
}


def weigh(choice: FigureChoice, read: Read) -> Weighed:
    """The lead's figure for a choice, found once however many thresholds ask."""
    figures = read.by_kind.get(choice.field)
    if figures is None:
        return NOTHING
    if choice in read.weighed:
        return read.weighed[choice]
    found = read.weighed[choice] = _weigh(choice, figures, read)
    return found


def _weigh(choice: FigureChoice, figures: Sequence[Figure], read: Read) -> Weighed:
    based = (
        [f for f in figures if f.basis is None or f.basis in choice.basis]
        if choice.basis
        else figures
    )
    sourced = (
        [f for f in based if f.source in choice.sources] if choice.sources and based else based
    )
    signed = read.signing is not None
    judged = judged_figure(sourced or based or figures, choice.field, signed=signed, on=read.on)
    if judged is None:
        return NOTHING
    if not based:
        return Weighed(judged, said(False, None, C.BASIS_NOT_ACCEPTED))
    figure = judged.figure
    if figure.yuan is None:
        return Weighed(judged, said(None, None, C.AMOUNT_WITHOUT_RATE))
    weighed = Weighed(judged)
    weighed.yuan = figure.yuan
    weighed.is_about = figure.qualifier is Qualifier.ABOUT
    doubts = []
    if judged.standing is FigureStanding.EXPECTED:
        doubts.append(C.AMOUNT_EXPECTED)
    elif judged.standing is FigureStanding.STATED:
        doubts.append(C.AMOUNT_STATED)
    if figure.is_provisional:
        doubts.append(C.AMOUNT_PROVISIONAL)
    if choice.basis and figure.basis is None:
        doubts.append(C.BASIS_MISSING)
    if not sourced:
        doubts.append(C.SOURCE_TO_COME)
    weighed.doubts = tuple(doubts)
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

    def __init__(self, clause: AmountClause, about_margin_percent: int) -> None:
        self.choice = FigureChoice(clause.field, clause.basis, clause.sources)
        self.least = clause.at_least_yuan
        self.about_width = clause.at_least_yuan * about_margin_percent

    def say(self, read: Read) -> Said:
        weighed = weigh(self.choice, read)
        if weighed.flaw is not None:
            return weighed.flaw
        lacks = self.least - weighed.yuan
        # 约 leaves open on which side of the threshold the amount lies.
        at_about = weighed.is_about and abs(lacks) * 100 <= self.about_width
        if lacks > 0 and not at_about:
            return _BELOW_DOUBTED if weighed.doubts else _BELOW
        doubts = weighed.doubts
        if at_about:
            doubts += (C.AMOUNT_ABOUT,)
        if weighed.actual_after is not None and weighed.actual_after < self.least:
            doubts += (C.COMMITMENT_UNMET,)
        return said(None, None, *doubts) if doubts else _REACHED

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"field": self.choice.field, "threshold": self.least}
        weighed = weigh(self.choice, read)
        if weighed.judged is None:
            yield {**values, "code": answer.codes[0]}
            return
        figure = weighed.judged.figure
        values |= _values_of(figure)
        values["basis"] = figure.basis if self.choice.basis else None
        for code in sorted(answer.codes, key=lambda code: _ORDER.get(code, 0)):
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
