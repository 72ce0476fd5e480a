"""What a quota reads of a lead, and what it answers: facts, reasons, verdict."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from crm.enterprises.rules import Ownership
from crm.leads.rules import (
    AgreementType,
    Basis,
    ChainRole,
    Exclusion,
    Figure,
    FigureKind,
    FigureSource,
    HeadquartersType,
    MilestoneKind,
    Nature,
    Origin,
    Path,
    PromotionMode,
    Qualifier,
    Stage,
)
from crm.quotas.rules.criteria import FactName


class Outcome(StrEnum):
    """可计入, 待补佐证 (the facts would do, evidence is to come), 不计入."""

    COUNTS = "counts"
    PENDING = "pending"
    NO = "no"


class ReasonCode(StrEnum):
    RANKED = "ranked"
    RANKING_NONE = "ranking_none"
    RANKING_UNCONFIRMED = "ranking_unconfirmed"
    RANKING_NOT_YET_PUBLISHED = "ranking_not_yet_published"
    RANKING_OUTDATED = "ranking_outdated"
    SHAREHOLDING_UNKNOWN = "shareholding_unknown"
    SHAREHOLDING_LOW = "shareholding_low"
    SIGNING_DAY_MISSING = "signing_day_missing"
    FIRST_ENTRY = "first_entry"
    NOT_FIRST_ENTRY = "not_first_entry"
    ENTRY_UNKNOWN = "entry_unknown"
    AMOUNT_REACHED = "amount_reached"
    AMOUNT_BELOW = "amount_below"
    AMOUNT_MISSING = "amount_missing"
    AMOUNT_EXPECTED = "amount_expected"
    AMOUNT_STATED = "amount_stated"
    AMOUNT_ABOUT = "amount_about"
    AMOUNT_PROVISIONAL = "amount_provisional"
    AMOUNT_WITHOUT_RATE = "amount_without_rate"
    BASIS_MISSING = "basis_missing"
    BASIS_NOT_ACCEPTED = "basis_not_accepted"
    SOURCE_TO_COME = "source_to_come"
    COMMITMENT_UNMET = "commitment_unmet"
    PHYSICAL = "physical"
    NOT_PHYSICAL = "not_physical"
    PHYSICAL_UNSET = "physical_unset"
    HEADQUARTERS = "headquarters"
    NOT_HEADQUARTERS = "not_headquarters"
    HEADQUARTERS_UNCONFIRMED = "headquarters_unconfirmed"
    HEADQUARTERS_TYPE_OTHER = "headquarters_type_other"
    HEADQUARTERS_TYPE_UNSET = "headquarters_type_unset"
    FACT_ACCEPTED = "fact_accepted"
    FACT_OTHER = "fact_other"
    FACT_UNSET = "fact_unset"
    EXCLUDED = "excluded"
    LOST = "lost"
    TRANSFERRED = "transferred"
    PHASE_OF_CONTRACT = "phase_of_contract"


@dataclass(frozen=True, slots=True)
class Edition:
    """One published edition of a ranking list."""

    list_code: str
    year: int
    published_on: date


@dataclass(frozen=True, slots=True)
class RankingMembership:
    """A company on an edition of a list, as a dated fact.

    ``shareholding`` is the share (0 to 1) the listed company holds in the investor, 1 where it is
    the investor itself, None where unknown. Confirmed means that a person matched the entry.
    ``earlier_lead_id`` and ``earlier_signed_on`` are the first signed project of the company's group
    in the district, other than the lead itself.
    """

    list_code: str
    edition_year: int
    published_on: date | None
    shareholding: Decimal | None
    is_confirmed: bool
    document: str | None = None
    company: str = ""
    earlier_lead_id: int | None = None
    earlier_signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class MilestoneDay:
    """A milestone as the quotas read it.

    ``on`` is the event day, None where an import stated the milestone without one; ``known_on``
    the day we learnt of it; ``stat_on`` the 统计日期 if it differs from the event day.
    """

    kind: MilestoneKind
    on: date | None
    known_on: date
    stat_on: date | None = None
    has_papers: bool = False

    @property
    def day(self) -> date:
        return self.on or self.known_on

    @property
    def counted_on(self) -> date:
        return self.stat_on or self.day

    @property
    def is_pending(self) -> bool:
        """Whether its day or its papers are still to come."""
        return self.on is None or not self.has_papers


@dataclass(frozen=True, slots=True)
class JudgedLead:
    """Everything a quota reads of a lead. Foreign figures need their yuan: see with_yuan.

    ``chain`` and ``zone`` are codes; ``ownership`` is the investor's.
    """

    id: int
    title: str
    stage: Stage
    path: Path | None = None
    agreement_type: AgreementType | None = None
    milestones: tuple[MilestoneDay, ...] = ()
    figures: tuple[Figure, ...] = ()
    rankings: tuple[RankingMembership, ...] = ()
    is_physical: bool | None = None
    is_headquarters: bool | None = None
    headquarters_type: HeadquartersType | None = None
    nature: Nature | None = None
    origin: Origin | None = None
    promotion_mode: PromotionMode | None = None
    ownership: Ownership | None = None
    chain: str | None = None
    chain_role: ChainRole | None = None
    zone: str | None = None
    exclusion: Exclusion | None = None
    contract_lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What one clause found. ``passed`` is None where evidence is to come.

    ``branch`` numbers the alternative of the criteria it belongs to (None: it bars the lead as a
    whole); ``value``, ``threshold`` and ``lacks_yuan`` are whole yuan. ``is_negated``: the criteria
    ask that this does not hold. ``is_outdone``: it belongs to an alternative inside its branch that
    is not needed, since a better one decides.
    """

    code: ReasonCode
    passed: bool | None
    branch: int | None = None
    field: FigureKind | None = None
    value: int | None = None
    threshold: int | None = None
    lacks_yuan: int | None = None
    qualifier: Qualifier | None = None
    source: FigureSource | None = None
    on: date | None = None
    document: str | None = None
    list_code: str | None = None
    edition_year: int | None = None
    company: str = ""
    shareholding: Decimal | None = None
    min_shareholding: Decimal | None = None
    exclusion: Exclusion | None = None
    refers_to: int | None = None
    basis: Basis | None = None
    accepted_sources: tuple[FigureSource, ...] = ()
    amount: int | None = None  # whole units of `currency`, where that is not the yuan
    currency: str | None = None
    rate: Decimal | None = None  # yuan per unit
    rate_on: date | None = None
    fact: FactName | None = None
    fact_value: str | None = None  # the code of the fact, or of a headquarters' type
    accepted: tuple[str, ...] = ()
    is_negated: bool = False
    is_outdone: bool = False


