"""Does a lead meet the criteria of quotas, and why. Facts in, verdicts with all reasons out.

The verdict judges criteria only; which number a lead enters is decided by events (standing.py).
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from operator import itemgetter

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
    AmountQuestion,
    FactQuestion,
    FigureChoice,
    FirstEntryQuestion,
    HeadquartersQuestion,
    PhysicalQuestion,
    Question,
    RankingQuestion,
    Read,
    Said,
    plain_reason,
    signing_of,
)
from crm.quotas.rules.terms import QuotaTerms


def with_yuan(lead: JudgedLead, rates: Iterable[Rate], on: date) -> JudgedLead:
    """The lead with its foreign figures in yuan: at the signing day's rate once signed by ``on``,
    before (and where nobody knows the day) at the latest rate known on that day and provisional."""
    for figure in lead.figures:
        if figure.currency != CNY or figure.yuan != figure.amount or figure.is_provisional:
            break
    else:
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
    """What a quota makes of the answers to its questions; the same for all leads that answer so."""

    __slots__ = ("alternatives", "answers", "asked", "branch", "outcome")

    def __init__(
        self, alternatives: Sequence[_Node], asked: Sequence[Question], answers: Sequence[Said]
    ) -> None:
        self.alternatives, self.asked, self.answers = alternatives, asked, answers
        found = [_met(node, answers) for node in alternatives]
        best = max(found, key=_RANK.__getitem__)
        self.outcome = {True: Outcome.COUNTS, None: Outcome.PENDING, False: Outcome.NO}[best]
        self.branch = None if best is False else found.index(best)

    def reasons(self, read: Read) -> Iterator[Reason]:
        """Every clause in the order of the criteria."""
        for branch, node in enumerate(self.alternatives):
            for ask, is_outdone in self._asks(node):
                yield from self._told(ask, read, branch, is_outdone=is_outdone)

    def miss(self, read: Read) -> Reason | None:
        """The smallest amount that alone keeps an alternative from being met."""
        misses = [self._miss(node, read, branch) for branch, node in enumerate(self.alternatives)]
        return min((each for each in misses if each is not None), key=_lack, default=None)

    def _asks(self, node: _Node, *, is_outdone: bool = False) -> Iterator[tuple[_Ask, bool]]:
        if isinstance(node, _Ask):
            yield node, is_outdone
            return
        found = [_met(part, self.answers) for part in node.parts]
        best = max(found, key=_RANK.__getitem__)
        for part, met in zip(node.parts, found, strict=True):
            yield from self._asks(part, is_outdone=is_outdone or (node.is_any and met is not best))

    def _told(
        self, ask: _Ask, read: Read, branch: int, *, is_outdone: bool = False
    ) -> Iterator[Reason]:
        answer = self.answers[ask.question]
        passed, is_negated = answer.holds(wanted=ask.wanted), not ask.wanted
        for values in self.asked[ask.question].tell(read, answer):
            if len(values) == 1:
                yield plain_reason(values["code"], passed, branch, is_negated, is_outdone)
            else:
                yield Reason(
                    passed=passed,
                    branch=branch,
                    is_negated=is_negated,
                    is_outdone=is_outdone,
                    **values,
                )

    def _miss(self, node: _Node, read: Read, branch: int) -> Reason | None:
        if isinstance(node, _Ask):
            is_short = self.answers[node.question].codes == (ReasonCode.AMOUNT_BELOW,)
            return next(self._told(node, read, branch)) if node.wanted and is_short else None
        failed = [part for part in node.parts if _met(part, self.answers) is False]
        misses = [self._miss(part, read, branch) for part in failed]
        known = [miss for miss in misses if miss is not None]
        if node.is_any:
            return min(known, key=_lack, default=None)
        return max(known, key=_lack) if known and len(known) == len(failed) else None


def _lack(reason: Reason) -> int:
    return reason.lacks_yuan or 0


class _Told(Verdict):
    """A verdict whose reasons are made when somebody reads them.

    A district has a million of them, so it holds what the others hold too: the lead as it was
    read, the ruling on its pattern of answers, and where something bars the lead as a whole
    (``barring``) what the quota excludes.
    """

    __slots__ = ("_barring", "_read", "_reasons", "_ruling")

    def __init__(self, read: Read, ruling: _Ruling, barring: frozenset[Exclusion] | None) -> None:
        self._read, self._ruling, self._barring = read, ruling, barring
        self._reasons: tuple[Reason, ...] | None = None

    @property
    def lead_id(self) -> int:
        return self._read.lead.id

    @property
    def title(self) -> str:
        return self._read.lead.title

    @property
    def outcome(self) -> Outcome:
        return self._ruling.outcome if self._barring is None else Outcome.NO

    @property
    def branch(self) -> int | None:
        return self._ruling.branch if self._barring is None else None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What bars the lead as a whole, then every clause."""
        if self._reasons is None:
            bars = () if self._barring is None else _bars(self._read.lead, self._barring)
            self._reasons = (*bars, *self._ruling.reasons(self._read))
        return self._reasons

    @property
    def miss(self) -> Reason | None:
        if self.outcome is not Outcome.NO or self._barring is not None:
            return None
        return self._ruling.miss(self._read)


