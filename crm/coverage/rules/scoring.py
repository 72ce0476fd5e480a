"""Whom to call for a segment: a score of named contributions, never a number without its reasons.

The model is DOMAIN §3's. Every figure in it is a weight the office sets (`crm.coverage.rules.settings`);
`docs/chains.md` tells them. A contribution of nothing is told too, where somebody would ask for it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from crm.chains.rules import NeedKind
from crm.coverage.rules.settings import CoverageSettings, Number
from crm.coverage.rules.status import Status
from crm.enterprises.rules.signals import SignalKind, signal_weight
from crm.leads.rules import ChainMove, OffRampReason, Stage


class Term(StrEnum):
    """What was found of a company under one head of the score; the words stand in wording.py."""

    # The segment.
    GAP = "gap"
    WEAK = "weak"
    FILLED = "filled"
    NOT_SOUGHT = "not_sought"
    # Rankings.
    LISTED = "listed"
    NOT_LISTED = "not_listed"
    # Anchor firms here.
    ANCHOR_PARTNER = "anchor_partner"
    ANCHOR_NEED = "anchor_need"
    NO_ANCHOR = "no_anchor"
    # Signs of expansion.
    SIGNALS = "signals"
    NO_SIGNALS = "no_signals"
    # The province.
    IN_PROVINCE = "in_province"
    AFFILIATE = "affiliate"
    NO_AFFILIATE = "no_affiliate"
    # Quotas.
    FITS_QUOTA = "fits_quota"
    FITS_NO_QUOTA = "fits_no_quota"
    # Somebody to call.
    CONTACT = "contact"
    REFERRED = "referred"
    NO_CONTACT = "no_contact"
    # What speaks against a call.
    IN_TALKS = "in_talks"
    GROUP_IN_TALKS = "group_in_talks"
    REFUSED = "refused"


class Exclusion(StrEnum):
    """Why a company is not among the targets at all, whatever its points."""

    LOCAL = "local"  # its seat is in the district, or it stands on a chain here
    SETTLED = "settled"  # a project of it at this segment is signed or registered here
    EXCLUDED_TYPE = "excluded_type"  # real estate and other types that never count
    DISMISSED = "dismissed"  # put aside for a while


class ListKind(StrEnum):
    """How much a ranking says: one that a quota counts, one of the largest firms, another one."""

    COUNTED = "counted"
    LARGE = "large"
    OTHER = "other"


class Listed(NamedTuple):
    """A place on the newest edition of a ranking, of the company or of one that holds it (`holder`)."""

    kind: ListKind
    name: str
    name_en: str | None
    year: int
    rank: int | None = None
    holder: str | None = None


class Wanted(NamedTuple):
    """An open need of an anchor firm."""

    anchor: str
    kind: NeedKind
    description: str = ""


class Sign(NamedTuple):
    """A sign of expansion."""

    kind: SignalKind
    on: date
    source: str = ""


class Weighed(NamedTuple):
    """A sign and what it still weighs, from 0 to 1."""

    sign: Sign
    weight: float


class QuotaFit(NamedTuple):
    """A quota that a project of this company may meet.

    `gain` is what one more project counted would add to the chance of meeting the quota, by the
    forecast kept last; None where none tells. `is_by_amount`: an announced amount meets it, else a
    ranking does.
    """

    code: str
    label: str
    label_en: str | None
    is_by_amount: bool = False
    gain: float | None = None


class Talk(NamedTuple):
    """An open lead of the company or its group, as far as the reader may know of it.

    `lead_id` and `title` for who sees it; otherwise the unit to ask, and of a sensitive lead (or one
    without a unit) nothing.
    """

    stage: Stage | None = None
    lead_id: int | None = None
    title: str | None = None
    unit: str | None = None


class Refusal(NamedTuple):
    """A lead of the company lost within a year, told as a `Talk` is."""

    on: date | None = None
    reason: OffRampReason | None = None
    lead_id: int | None = None
    title: str | None = None
    unit: str | None = None


class TargetFacts(NamedTuple):
    """What is known of a company as a target for a segment. `fit`: how well it suits, 0 to 100."""

    enterprise_id: int
    name: str
    segment_id: int
    status: Status
    fit: int = 0
    lists: tuple[Listed, ...] = ()
    partner_of: tuple[Wanted, ...] = ()  # needs in which an anchor firm names it
    needed_by: tuple[Wanted, ...] = ()  # open needs at the segment
    signs: tuple[Sign, ...] = ()
    is_in_province: bool | None = None  # None: nobody knows its seat
    affiliates: tuple[str, ...] = ()  # companies of its group in the province
    quotas: tuple[QuotaFit, ...] = ()
    has_contact: bool = False  # somebody there, with a telephone number
    is_referred: bool = False  # somebody recommended it
    talks: tuple[Talk, ...] = ()
    group_talks: tuple[Talk, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    region: str | None = None  # its seat's division (GB/T 2260)
    is_confirmed: bool = False  # a person has said that it suits the segment


@dataclass(frozen=True, slots=True)
class Weights:
    """Most points of each head, from the settings; those of deductions are taken away."""

    gap: int
    weak: int
    lists: dict[ListKind, int]
    partner: int
    need: int
    signals: int
    half_life_days: int
    affiliate: int
    quota: int
    contact: int
    talks: int
    group_talks: int
    refused: int


def weights_of(settings: CoverageSettings) -> Weights:
    return Weights(
        gap=settings[Number.TARGET_GAP_POINTS],
        weak=settings[Number.TARGET_WEAK_POINTS],
        lists={
            ListKind.COUNTED: settings[Number.LIST_COUNTED_POINTS],
            ListKind.LARGE: settings[Number.LIST_LARGE_POINTS],
            ListKind.OTHER: settings[Number.LIST_OTHER_POINTS],
        },
        partner=settings[Number.ANCHOR_PARTNER_POINTS],
        need=settings[Number.ANCHOR_NEED_POINTS],
        signals=settings[Number.SIGNAL_POINTS],
        half_life_days=settings[Number.SIGNAL_HALF_LIFE_DAYS],
        affiliate=settings[Number.AFFILIATE_POINTS],
        quota=settings[Number.QUOTA_FIT_POINTS],
        contact=settings[Number.CONTACT_POINTS],
        talks=settings[Number.TALKS_MINUS_POINTS],
        group_talks=settings[Number.GROUP_TALKS_MINUS_POINTS],
        refused=settings[Number.REFUSED_MINUS_POINTS],
    )


class Contribution(NamedTuple):
    """Points under one head and what they rest on: facts, as they were handed in."""

    term: Term
    points: int = 0
    behind: tuple[Any, ...] = ()


class Score(NamedTuple):
    """The points are the sum of the contributions; an excluded company keeps them and is no target."""

    facts: TargetFacts
    points: int
    contributions: tuple[Contribution, ...]

    @property
    def is_excluded(self) -> bool:
        return bool(self.facts.exclusions)


_FILLED, _NOT_SOUGHT = Contribution(Term.FILLED), Contribution(Term.NOT_SOUGHT)
_NOT_LISTED, _NO_ANCHOR = Contribution(Term.NOT_LISTED), Contribution(Term.NO_ANCHOR)
_NO_SIGNALS, _NO_AFFILIATE = Contribution(Term.NO_SIGNALS), Contribution(Term.NO_AFFILIATE)
_FITS_NO_QUOTA, _NO_CONTACT = Contribution(Term.FITS_NO_QUOTA), Contribution(Term.NO_CONTACT)


def score(facts: TargetFacts, weights: Weights, today: date) -> Score:
    """What speaks for and against calling this company about this segment.

    Another list, sign or contact never lowers it, an open talk or a refusal never raises it.
    """
    # Most have nothing under most heads, which is then said without asking.
    found: tuple[Contribution, ...] = (
        _segment(facts, weights),
        _lists(facts, weights) if facts.lists else _NOT_LISTED,
        _anchors(facts, weights) if facts.partner_of or facts.needed_by else _NO_ANCHOR,
        _signals(facts, weights, today) if facts.signs else _NO_SIGNALS,
        _province(facts, weights),
        Contribution(Term.FITS_QUOTA, weights.quota, facts.quotas)
        if facts.quotas
        else _FITS_NO_QUOTA,
        _contact(facts, weights),
    )
    if facts.talks or facts.group_talks or facts.refusals:
        found = (*found, *_against(facts, weights))
    return Score(facts, sum(each.points for each in found), found)


def _segment(facts: TargetFacts, weights: Weights) -> Contribution:
    match facts.status:
        case Status.GAP:
            return Contribution(Term.GAP, weights.gap)
        case Status.WEAK:
            return Contribution(Term.WEAK, weights.weak)
        case Status.NOT_SOUGHT:
            return _NOT_SOUGHT
        case _:
            return _FILLED


def _lists(facts: TargetFacts, weights: Weights) -> Contribution:
    """The ranking that counts most; the others are named."""
    order = sorted(
        facts.lists,
        key=lambda one: (-weights.lists[one.kind], one.holder or "", one.name, -one.year),
    )
    return Contribution(Term.LISTED, weights.lists[order[0].kind], tuple(order))


def _anchors(facts: TargetFacts, weights: Weights) -> Contribution:
    """Named by an anchor firm itself, or able to serve what one needs at the segment."""
    if facts.partner_of:
        most = max(weights.partner, weights.need if facts.needed_by else 0)
        return Contribution(Term.ANCHOR_PARTNER, most, facts.partner_of)
    return Contribution(Term.ANCHOR_NEED, weights.need, facts.needed_by)


def _signals(facts: TargetFacts, weights: Weights, today: date) -> Contribution:
    """The signs' weights added up, 1 at most: one fresh notice of expansion is enough for all points.

    A sign dated after today is no news yet and weighs nothing.
    """
    known = [each for each in facts.signs if each.on <= today]
    if not known:
        return _NO_SIGNALS
    newest = sorted(known, key=lambda one: (one.on.toordinal(), one.kind, one.source), reverse=True)
    weighed = [
        Weighed(one, signal_weight(one.kind, one.on, today, weights.half_life_days))
        for one in newest
    ]
    weight = min(sum(each.weight for each in weighed), 1)
    return Contribution(Term.SIGNALS, int(weights.signals * weight + 0.5), tuple(weighed))


def _province(facts: TargetFacts, weights: Weights) -> Contribution:
    if facts.affiliates:
        return Contribution(Term.AFFILIATE, weights.affiliate, facts.affiliates)
    if facts.is_in_province:
        return Contribution(Term.IN_PROVINCE, weights.affiliate)
    return _NO_AFFILIATE


def _contact(facts: TargetFacts, weights: Weights) -> Contribution:
    if facts.has_contact:
        return Contribution(Term.CONTACT, weights.contact)
    if facts.is_referred:
        return Contribution(Term.REFERRED, weights.contact)
    return _NO_CONTACT


def _against(facts: TargetFacts, weights: Weights) -> Iterable[Contribution]:
    """Told only where there is something; a group's talks add nothing to the company's own."""
    if facts.talks:
        most = max(weights.talks, weights.group_talks if facts.group_talks else 0)
        yield Contribution(Term.IN_TALKS, -most, facts.talks)
    elif facts.group_talks:
        yield Contribution(Term.GROUP_IN_TALKS, -weights.group_talks, facts.group_talks)
    if facts.refusals:
        yield Contribution(Term.REFUSED, -weights.refused, facts.refusals)


class Standing(NamedTuple):
    """Where a company stands for a segment, before anybody asks why. `row`: what it was read from."""

    points: int
    fit: int
    name: str
    enterprise_id: int
    segment_id: int
    is_excluded: bool = False
    row: Any = None


def order_key(one: Standing) -> tuple[int, int, str, int]:
    """Most points first, then who suits best, then by name: the same order on every machine."""
    return -one.points, -one.fit, one.name, one.enterprise_id


def ranked(everyone: Iterable[Standing], importance: dict[int, int]) -> list[Standing]:
    """One standing a company, the best one, in order.

    `importance` is a segment's weight by its id: of two segments a company suits equally well the
    weightier stands for it.
    """
    best: dict[int, Standing] = {}
    for each in everyone:
        held = best.get(each.enterprise_id)
        if held is None or _stands_before(each, held, importance):
            best[each.enterprise_id] = each
    return sorted(best.values(), key=order_key)


def _stands_before(one: Standing, other: Standing, importance: dict[int, int]) -> bool:
    def key(each: Standing) -> tuple[bool, int, int, int, int]:
        return (
            each.is_excluded,
            -each.points,
            -each.fit,
            -importance.get(each.segment_id, 0),
            each.segment_id,
        )

    return key(one) < key(other)


class Seat(StrEnum):
    """Where the companies of a list sit."""

    PROVINCE = "province"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """What a list of targets is narrowed to. It changes who is shown, never a score."""

    hides_talks: bool = False  # in talks already, the company or its group
    with_signs: bool = False
    seat: Seat | None = None

    @property
    def narrows(self) -> bool:
        return self != TargetFilter()

    def takes(self, found: Score) -> bool:
        facts = found.facts
        if self.hides_talks and (facts.talks or facts.group_talks):
            return False
        if self.with_signs and not any(each.term is Term.SIGNALS for each in found.contributions):
            return False
        return self.seat is None or self.seat is _seat(facts)


def _seat(facts: TargetFacts) -> Seat:
    if facts.is_in_province is None:
        return Seat.UNKNOWN
    return Seat.PROVINCE if facts.is_in_province else Seat.ELSEWHERE


def move_of(
    status: Status, *, stands_any_in_chain: bool, is_next_to_anchor: bool
) -> ChainMove | None:
    """建补强延 of a lead for a segment: what it would do for the chain.

    A gap is filled (补链), or the chain begun (建链) where nobody stands on it yet; where somebody
    stands already an anchor firm's supplier or customer extends the chain (延链) and everybody else
    strengthens it (强链). Nothing is proposed for a segment that is not sought.
    """
    match status:
        case Status.NOT_SOUGHT:
            return None
        case Status.GAP:
            return ChainMove.FILL if stands_any_in_chain else ChainMove.BUILD
        case _:
            return ChainMove.EXTEND if is_next_to_anchor else ChainMove.STRENGTHEN


EXCLUDED_DIVISIONS = ("70",)
"""GB/T 4754 divisions whose firms are no targets: 房地产业 (DOMAIN §2.5, exclusions)."""


def is_excluded_type(industry_code: str | None) -> bool:
    return (industry_code or "").lstrip("ABCDEFGHIJKLMNOPQRST").startswith(EXCLUDED_DIVISIONS)


def kind_of_list(code: str, counted: Collection[str]) -> ListKind:
    """`counted`: the codes of the rankings that a quota of the year names."""
    if code in counted:
        return ListKind.COUNTED
    return ListKind.LARGE if code.endswith(("_500", "_100")) else ListKind.OTHER
