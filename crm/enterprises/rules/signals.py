"""How much a sign of expansion still says: it halves every so many days. Pure."""

from datetime import date
from enum import StrEnum

HALF_LIFE_DAYS = 180
"""What coverage takes unless its settings say otherwise: after half a year a notice is half as warm."""


class SignalKind(StrEnum):
    """What was heard of a company that may soon invest (DOMAIN §3: 公告扩产, 融资, 新设子公司, 政策)."""

    EXPANSION = "expansion"
    FUNDING = "funding"
    SUBSIDIARY = "subsidiary"
    POLICY = "policy"


FULL_WEIGHT = {
    SignalKind.EXPANSION: 1.0,
    SignalKind.SUBSIDIARY: 0.8,
    SignalKind.FUNDING: 0.6,
    SignalKind.POLICY: 0.4,
}
"""On the day itself (our suggestion): a plan made public says most, a rule that suits a company least."""


def signal_weight(
    kind: SignalKind, happened_on: date, today: date, half_life_days: int = HALF_LIFE_DAYS
) -> float:
    """FULL_WEIGHT[kind] x 0.5 ** (days since / half_life_days): from 0 to 1, to four decimals.

    Raises ValueError for a day after `today`, which is no news yet, and for a half-life below a day.
    """
    days = (today - happened_on).days
    if days < 0:
        raise ValueError("a signal of a day to come")
    if half_life_days < 1:
        raise ValueError("a half-life is at least a day")
    return round(FULL_WEIGHT[kind] * float(0.5 ** (days / half_life_days)), 4)
