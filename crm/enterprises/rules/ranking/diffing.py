"""What changed between two editions of a list: who is new, who dropped out, who is printed otherwise."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from crm.enterprises.rules.names import similar
from crm.enterprises.rules.ranking.alike import spoilt
from crm.enterprises.rules.ranking.companies import Basis, Printed
from crm.enterprises.rules.ranking.known import KnownCompanies, known_companies
from crm.enterprises.rules.ranking.name_parts import could_be_one

NEAR = 60
"""Ranks a company moves at most for a merely similar name to be held for it; further down in
proportion (`NEAR_SHARE`): in the hundreds the companies stand closer together."""
NEAR_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Pair:
    """One company on both editions."""

    before: Printed
    now: Printed
    basis: Basis

    @property
    def is_renamed(self) -> bool:
        """Printed otherwise in a language in which both editions print it."""
        zh = (self.before.parts, self.now.parts)
        if zh[0] and zh[1] and zh[0].norm != zh[1].norm:
            return True
        return bool(
            self.before.english and self.now.english and self.before.english != self.now.english
        )


@dataclass(frozen=True, slots=True)
class Difference:
    pairs: tuple[Pair, ...]
    new: tuple[Printed, ...]
    dropped: tuple[Printed, ...]

    @property
    def renamed(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.is_renamed)


def compare(
    before: Sequence[Printed], now: Sequence[Printed], known: KnownCompanies | None = None
) -> Difference:
    """Pair the rows of two editions, the firmest keys first; each row is used once.

    Code, Chinese name, English name, known names of one company, loose name; and last, among rows
    of neighbouring rank, names that are alike or of which one contains the other.
    """
    directory = known or known_companies()
    left = {row.id: row for row in before}
    open_rows = {row.id: row for row in now}
    pairs: list[Pair] = []

    def settle(found: Iterable[tuple[Printed, Printed]], basis: Basis) -> None:
        for old, new in found:
            if old.id in left and new.id in open_rows:
                pairs.append(Pair(left.pop(old.id), open_rows.pop(new.id), basis))

    keys: tuple[tuple[Basis, Callable[[Printed], Hashable]], ...] = (
        (Basis.USCC, lambda row: row.uscc),
        (Basis.NAME, lambda row: row.parts.norm if row.parts else None),
        (Basis.ENGLISH, lambda row: row.english or None),
        (Basis.ALIAS, lambda row: directory.named(row.name_zh, row.name_en) or None),
        (Basis.LOOSE, lambda row: row.parts.loose if row.parts else None),
    )
    for basis, key in keys:
        settle(list(_equal(left.values(), open_rows.values(), key, basis)), basis)
    settle(list(_alike(left.values(), open_rows.values(), directory)), Basis.SIMILAR)
    order = {row.id: place for place, row in enumerate(now)}
    pairs.sort(key=lambda pair: order[pair.now.id])
    return Difference(tuple(pairs), tuple(open_rows.values()), tuple(left.values()))


def _equal(
    before: Iterable[Printed],
    now: Iterable[Printed],
    key: Callable[[Printed], Hashable],
    basis: Basis,
) -> Iterator[tuple[Printed, Printed]]:
    """Rows of one key, the nearest in rank first: 中国银行 may be printed twice only by mistake."""
    by_key: defaultdict[Hashable, list[Printed]] = defaultdict(list)
    for row in before:
        if (found := key(row)) is not None:
            by_key[found].append(row)
    for row in now:
        for old in sorted(by_key.get(key(row), ()), key=lambda each: _distance(each, row)):
            if _may_pair(old, row, basis):
                yield old, row


def _may_pair(old: Printed, new: Printed, basis: Basis) -> bool:
    if old.uscc and new.uscc and old.uscc != new.uscc:
        return False
    if basis is Basis.LOOSE:
        return bool(old.parts and new.parts and could_be_one(old.parts, new.parts))
    if basis is Basis.ENGLISH and old.parts and new.parts:
        # Prudential of London and Prudential of Newark: one English name, two companies.
        return could_be_one(old.parts, new.parts)
    return True


def _alike(
    before: Iterable[Printed], now: Iterable[Printed], known: KnownCompanies
) -> Iterator[tuple[Printed, Printed]]:
    """Neighbours with like names, best first."""
    by_part: defaultdict[str, list[Printed]] = defaultdict(list)
    for row in before:
        for part in _parts(row):
            by_part[part].append(row)
    found: list[tuple[int, int, int, Printed, Printed]] = []
    for new in now:
        nearby = {
            old.id: old for part in _parts(new) for old in by_part.get(part, ()) if _near(old, new)
        }
        found += [
            (_distance(old, new), old.id, new.id, old, new)
            for old in nearby.values()
            if _names_alike(old, new, known)
        ]
    for *_, old, new in sorted(found, key=lambda each: each[:3]):
        yield old, new


def _parts(row: Printed) -> set[str]:
    """What a like name must share: a telling English word, or the Chinese key less a character or two."""
    return {*_telling(row.english), *(spoilt(row.parts.loose) if row.parts else ())}


def _names_alike(old: Printed, new: Printed, known: KnownCompanies) -> bool:
    if old.uscc and new.uscc:
        return False  # equal ones were paired before
    a, b = known.named(old.name_zh, old.name_en), known.named(new.name_zh, new.name_en)
    if a and b:
        return False
    if old.parts and new.parts:
        if not could_be_one(old.parts, new.parts):
            return False
        if similar(old.parts.loose, new.parts.loose):
            return True
    one, other = set(old.english.split()), set(new.english.split())
    shorter = one if len(one) <= len(other) else other
    return shorter <= one & other and bool(_telling(" ".join(shorter)))


def _telling(english: str) -> list[str]:
    """CHINA or BANK alone name nobody."""
    return [word for word in english.split() if len(word) > 2 and word not in VAGUE]


VAGUE = {
    "CHINA", "BANK", "AMERICAN", "NATIONAL", "GENERAL", "INTERNATIONAL", "INSURANCE", "LIFE", "ENERGY",
    "ELECTRIC", "POWER", "UNITED", "STATE", "INDUSTRIES", "FINANCIAL", "STEEL", "OIL", "GAS", "FIRST", "NEW",
}  # fmt: skip


def _near(old: Printed, new: Printed) -> bool:
    return _distance(old, new) <= max(NEAR, NEAR_SHARE * max(old.rank or 0, new.rank or 0))


def _distance(old: Printed, new: Printed) -> int:
    if old.rank is None or new.rank is None:
        return 0  # a list without ranks has no neighbourhood
    return abs(old.rank - new.rank)