# ---------------------------------------------------------------- judging


class _Bench:
    """One quota's questions, and every ruling it has given."""

    def __init__(self, terms: QuotaTerms) -> None:
        self.exclusions = terms.exclusions
        self.numbers: list[int] = []  # of its questions, among all that are asked
        self.alternatives: tuple[_Node, ...] = ()
        self.rulings: dict[tuple[Said, ...], _Ruling] = {}


class Judging:
    """Quotas that judge leads together, by the facts dated on or before ``on``.

    What several of them ask alike is asked once of each lead, and leads that answer a quota alike
    are ruled on once: a district has thousands of leads and few patterns.

    ``editions`` are all published editions of the lists the criteria name: membership in an older
    edition ends when a newer one appears without the company. Editions known only from the lead's
    own memberships are added by themselves.
    """

    def __init__(
        self, quotas: Sequence[QuotaTerms], on: date, editions: Iterable[Edition] = ()
    ) -> None:
        self._on = on
        self._editions = frozenset(editions)
        self._asked: list[Question] = []
        self._numbers: dict[Hashable, int] = {}
        self._choices: dict[Hashable, FigureChoice] = {}
        # Quotas alike in what they ask of a lead (the same criteria in another year) are one.
        self._benches: dict[Hashable, _Bench] = {}
        self._slots: list[int] = []
        for terms in quotas:
            key = terms.criteria, terms.about_margin_percent, terms.exclusions
            if key not in self._benches:
                self._benches[key] = self._bench(terms)
            self._slots.append(list(self._benches).index(key))
        self._say = [question.say for question in self._asked]
        self._rule = [
            (bench, _picker(bench.numbers), bench.rulings) for bench in self._benches.values()
        ]

    def of(self, lead: JudgedLead) -> list[Verdict]:
        """The verdicts on a lead, in the order of the quotas."""
        read = Read(lead, self._on)
        answers = [say(read) for say in self._say]
        is_free = (
            lead.exclusion is None and lead.contract_lead_id is None and lead.stage not in _ENDED
        )
        found: list[Verdict] = []
        for bench, pick, rulings in self._rule:
            pattern = pick(answers)
            ruling = rulings.get(pattern)
            if ruling is None:
                asked = [self._asked[number] for number in bench.numbers]
                ruling = rulings[pattern] = _Ruling(bench.alternatives, asked, pattern)
            is_barred = not is_free and any(_bars(lead, bench.exclusions))
            found.append(_Told(read, ruling, bench.exclusions if is_barred else None))
        read.weighed = None  # weighed again where somebody reads the reasons
        return [found[slot] for slot in self._slots]

    def _bench(self, terms: QuotaTerms) -> _Bench:
        """The top of the tree is taken apart: a verdict names the alternative that decided."""
        bench = _Bench(terms)
        criteria = terms.criteria
        parts = criteria.of if isinstance(criteria, AnyOf) else (criteria,)
        margin = terms.about_margin_percent
        bench.alternatives = tuple(self._node(part, bench, margin, wanted=True) for part in parts)
        return bench

    def _node(self, clause: Clause, bench: _Bench, margin: int, *, wanted: bool) -> _Node:
        def ask(key: Hashable, question: Question) -> _Ask:
            return self._ask(key, question, bench, wanted=wanted)

        match clause:
            case Not():
                return self._node(clause.of, bench, margin, wanted=not wanted)
            case AnyOf() | AllOf():
                parts = [self._node(part, bench, margin, wanted=wanted) for part in clause.of]
                return _Group(isinstance(clause, AnyOf) is wanted, tuple(parts))
            case PhysicalClause():
                return ask(clause, PhysicalQuestion())
            case HeadquartersClause():
                return ask(clause, HeadquartersQuestion(clause))
            case FactClause():
                return ask(clause, FactQuestion(clause))
            case AmountClause():
                return ask((clause, margin), self._amount(clause, margin))
            case RankingClause():
                asks: list[_Node] = []
                # Being on a list, and what the clause asks besides, each with its own reason.
                alone = replace(clause, min_investment_yuan=0, first_entry=False)
                asks.append(ask(alone, RankingQuestion(alone, self._editions)))
                if clause.min_investment_yuan:
                    amount = AmountClause(FigureKind.TOTAL_INVESTMENT, clause.min_investment_yuan)
                    asks.append(ask((amount, margin), self._amount(amount, margin)))
                if clause.first_entry:
                    asks.append(ask(("first entry", clause.lists), FirstEntryQuestion(clause)))
                return asks[0] if len(asks) == 1 else _Group(not wanted, tuple(asks))

    def _amount(self, clause: AmountClause, margin: int) -> AmountQuestion:
        key = clause.field, clause.basis, clause.sources
        choice = self._choices.setdefault(key, FigureChoice(*key))
        return AmountQuestion(choice, clause.at_least_yuan, margin)

    def _ask(self, key: Hashable, question: Question, bench: _Bench, *, wanted: bool) -> _Ask:
        number = self._numbers.setdefault(key, len(self._asked))
        if number == len(self._asked):
            self._asked.append(question)
        if number not in bench.numbers:
            bench.numbers.append(number)
        return _Ask(bench.numbers.index(number), wanted)


def _picker(numbers: Sequence[int]) -> Callable[[Sequence[Said]], tuple[Said, ...]]:
    """Takes a quota's answers out of all; with one question alone they are a tuple as well."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    only = numbers[0]
    return lambda answers: (answers[only],)


_ENDED = (Stage.LOST, Stage.TRANSFERRED)


def _bars(lead: JudgedLead, barring: frozenset[Exclusion]) -> Iterator[Reason]:
    """What keeps a lead out whatever its size."""
    if lead.stage is Stage.LOST:
        yield _LOST
    if lead.stage is Stage.TRANSFERRED:
        yield _TRANSFERRED
    if lead.exclusion is not None and lead.exclusion in barring:
        yield Reason(ReasonCode.EXCLUDED, passed=False, exclusion=lead.exclusion)
    if lead.contract_lead_id is not None and lead.contract_lead_id != lead.id:
        yield Reason(ReasonCode.PHASE_OF_CONTRACT, passed=False, refers_to=lead.contract_lead_id)


_LOST = Reason(ReasonCode.LOST, passed=False)
_TRANSFERRED = Reason(ReasonCode.TRANSFERRED, passed=False)
