"""Names under which well-known companies go: facts written down by us, one company a line."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from crm.enterprises.rules.ranking.english import CHINESE, english_key
from crm.enterprises.rules.ranking.name_parts import could_be_one, taken_apart


@dataclass(frozen=True, slots=True)
class KnownCompanies:
    """Which known companies a name may stand for, by number of their line."""

    by_norm: dict[str, frozenset[int]]
    by_stem: dict[str, tuple[tuple[int, str], ...]]
    by_english: dict[str, frozenset[int]]

    def named(self, *names: str | None) -> frozenset[int]:
        """The companies any of these names (Chinese or English) stands for; empty if none is known."""
        found: set[int] = set()
        for name in names:
            if not name:
                continue
            if not CHINESE.search(name):
                found |= self.by_english.get(english_key(name), frozenset())
            else:
                found |= self._in_chinese(name)
        return frozenset(found)

    def others_of_stem(self, name: str) -> frozenset[int]:
        """Known companies whose trade name this one carries although its form says it is another."""
        parts = taken_apart(name)
        if parts.norm in self.by_norm:
            return frozenset()
        return frozenset(
            number
            for number, written in self.by_stem.get(parts.stem, ())
            if not could_be_one(parts, taken_apart(written))
        )

    def _in_chinese(self, name: str) -> frozenset[int]:
        parts = taken_apart(name)
        exact = self.by_norm.get(parts.norm)
        if exact:
            return exact
        # 中国移动通信集团公司 is the company whose full name ends in 集团有限公司; 中国移动股份… is not.
        return frozenset(
            number
            for number, written in self.by_stem.get(parts.stem, ())
            if could_be_one(parts, taken_apart(written))
        )


@cache
def known_companies() -> KnownCompanies:
    text = files("crm.enterprises.rules.ranking").joinpath("known.txt").read_text(encoding="utf-8")
    return read_known(text)


def read_known(text: str) -> KnownCompanies:
    """Lines of `中文名|简称 = English|Other`, the full name first. Lines after # are notes."""
    norm: defaultdict[str, set[int]] = defaultdict(set)
    stem: defaultdict[str, dict[int, str]] = defaultdict(dict)
    english: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        chinese, _, latin = line.partition("=")
        names = [name.strip() for name in chinese.split("|") if name.strip()]
        for name in names:
            norm[taken_apart(name).norm].add(number)
        # Its full name says which form the company has; a short name alone would admit them all.
        if names:
            for name in names:
                stem[taken_apart(name).stem].setdefault(number, names[0])
        for name in latin.split("|"):
            if key := english_key(name):
                english[key].add(number)
    return KnownCompanies(
        {key: frozenset(found) for key, found in norm.items()},
        {key: tuple(found.items()) for key, found in stem.items()},
        {key: frozenset(found) for key, found in english.items()},
    )
