"""What a cell of a workbook shows of its number, by its number format."""

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, auto

EPOCH_1900 = date(1899, 12, 30)
EPOCH_1904 = date(1904, 1, 1)

# Number formats Excel has without writing them down that show a day (ECMA-376 18.8.30; 27–36 and
# 50–58 are days in the Chinese edition). Pure times of day are left out.
_BUILT_IN_DAYS = frozenset({14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, *range(50, 55), 57, 58})
_BUILT_IN_PERCENTAGES = frozenset({9, 10})
_NOISE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_LATEST_SERIAL = 2_958_465  # 9999-12-31
_LARGEST_SHARE = 1e12
_DIGITS = 10  # a file writes 0.07 as 0.070000000000000007


class Shown(Enum):
    """What a number is shown as, where that is no plain number."""

    DAY = auto()
    PERCENTAGE = auto()


def shown_by(number: str, code: str | None) -> Shown | None:
    """What a number format shows: its number in the workbook, and its code where one is written."""
    if code is not None:
        bare = _NOISE.sub("", code.split(";", 1)[0]).lower()
        if _is_day(bare):
            return Shown.DAY
        return Shown.PERCENTAGE if "%" in bare else None
    built_in = int(number) if number.isdecimal() else -1
    if built_in in _BUILT_IN_DAYS:
        return Shown.DAY
    return Shown.PERCENTAGE if built_in in _BUILT_IN_PERCENTAGES else None


def _is_day(bare: str) -> bool:
    if "general" in bare or "standard" in bare:
        return False
    has_time = "h" in bare or "s" in bare
    return "y" in bare or "d" in bare or ("m" in bare and not has_time)


def day_of(serial: float, epoch: date) -> date | None:
    """The day a number stands for; None for one that is none."""
    if not 1 <= serial <= _LATEST_SERIAL:
        return None
    days = int(serial)
    if epoch is EPOCH_1900 and days < 61:
        days += 1  # the 29th of February 1900 that Excel believes in
    try:
        return epoch + timedelta(days=days)
    except OverflowError:
        return None


def percentage_of(text: str) -> str | None:
    """The share a cell holds as it shows it, at full precision: 0.51 is 51%; None beyond all sense."""
    share = Decimal(text)
    if abs(share) >= _LARGEST_SHARE:
        return None
    return f"{round(share * 100, _DIGITS).normalize():f}%"