class Verdict(ABC):
    """The answer of one quota to one lead, with every reason.

    ``branch`` is the alternative that decided, None where nothing counts. ``miss`` is the amount a
    NO falls short by, if that amount alone stands in the way.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def lead_id(self) -> int: ...

    @property
    @abstractmethod
    def title(self) -> str: ...

    @property
    @abstractmethod
    def outcome(self) -> Outcome: ...

    @property
    @abstractmethod
    def branch(self) -> int | None: ...

    @property
    @abstractmethod
    def reasons(self) -> tuple[Reason, ...]: ...

    @property
    @abstractmethod
    def miss(self) -> Reason | None: ...

    @property
    def lacks(self) -> int | None:
        """Yuan short of the nearest threshold; None where more than an amount is missing."""
        miss = self.miss
        return miss.lacks_yuan if miss else None

    def _values(self) -> tuple[object, ...]:
        return self.lead_id, self.title, self.outcome, self.branch, self.reasons, self.miss

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdict) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        codes = ", ".join(f"{r.branch}:{r.code}:{r.passed}" for r in self.reasons)
        return f"<Verdict {self.lead_id} {self.outcome} {codes}>"


class KeptVerdict(Verdict):
    """A verdict as it was kept, nothing of it to be found out."""

    __slots__ = ("_kept",)

    def __init__(
        self,
        lead_id: int,
        title: str,
        outcome: Outcome,
        reasons: tuple[Reason, ...],
        branch: int | None = None,
        miss: Reason | None = None,
    ) -> None:
        self._kept = lead_id, title, outcome, branch, reasons, miss

    @property
    def lead_id(self) -> int:
        return self._kept[0]

    @property
    def title(self) -> str:
        return self._kept[1]

    @property
    def outcome(self) -> Outcome:
        return self._kept[2]

    @property
    def branch(self) -> int | None:
        return self._kept[3]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self._kept[4]

    @property
    def miss(self) -> Reason | None:
        return self._kept[5]
