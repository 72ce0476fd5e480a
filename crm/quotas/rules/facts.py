"""What a quota reads of a lead, and what it answers: facts, reasons, verdict."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from crm.leads.rules import (
    AgreementType,
    Exclusion,
    Figure,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Path,
    Qualifier,
    Stage,
)


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
    PHYSICAL = "physical"
    NOT_PHYSICAL = "not_physical"
    PHYSICAL_UNSET = "physical_unset"
    HEADQUARTERS = "headquarters"
    NOT_HEADQUARTERS = "not_headquarters"
    HEADQUARTERS_UNCONFIRMED = "headquarters_unconfirmed"
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
    """

    list_code: str
    edition_year: int
    published_on: date | None
    shareholding: Decimal | None
    is_confirmed: bool
    document: str | None = None
    company: str = ""


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
    """Everything a quota reads of a lead. Foreign figures need their yuan: see with_yuan."""

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
    exclusion: Exclusion | None = None
    contract_lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding. ``passed`` is None where evidence is to come.

    ``branch`` numbers the alternative of the criteria it belongs to (None: it bars the lead as a
    whole); ``value``, ``threshold`` and ``lacks_yuan`` are whole yuan.
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """``branch`` is the alternative that decided; ``miss`` the amount a NO falls short by, if
    that amount alone stands in the way."""

    lead_id: int
    title: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    branch: int | None = None
    miss: Reason | None = None

    @property
    def lacks(self) -> int | None:
        """Yuan short of the nearest threshold; None where more than an amount is missing."""
        return self.miss.lacks_yuan if self.miss else None
