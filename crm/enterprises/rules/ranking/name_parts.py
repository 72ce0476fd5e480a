"""What a Chinese company name says beside its trade name: legal form, group, place.

Two names of one loose key may be a group and its listed subsidiary (中国电信集团有限公司 and
中国电信股份有限公司), two companies of one trade in two cities (上海汽车集团, 北京汽车集团), or a foreign
company and its local one (西门子, 西门子（中国）). Form and place tell them apart.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from crm.enterprises.rules.names import loose_name, normalise_name
from crm.enterprises.rules.regions import BRACKETED, LEADING, short_region

FORM = re.compile(
    r"(?P<group>集团)?(?P<form>股份有限公司|有限公司|股份公司|控股公司|总公司|公司|株式会社)?$"
)
STOCK = {"股份有限公司", "股份公司"}
VAGUE = {None, "公司", "总公司", "株式会社"}
"""Forms that say little: short names, foreign companies, and state companies before their reform."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """A Chinese name taken apart."""

    norm: str
    stem: str
    """Without legal form and 集团, with its place: 中国电信, 上海汽车."""
    loose: str
    place: str
    """The place at its beginning or in brackets, short; empty if none."""
    is_local: bool
    """The place stands in brackets behind the trade name: a local company of a group."""
    form: str | None
    is_group: bool


@lru_cache(maxsize=65_536)
def taken_apart(name: str) -> NameParts:
    norm = normalise_name(name)
    found = FORM.search(norm)
    assert found is not None  # every part of FORM may be missing
    stem = norm[: found.start()]
    if len(stem) < 2:
        stem, form, is_group = norm, None, False
    else:
        form, is_group = found["form"], bool(found["group"]) or found["form"] == "总公司"
    is_group = is_group or "集团" in stem
    bracketed = BRACKETED.search(_folded_brackets(name))
    leading = LEADING.match(norm)
    place = short_region(bracketed) if bracketed else short_region(leading) if leading else ""
    loose = loose_name(name)
    loose = loose.removesuffix("集团") if len(loose) > 3 else loose
    return NameParts(norm, stem, loose, place, bracketed is not None, form, is_group)


def _folded_brackets(name: str) -> str:
    return re.sub(r"\s+", "", name.replace("（", "(").replace("）", ")"))


def could_be_one(a: NameParts, b: NameParts) -> bool:
    """Whether form and place of two names with like trade names let them be one company."""
    if a.place and b.place and a.place != b.place:
        return False
    if a.is_local != b.is_local:
        return False
    if a.form in VAGUE or b.form in VAGUE:
        return True
    return (a.form in STOCK, a.is_group) == (b.form in STOCK, b.is_group)
