"""Which of our companies a printed row may be: proposals with their basis, for a person to confirm."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crm.enterprises.rules.names import similar, similarity
from crm.enterprises.rules.ranking.alike import spoilt
from crm.enterprises.rules.ranking.companies import SCORE, Basis, Ours, Printed
from crm.enterprises.rules.ranking.english import english_key
from crm.enterprises.rules.ranking.known import KnownCompanies, known_companies
from crm.enterprises.rules.ranking.name_parts import could_be_one, taken_apart
from crm.enterprises.rules.ranking.reading_aloud import MEANS, reads_as, spelt_pieces

MOST_PER_ROW = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    row_id: int
    company_id: int
    basis: Basis
    score: int


def propose(
    rows: Iterable[Printed], companies: Iterable[Ours], known: KnownCompanies | None = None
) -> list[Proposal]:
    """For each row the companies it may be, the firmest basis first, at most five.

    Codes that differ, or two names known to belong to different companies, are never proposed.
    """
    index = _Index(rows, known or known_companies())
    found: defaultdict[int, list[Proposal]] = defaultdict(list)
    for company in companies:
        for row, basis, score in index.matches(company):
            found[row.id].append(Proposal(row.id, company.id, basis, score))
    return [
        proposal
        for row_id in sorted(found)
        for proposal in sorted(found[row_id], key=lambda each: (-each.score, each.company_id))[
            :MOST_PER_ROW
        ]
    ]


class _Index:
    """Rows by every key a company may find them under; companies then pass by one at a time."""

    def __init__(self, rows: Iterable[Printed], known: KnownCompanies) -> None:
        self.known = known
        self.identities: dict[int, frozenset[int]] = {}
        self.by: dict[Basis, defaultdict[str, list[Printed]]] = {
            basis: defaultdict(list) for basis in Basis
        }
        self.by_stem: defaultdict[str, list[Printed]] = defaultdict(list)
        self.by_identity: defaultdict[int, list[Printed]] = defaultdict(list)
        for row in rows:
            self._add(row)

    def _add(self, row: Printed) -> None:
        self.identities[row.id] = self.known.named(row.name_zh, row.name_en)
        for identity in self.identities[row.id]:
            self.by_identity[identity].append(row)
        if row.uscc:
            self.by[Basis.USCC][row.uscc].append(row)
        if row.parts:
            self.by[Basis.NAME][row.parts.norm].append(row)
            self.by[Basis.LOOSE][row.parts.loose].append(row)
            self.by_stem[row.parts.stem].append(row)
            for left in set(spoilt(row.parts.loose)):
                self.by[Basis.SIMILAR][left].append(row)
        if row.english:
            self.by[Basis.ENGLISH][row.english].append(row)
            if not row.parts:
                for word in row.english.split():
                    if word not in MEANS:
                        self.by[Basis.PINYIN][word].append(row)

    def matches(self, company: Ours) -> Iterator[tuple[Printed, Basis, int]]:
        """Each row this company may be, once, by its firmest basis."""
        identities = self.known.named(
            company.name, company.short_name, company.name_en, *company.former_names
        )
        others = self.known.others_of_stem(company.name)
        seen: set[int] = set()
        for row, basis, score in self._candidates(company, identities):
            if row.id in seen or not self._allowed(row, company, basis, identities, others):
                continue
            seen.add(row.id)
            yield row, basis, score

    def _allowed(
        self,
        row: Printed,
        company: Ours,
        basis: Basis,
        identities: frozenset[int],
        others: frozenset[int],
    ) -> bool:
        if basis is Basis.USCC:
            return True
        if row.uscc and company.uscc and row.uscc != company.uscc:
            return False
        if basis is Basis.NAME:
            return True
        printed = self.identities[row.id]
        if printed & others and not printed & identities:
            return False  # a subsidiary that shares the trade name of the company printed
        return not (printed and identities) or bool(printed & identities)

    def _candidates(
        self, company: Ours, identities: frozenset[int]
    ) -> Iterator[tuple[Printed, Basis, int]]:
        """From the firmest basis to the weakest."""
        if company.uscc:
            yield from _told(self.by[Basis.USCC].get(company.uscc, ()), Basis.USCC)
        parts = company.parts
        yield from _told(self.by[Basis.NAME].get(parts.norm, ()), Basis.NAME)
        yield from _told(self._by_alias(company, identities), Basis.ALIAS)
        for name in (company.name_en, company.name):
            if name and (key := english_key(name)):
                yield from _told(self.by[Basis.ENGLISH].get(key, ()), Basis.ENGLISH)
        for row in self.by[Basis.LOOSE].get(parts.loose, ()):
            if row.parts and could_be_one(row.parts, parts):
                yield row, Basis.LOOSE, SCORE[Basis.LOOSE]
        if self.by[Basis.PINYIN] and not company.name.isascii():
            yield from _told(self._spelt(company), Basis.PINYIN)
        yield from self._similar(company)

    def _by_alias(self, company: Ours, identities: frozenset[int]) -> Iterator[Printed]:
        for identity in sorted(identities):
            yield from self.by_identity[identity]
        for name in company.aliases:
            alias = taken_apart(name)
            yield from self.by[Basis.NAME].get(alias.norm, ())
            for row in self.by_stem.get(alias.stem, ()):
                # A short name says no form: then the full name must not speak against it.
                full = alias if name in company.former_names else company.parts
                if row.parts and all(could_be_one(row.parts, each) for each in (alias, full)):
                    yield row
            yield from self.by[Basis.ENGLISH].get(english_key(name), ())

    def _spelt(self, company: Ours) -> Iterator[Printed]:
        rows = self.by[Basis.PINYIN]
        stem = company.parts.stem[:30]
        for piece in sorted(spelt_pieces(stem) & rows.keys()):
            for row in rows[piece]:
                if row.name_en and (
                    reads_as(row.name_en, stem) or reads_as(row.name_en, company.parts.loose)
                ):
                    yield row

    def _similar(self, company: Ours) -> Iterator[tuple[Printed, Basis, int]]:
        loose, by_rest = company.parts.loose, self.by[Basis.SIMILAR]
        found = {row.id: row for left in spoilt(loose) for row in by_rest.get(left, ())}
        for row in found.values():
            printed = row.parts
            if printed is None or printed.loose == loose:
                continue
            if similar(printed.loose, loose) and could_be_one(printed, company.parts):
                yield row, Basis.SIMILAR, min(similarity(printed.loose, loose), 88)


def _told(
    rows: Sequence[Printed] | Iterator[Printed], basis: Basis
) -> Iterator[tuple[Printed, Basis, int]]:
    for row in rows:
        yield row, basis, SCORE[basis]
