"""In which administrative division (GB/T 2260) a company has its seat. Pure."""

import re
from collections.abc import Iterator

from crm.enterprises.rules.names import fold_name
from crm.enterprises.rules.regions import BRACKETED, CITIES, LEADING, PROVINCES, short_region

CODE_DIGITS = 6
_JILIN_CITY = ("吉林市", "220200")
"""The one city that bears its province's name; 市 tells them apart."""
_NAMES = {code: name for name, code in (*PROVINCES.items(), *CITIES.items(), _JILIN_CITY)}
_PROVINCE_DIGITS = {code[:2] for code in PROVINCES.values()}
_ROAD = re.compile("[东南西北中]?(?:路|大?街|大道|巷)")
_COUNTY = re.compile("[\u4e00-\u9fff]{0,9}[区县市旗]")


def seat_of(
    typed: str | None = None,
    uscc: str | None = None,
    name: str | None = None,
    address: str | None = None,
) -> str | None:
    """The division's code as fine as known: what a person typed, else what the credit code says
    (characters 3 to 8: who registered it; 100000 is no division), else what name or address names.

    Where the credit code says only the province, a city of it that name or address names is finer.
    """
    if typed:
        return typed
    registered = (uscc or "")[2:8]
    coded = registered if is_division(registered) else None
    if coded and not coded.endswith("0000"):
        return coded
    named = division_named(name, None if _begins_with_a_road(address) else address)
    if coded and (named is None or named[:2] != coded[:2]):
        return coded
    return named


def _begins_with_a_road(address: str | None) -> bool:
    """北京东路5号 lies in any city but Beijing."""
    folded = fold_name(address or "")
    found = LEADING.match(folded)
    return bool(found and found["short"] == found[0] and _ROAD.match(folded, found.end()))


def is_division(code: str) -> bool:
    """Whether the digits are a division's code: those of counties are not told one by one."""
    return (
        len(code) == CODE_DIGITS
        and code.isascii()
        and code.isdigit()
        and code[:2] in _PROVINCE_DIGITS
    )


def read_division(text: str) -> str | None:
    """What a person writes for a division: its code, or the names of province and city. A county, or
    a city below another, may follow; its code is not known here.
    """
    folded = fold_name(text)
    if is_division(folded):
        return folded
    position, found = 0, False
    while match := LEADING.match(folded, position):
        position, found = match.end(), True
    is_read = found and (position == len(folded) or _COUNTY.fullmatch(folded, position))
    return division_named(folded) if is_read else None


def division_named(*texts: str | None) -> str | None:
    """The division that the first of these texts with a known one names: 山东省济南市… is 370100.

    A region in brackets says where the company is, one in front may be its parent's: 上海电气（济南）.
    """
    found = ""
    for text in filter(None, texts):
        for code in _codes_in(fold_name(text)):
            if not found or lies_in(code, found):
                found = code
        if found and not found.endswith("0000"):
            break
    return found or None


def _codes_in(folded: str) -> Iterator[str]:
    for inside in BRACKETED.finditer(folded):
        yield from _code_of(short_region(inside), inside[0].strip("()"))
    position = 0
    while match := LEADING.match(folded, position):
        yield from _code_of(short_region(match), match[0])
        position = match.end()


def _code_of(short: str, written: str) -> Iterator[str]:
    if written.startswith(_JILIN_CITY[0]):
        yield _JILIN_CITY[1]
    elif short in PROVINCES and written.endswith("自治州"):
        return  # 海南藏族自治州 lies in 青海, and is not in the table
    elif code := PROVINCES.get(short) or CITIES.get(short):
        yield code


def names_of_division(code: str | None) -> tuple[str, ...]:
    """Names from the province down as far as they are known: ("山东", "济南") for a district there."""
    if not code:
        return ()
    above = (f"{code[:2]}0000", f"{code[:4]}00", code)
    return tuple(dict.fromkeys(_NAMES[each] for each in above if each in _NAMES))


def lies_in(code: str, above: str) -> bool:
    """Whether a division is the other one or a part of it: 370105 lies in 370100 and in 370000."""
    while above.endswith("00"):
        above = above[:-2]
    return code.startswith(above)


def is_told_whole(code: str) -> bool:
    """Whether the names say all of it: a county is not in the table, only what lies above it."""
    return code in _NAMES
