"""Does a lead meet the criteria of quotas, and why. Facts in, verdicts with all reasons out.

The verdict judges criteria only; which number a lead enters is decided by events (standing.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from crm.leads.rules import CNY, Exclusion, FigureKind, Rate, Stage, valued
from crm.quotas.rules.criteria import (
    AllOf,
    AmountClause,
    AnyOf,
    Clause,
    FactClause,
    HeadquartersClause,
    Not,
    PhysicalClause,
    RankingClause,
)
from crm.quotas.rules.facts import Edition, JudgedLead, Outcome, Reason, ReasonCode, Verdict
from crm.quotas.rules.findings import (
    PHYSICAL,
    AmountQuestion,
    FirstEntryQuestion,
    HeadquartersQuestion,
    Question,
    RankingQuestion,
    Read,
    Said,
    fact_question,
    plain_reason,
    signing_of,
)
from crm.quotas.rules.terms import QuotaTerms


def with_yuan(lead: JudgedLead, rates: Iterable[Rate], on: date) -> JudgedLead:
    """The lead with its foreign figures in yuan: at the signing day's rate once signed by ``on``,
    before (and where nobody knows the day) at the latest rate known on that day and provisional."""
    if all(f.currency == CNY and f.yuan == f.amount and not f.is_provisional for f in lead.figures):
        return lead
    signing, known = signing_of(lead, on), tuple(rates)
    signed_on = signing.on if signing else None
    figures = tuple(valued(f, known, signed_on=signed_on, today=on) for f in lead.figures)
    return lead if figures == lead.figures else replace(lead, figures=figures)


def judge(
    lead: JudgedLead, terms: QuotaTerms, on: date, editions: Iterable[Edition] = ()
) -> Verdict:
    """The verdict on a lead by the facts dated on or before ``on``; see `Judging`."""
    return _judging(terms, on, frozenset(editions)).of(lead)[0]


@lru_cache(maxsize=64)
def _judging(terms: QuotaTerms, on: date, editions: frozenset[Edition]) -> "Judging":
    return Judging([terms], on, editions)


# ---------------------------------------------------------------- the tree as it is asked


@dataclass(frozen=True, slots=True)
class _Ask:
    """A leaf: which question, and whether the criteria ask that it holds or that it does not."""

    question: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Parts of which one is enough, or all are needed. `not` has been carried to the leaves."""

    is_any: bool
    parts: tuple["_Node", ...]


_Node = _Ask | _Group

_RANK: dict[bool | None, int] = {False: 0, None: 1, True: 2}


def _met(node: _Node, answers: Sequence[Said]) -> bool | None:
    if isinstance(node, _Ask):
        return answers[node.question].holds(wanted=node.wanted)
    found = [_met(part, answers) for part in node.parts]
    return (max if node.is_any else min)(found, key=_RANK.__getitem__)


class _Ruling:
    """What a quota makes of a pattern of answers; the same for every lead with that pattern."""

    __slots__ = ("alternatives", "branch", "outcome")

    def __init__(self, alternatives: Sequence[_Node], answers: Sequence[Said]) -> None:
        self.alternatives = alternatives
        found = [_met(node, answers) for node in alternatives]
        best = max(found, key=_RANK.__getitem__)
        self.outcome = {True: Outcome.COUNTS, None: Outcome.PENDING, False: Outcome.NO}[best]
        self.branch = None if best is False else found.index(best)


