"""What goes into a forecast and what comes out of it. The method is told in docs/forecast.md."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crm.leads.rules.stages import Path, Stage


class Ending(StrEnum):
    """How a stay in a stage ended. RETURNED went back a stage; a parked lead ADVANCEs by coming back."""

    ADVANCE = "advance"
    LOST = "lost"  # transferred to another district counts as lost to us
    PARKED = "parked"
    RETURNED = "returned"


class Assumed(StrEnum):
    """What somebody supposes of a lead in a what-if."""

    SIGNED = "signed"  # the counting event is reached; the other two gates still stand
    LOST = "lost"


class Flag(StrEnum):
    """What a reader must know about a forecast before its figures."""

    TOO_FEW_TRANSITIONS = "too_few_transitions"  # no percentage, only range and names
    FLAT_MONTHS = "flat_months"  # under two years of history: no month factor
    LABELLED_PRIOR_ARRIVALS = "labelled_prior_arrivals"  # 尚未入库 is an assumption, not history
    NO_ARRIVALS = "no_arrivals"  # nothing is added for projects not in the ledger yet
    CEREMONIES_JOINED = "ceremonies_joined"  # over four: the smaller ones slip together
    EXCLUSIVE_OVER_TWO = "exclusive_over_two"  # p_all is not given
    P_ALL_AT_LEAST = "p_all_at_least"  # leads count to several quotas: p_all is a lower bound


@dataclass(frozen=True, slots=True)
class Spell:
    """One stay of a lead in a stage, by event dates.

    ``known_on`` is the day the ledger learned of it (time before is not observed: left truncation).
    ``ended_on`` and ``ending`` are None while it lasts. Backfilled spells (补录) train nothing.
    """

    lead_id: int
    stage: Stage
    entered_on: date
    known_on: date
    ended_on: date | None
    ending: Ending | None
    size_band: str
    path: Path | None
    chain_id: int | None
    is_backfilled: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open lead that may still count.

    ``days_in_stage`` is time already spent there. ``counts_to`` names quota codes. The two gates
    are probabilities, given the event, that amount and type still meet the criteria and that it
    is recognised. A lead that stands at or past the counting event has only these two before it.
    """

    lead_id: int
    stage: Stage
    days_in_stage: int
    size_band: str
    path: Path | None
    chain_id: int | None
    counts_to: frozenset[str]
    amount_gate: float = 1.0
    recognition_gate: float = 1.0
    ceremony_id: int | None = None
    assumed: Assumed | None = None


@dataclass(frozen=True, slots=True)
class QuotaTarget:
    """A quota of counts: ``target`` to reach by ``closes_on``, ``certain`` already recognised.

    ``event`` is the stage that counts. Quotas with the same ``exclusive_group`` share no lead
    in the official count: a lead that suits both counts once.
    """

    code: str
    target: int
    certain: int
    closes_on: date
    event: Stage = Stage.SIGNED
    exclusive_group: str | None = None


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A signing ceremony (集中签约): its leads sign then; it slips as a whole with ``p_slip``."""

    ceremony_id: int
    on: date
    p_slip: float = 0.2
    slip_days: int = 60


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Projects that counted to ``code`` and were not in the ledger at this day of their year.

    ``counts`` holds one number for each past year. Without it ``prior_mean``, a labelled
    assumption (for the rest of this period) with the weight of ``prior_years`` years.
    """

    code: str
    counts: tuple[int, ...] = ()
    prior_mean: float | None = None
    prior_years: float = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the method assumes, kept with each archived forecast. Weeks are units of evidence.

    ``u_sd`` spreads the common year factor on the logit of the weekly advance hazard; ``u`` fixes
    it (what-if). ``stage_weeks`` is the strength of the documented prior of each stage; the three
    ``…_pool_weeks`` how strongly duration, size band × form, and chain lean on what stands above
    them. ``month_factors`` (January first, mean 1) come from `month_factors`; None is flat.
    """

    u_sd: float = 0.5
    u: float | None = None
    left_out_sd: float = 1.0  # of the log pace of stays left out: nearly three times, or a third
    stage_weeks: float = 52.0
    duration_pool_weeks: float = 100.0
    form_pool_weeks: float = 150.0
    chain_pool_weeks: float = 300.0
    month_factors: tuple[float, ...] | None = None
    arrivals: tuple[Arrivals, ...] = ()
    ceremonies: tuple[Ceremony, ...] = ()
    floor: float = 1e-4  # an open lead is never nearer to 0 or 1 than this
    enough_transitions: int = 20
    aim: float = 0.8  # what `Needed` tries to reach
    movers: int = 10


@dataclass(frozen=True, slots=True)
class Chance:
    """One lead for one quota: the three gates apart, their product (ceremony included), and the
    probability of the counting event within 30, 60 and 90 days, which is what is scored later.

    None where the lead's size band has too few resolved transitions.
    """

    lead_id: int
    code: str
    p_event: float | None
    amount_gate: float
    recognition_gate: float
    p: float | None
    within_30: float | None
    within_60: float | None
    within_90: float | None


@dataclass(frozen=True, slots=True)
class Mover:
    """How P(meet) changes if this lead is signed, and if it is lost; exact, None without percentage."""

    lead_id: int
    p: float | None
    delta_signed: float | None
    delta_lost: float | None


@dataclass(frozen=True, slots=True)
class FanPoint:
    """The count expected to stand at the end of a month: mean and 80 % band."""

    on: date
    expected: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Needed:
    """What would lift P(meet) to the aim: ``more`` typical projects in talks, or ``names`` signing.

    None where no number up to 200 (no names of the list) would do.
    """

    more: int | None
    names: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class QuotaForecast:
    """How one quota will stand at its close.

    ``p_meet`` includes projects not yet known, ``p_meet_known`` only the ledger; both count a lead
    that suits two exclusive quotas for this one. ``distribution[k]`` is P(count = first_count + k),
    arrivals included. ``not_yet_known`` is the 80 % band of arrivals alone. Without percentage
    (``thin_bands`` not empty) the probabilities are None and the distribution is empty.
    """

    code: str
    p_meet: float | None
    p_meet_known: float | None
    band80: tuple[int, int]
    expected: float
    not_yet_known: tuple[int, int]
    not_yet_known_expected: float
    first_count: int
    distribution: tuple[float, ...]
    fan: tuple[FanPoint, ...]
    movers: tuple[Mover, ...]
    needed: Needed
    thin_bands: tuple[str, ...] = ()
    flags: frozenset[Flag] = frozenset()

    def gain_of_one(self, target: int) -> float | None:
        """What one more project that counts for certain adds to P(meet): P(one less than the target).

        None without percentage.
        """
        if not self.distribution:
            return None
        short = target - 1 - self.first_count
        return self.distribution[short] if 0 <= short < len(self.distribution) else 0.0


@dataclass(frozen=True, slots=True)
class Training:
    """What the hazards learned from."""

    spells: int
    backfilled: int  # left out
    resolved: int
    exposure_weeks: float
    resolved_by_band: tuple[tuple[str, int], ...]
    years: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """All quotas, and all of them together (exclusive ones without counting a lead twice)."""

    on: date
    quotas: tuple[QuotaForecast, ...]
    p_all: float | None
    chances: tuple[Chance, ...]
    training: Training
    parameters: dict[str, object] = field(default_factory=dict)  # plain JSON, kept in the archive
    flags: frozenset[Flag] = frozenset()
