"""Keys by which two spellings of one company or project are recognised.

A Chinese company name is region + trade name + industry + legal form (《企业名称登记管理规定》, in force
since 2021-03-01); the region may stand in front, in brackets behind the trade name, or be missing.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Protocol

from crm.enterprises.rules.regions import BRACKETED, LEADING, short_region

SIMILAR_FROM = 88  # in percent; compares loose keys, never raw names
LEAST_KEY = 2
INVISIBLE = {"Cf", "Cs", "Co", "Cn"}
SEPARATORS = re.compile(r"[\s·•‧・∙⋅.,，、。'’‘\"“”`_\-‐‑‒–—―－]+")
BRACKETS = str.maketrans("[]{}【】〔〕", "()()()()")
LEGAL_FORM = re.compile(
    r"(?:集团)?(?:股份有限公司|有限公司|股份公司|控股公司|总公司|公司"
    r"|(?:特殊普通|普通|有限)合伙(?:企业)?|合伙企业)$"
)
NO_BRACKETS = str.maketrans("", "", "()[]{}【】〔〕《》<>")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _to_simplified() -> _Converter:
    # Loaded on first use: the dictionaries cost start-up time that a mail worker need not pay.
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter


@cache
def _may_be_traditional() -> frozenset[str]:
    """A character of every text the converter may change. Most names hold none; converting is slow."""
    characters = {
        written for written, simplified in _dictionary("TSCharacters.txt") if written != simplified
    }
    phrases = {
        next(one for one, other in zip(written, f"{simplified} ", strict=False) if one != other)
        for written, simplified in _dictionary("TSPhrases.txt")
        if written != simplified and characters.isdisjoint(written)
    }
    return frozenset(characters | phrases)


def _dictionary(name: str) -> Iterator[tuple[str, str]]:
    text = (files("opencc") / "dictionary" / name).read_text(encoding="utf-8")
    for line in text.splitlines():
        written, _, choices = line.partition("\t")
        if choices:
            yield written, choices.split(" ")[0]


def _simplified(text: str) -> str:
    if _may_be_traditional().isdisjoint(text):
        return text
    return _to_simplified().convert(text)


def _settled(step: Callable[[str], str], text: str) -> str:
    """Apply `step` until nothing changes: what one removal brings together may need another."""
    for _ in range(len(text) + 8):  # every round but a few shortens the text
        once = step(text)
        if once == text:
            break
        text = once
    return text


def _folded(text: str) -> str:
    """One width, one script, one case, no invisible characters."""
    if text.isascii():
        return text.upper()
    simplified = _simplified(unicodedata.normalize("NFKC", text))
    upper = unicodedata.normalize("NFKC", simplified.upper())
    if upper.isprintable():  # no invisible character is
        return upper
    return "".join(char for char in upper if unicodedata.category(char) not in INVISIBLE)


def fold_name(name: str) -> str:
    """One width, script and case, without separators; brackets are still there."""
    text = SEPARATORS.sub("", _folded(name).translate(BRACKETS))
    return text.replace("有限责任公司", "有限公司").replace("(集团)", "集团")


def normalise_name(name: str) -> str:
    """The key under which one company stands whatever way its name was typed.

    Width, blanks, dots, traditional characters, case, brackets, 有限责任公司 for 有限公司 and the
    省/市/区 of a region do not matter. 股份有限公司 stays a class of its own.
    """
    return _settled(_normalised_once, name)


def _normalised_once(name: str) -> str:
    text = BRACKETED.sub(short_region, fold_name(name)).replace("(", "").replace(")", "")
    return _short_leading_regions(text).replace("有限责任公司", "有限公司")


def loose_name(name: str) -> str:
    """Trade name and industry alone, without region and legal form: equal keys are worth a look."""
    return _settled(_loosened_once, name)


def _loosened_once(name: str) -> str:
    text = fold_name(name)
    text = BRACKETED.sub("", text).replace("(", "").replace(")", "") or text
    return _without_leading_region(_without_form(text))


def title_key(title: str) -> str:
    """The key under which one project title stands: 智能仓储机器人 and 智能仓储机器人项目 are one."""
    return _settled(_titled_once, title)


def _titled_once(title: str) -> str:
    folded = _folded(title)
    kept = "".join(
        char
        for position, char in enumerate(folded)
        if char.isalnum() or (char == "." and _between_digits(folded, position))
    )
    return kept.removesuffix("项目") if len(kept) > LEAST_KEY else kept


def similarity(loose_a: str, loose_b: str) -> int:
    """How alike two loose keys are, 0 to 100: twice the longest common subsequence by both lengths."""
    total = len(loose_a) + len(loose_b)
    return 200 * _common(loose_a, loose_b) // total if total else 100


def similar(loose_a: str, loose_b: str) -> bool:
    """Whether two loose keys are alike enough to warn about."""
    shorter, total = min(len(loose_a), len(loose_b)), len(loose_a) + len(loose_b)
    if not shorter or 200 * shorter < SIMILAR_FROM * total:
        return False
    return similarity(loose_a, loose_b) >= SIMILAR_FROM


def pieces(loose: str) -> tuple[str, ...]:
    """Parts of a loose key, one of which stands whole in every key similar to it.

    For narrowing a search before `similar` decides. Two keys of lengths a and b that are similar
    differ by at most (100 - SIMILAR_FROM) % of a + b single insertions and deletions, and each of
    them can spoil one part: one part more than that, and one is left.
    """
    longest_other = len(loose) * (200 - SIMILAR_FROM) // SIMILAR_FROM
    edits = (len(loose) + longest_other) * (100 - SIMILAR_FROM) // 100
    count = min(edits + 1, len(loose))
    return tuple(
        loose[len(loose) * n // count : len(loose) * (n + 1) // count] for n in range(count)
    )


def search_text(*parts: str | None) -> str:
    """What a search looks through; a query goes through the same function before it is compared.

    Lower case, one width, simplified characters, no blanks, dots or brackets inside a part; the
    parts stand apart by one blank, so no hit runs across two of them.
    """
    return " ".join(filter(None, (_settled(_searchable_once, part or "") for part in parts)))


def _searchable_once(part: str) -> str:
    return SEPARATORS.sub("", _folded(part)).translate(NO_BRACKETS).lower()


def _between_digits(text: str, position: int) -> bool:
    around = text[max(position - 1, 0) : position + 2]
    return len(around) == 3 and around[0].isdigit() and around[2].isdigit()


def _common(a: str, b: str) -> int:
    """The length of the longest common subsequence: the table of `a` by `b` a row at a time, a row kept
    as the bits of one number (Hyyrö 2004), zero where the row above is exceeded.
    """
    places: dict[str, int] = {}
    for place, char in enumerate(a):
        places[char] = places.get(char, 0) | 1 << place
    row = whole = (1 << len(a)) - 1
    for char in b:
        met = row & places.get(char, 0)
        row = ((row + met) | (row - met)) & whole
    return len(a) - row.bit_count()


def _short_leading_regions(text: str) -> str:
    """山东省济南市天桥区甲公司 → 山东济南天桥甲公司."""
    kept, position = [], 0
    while found := LEADING.match(text, position):
        kept.append(short_region(found))
        position = found.end()
    return "".join(kept) + text[position:]


def without_regions(text: str) -> str:
    """A text without the regions it begins with: 山东省济南市天桥区无影山路1号 → 无影山路1号."""
    position = 0
    while found := LEADING.match(text, position):
        position = found.end()
    return text[position:]


def _without_leading_region(text: str) -> str:
    found = LEADING.match(text)
    return text[found.end() :] if found and len(text) - found.end() >= LEAST_KEY else text


def _without_form(text: str) -> str:
    shorter = LEGAL_FORM.sub("", text)
    shorter = shorter.removesuffix("集团") if shorter != text or len(text) > 4 else shorter
    return shorter if len(shorter) >= LEAST_KEY else text