class _Told(Verdict):
    """A verdict whose reasons are made when somebody reads them."""

    __slots__ = ("_answers", "_asked", "_barred", "_read", "_ruling")

    def __init__(
        self,
        read: Read,
        asked: Sequence[Question],
        answers: Sequence[Said],
        ruling: _Ruling,
        barred: tuple[Reason, ...],
    ) -> None:
        self._read, self._asked, self._answers = read, asked, answers
        self._ruling, self._barred, self._reasons = ruling, barred, None
        if barred:
            self.outcome, self.branch = Outcome.NO, None
        else:
            self.outcome, self.branch = ruling.outcome, ruling.branch

    @property
    def lead_id(self) -> int:
        return self._read.lead.id

    @property
    def title(self) -> str:
        return self._read.lead.title

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What bars the lead as a whole, then every clause in the order of the criteria."""
        if self._reasons is None:
            told = list(self._barred)
            for branch, node in enumerate(self._ruling.alternatives):
                for ask, is_outdone in self._asks(node):
                    told += self._reasons_of(ask, branch, is_outdone=is_outdone)
            self._reasons = tuple(told)
        return self._reasons

    @property
    def miss(self) -> Reason | None:
        if self.outcome is not Outcome.NO or self._barred:
            return None
        misses = [
            self._miss_of(node, branch) for branch, node in enumerate(self._ruling.alternatives)
        ]
        return min((m for m in misses if m is not None), key=_lack, default=None)

    def _asks(self, node: _Node, *, is_outdone: bool = False) -> Iterable[tuple[_Ask, bool]]:
        if isinstance(node, _Ask):
            yield node, is_outdone
            return
        found = [_met(part, self._answers) for part in node.parts]
        best = max(found, key=_RANK.__getitem__)
        for part, met in zip(node.parts, found, strict=True):
            yield from self._asks(part, is_outdone=is_outdone or (node.is_any and met is not best))

    def _reasons_of(self, ask: _Ask, branch: int, *, is_outdone: bool = False) -> list[Reason]:
        answer = self._answers[ask.question]
        passed = answer.holds(wanted=ask.wanted)
        told = []
        for values in self._asked[ask.question].tell(self._read, answer):
            if len(values) == 1:
                told.append(
                    plain_reason(values["code"], passed, branch, not ask.wanted, is_outdone)
                )
            else:
                told.append(
                    Reason(
                        passed=passed,
                        branch=branch,
                        is_negated=not ask.wanted,
                        is_outdone=is_outdone,
                        **values,
                    )
                )
        return told

    def _miss_of(self, node: _Node, branch: int) -> Reason | None:
        """The amount that alone keeps this part from being met, if an amount alone does."""
        if isinstance(node, _Ask):
            answer = self._answers[node.question]
            if not node.wanted or answer.codes != (ReasonCode.AMOUNT_BELOW,):
                return None
            return self._reasons_of(node, branch)[0]
        failed = [part for part in node.parts if _met(part, self._answers) is False]
        misses = [self._miss_of(part, branch) for part in failed]
        known = [miss for miss in misses if miss is not None]
        if node.is_any:
            return min(known, key=_lack, default=None)
        return max(known, key=_lack) if known and len(known) == len(failed) else None


def _lack(reason: Reason) -> int:
    return reason.lacks_yuan or 0


# ---------------------------------------------------------------- judging


class Judging:
    """Quotas that judge leads together, by the facts dated on or before ``on``.

    What several of them ask alike is asked once of each lead, and leads that answer alike are
    ruled on once: a district has thousands of leads and few patterns.

    ``editions`` are all published editions of the lists the criteria name: membership in an older
    edition ends when a newer one appears without the company. Editions known only from the lead's
    own memberships are added by themselves.
    """

    def __init__(
        self, quotas: Sequence[QuotaTerms], on: date, editions: Iterable[Edition] = ()
    ) -> None:
        self._on = on
        self._editions = frozenset(editions)
        self._numbers: dict[Any, int] = {}
        self._asked: list[Question] = []
        # Quotas alike in what they ask of a lead (the same criteria in another year) are one.
        self._slots: list[int] = []
        self._trees: list[tuple[_Node, ...]] = []
        self._barring: list[frozenset[Exclusion]] = []
        known: dict[tuple[Clause, int, frozenset[Exclusion]], int] = {}
        for terms in quotas:
            key = terms.criteria, terms.about_margin_percent, terms.exclusions
            if key not in known:
                known[key] = len(self._trees)
                self._trees.append(self._alternatives(terms))
                self._barring.append(terms.exclusions)
            self._slots.append(known[key])
        self._say = [question.say for question in self._asked]
        self._rulings: dict[tuple[Said, ...], list[_Ruling]] = {}

    def of(self, lead: JudgedLead) -> list[Verdict]:
        """The verdicts on a lead, in the order of the quotas."""
        read = Read(lead, self._on)
        answers = tuple([say(read) for say in self._say])
        rulings = self._rulings.get(answers)
        if rulings is None:
            rulings = [_Ruling(tree, answers) for tree in self._trees]
            self._rulings[answers] = rulings
        asked = self._asked
        if lead.exclusion is None and lead.contract_lead_id is None and lead.stage not in _ENDED:
            found = [_Told(read, asked, answers, ruling, ()) for ruling in rulings]
        else:
            found = [
                _Told(read, asked, answers, ruling, _bars(lead, barring))
                for ruling, barring in zip(rulings, self._barring, strict=True)
            ]
        return [found[slot] for slot in self._slots]

    def _alternatives(self, terms: QuotaTerms) -> tuple[_Node, ...]:
        """The top of the tree is taken apart: a verdict names the alternative that decided."""
        criteria = terms.criteria
        parts = criteria.of if isinstance(criteria, AnyOf) else (criteria,)
        return tuple(self._node(part, terms.about_margin_percent) for part in parts)

    def _node(self, clause: Clause, margin: int, *, wanted: bool = True) -> _Node:
        match clause:
            case Not():
                return self._node(clause.of, margin, wanted=not wanted)
            case AnyOf() | AllOf():
                parts = tuple(self._node(part, margin, wanted=wanted) for part in clause.of)
                return _Group(isinstance(clause, AnyOf) is wanted, parts)
            case PhysicalClause():
                return self._ask(clause, PHYSICAL, wanted)
            case HeadquartersClause():
                return self._ask(clause, HeadquartersQuestion(clause), wanted)
            case FactClause():
                return self._ask(clause, fact_question(clause), wanted)
            case AmountClause():
                return self._ask((clause, margin), AmountQuestion(clause, margin), wanted)
            case RankingClause():
                return self._ranking(clause, margin, wanted=wanted)

    def _ranking(self, clause: RankingClause, margin: int, *, wanted: bool) -> _Node:
        """Being on a list, and what the clause asks besides, each with its own reason."""
        alone = replace(clause, min_investment_yuan=0, first_entry=False)
        parts = [self._ask(alone, RankingQuestion(alone, self._editions), wanted)]
        if clause.min_investment_yuan:
            amount = AmountClause(FigureKind.TOTAL_INVESTMENT, clause.min_investment_yuan)
            parts.append(self._ask((amount, margin), AmountQuestion(amount, margin), wanted))
        if clause.first_entry:
            parts.append(self._ask(("first", clause.lists), FirstEntryQuestion(clause), wanted))
        return parts[0] if len(parts) == 1 else _Group(not wanted, tuple(parts))

    def _ask(self, key: Any, question: Question, wanted: bool) -> _Ask:
        number = self._numbers.setdefault(key, len(self._asked))
        if number == len(self._asked):
            self._asked.append(question)
        return _Ask(number, wanted)


_ENDED = frozenset({Stage.LOST, Stage.TRANSFERRED})


def _bars(lead: JudgedLead, barring: frozenset[Exclusion]) -> tuple[Reason, ...]:
    """What keeps a lead out whatever its size."""
    bars = []
    if lead.stage is Stage.LOST:
        bars.append(Reason(ReasonCode.LOST, passed=False))
    if lead.stage is Stage.TRANSFERRED:
        bars.append(Reason(ReasonCode.TRANSFERRED, passed=False))
    if lead.exclusion is not None and lead.exclusion in barring:
        bars.append(Reason(ReasonCode.EXCLUDED, passed=False, exclusion=lead.exclusion))
    if lead.contract_lead_id is not None and lead.contract_lead_id != lead.id:
        bars.append(
            Reason(ReasonCode.PHASE_OF_CONTRACT, passed=False, refers_to=lead.contract_lead_id)
        )
    return tuple(bars)
