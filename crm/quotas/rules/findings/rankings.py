"""Memberships in ranking lists, and whether a group comes to the district for the first time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from crm.quotas.rules.criteria import EditionPolicy, RankingClause
from crm.quotas.rules.facts import Edition, RankingMembership, ReasonCode
from crm.quotas.rules.findings.reading import C, Read, Said, said

Standing = tuple[ReasonCode, RankingMembership]


_UNPROVED = frozenset({C.RANKING_UNCONFIRMED, C.SHAREHOLDING_UNKNOWN, C.SIGNING_DAY_MISSING})


_NEVER_NEAR = said(False, True, C.RANKING_NONE)


class RankingQuestion:
    """Met by a confirmed, dated membership; the bureau's own word is not even evidence to come."""

    def __init__(self, clause: RankingClause, editions: Iterable[Edition]) -> None:
        self.clause = clause
        self.editions = frozenset(e for e in editions if e.list_code in clause.lists)

    def say(self, read: Read) -> Said:
        if not read.lead.rankings:
            return _NEVER_NEAR
        codes = [code for code, _ in self._standings(read)]
        if not codes:
            return _NEVER_NEAR
        if C.RANKED in codes:
            return said(True, False, *(code for code in codes if code is C.RANKED))
        unmet = None if _UNPROVED.intersection(codes) else True
        pending = [code for code in codes if code is C.SIGNING_DAY_MISSING]
        return said(None, unmet, *pending) if pending else said(False, unmet, *codes)

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        told = [each for each in self._standings(read) if each[0] in answer.codes]
        for code, member in told:
            yield {
                "code": code,
                "on": member.published_on,
                "document": member.document,
                "list_code": member.list_code,
                "edition_year": member.edition_year,
                "company": member.company,
                "shareholding": member.shareholding,
                "min_shareholding": self.clause.min_shareholding,
            }
        if not told:
            yield {"code": C.RANKING_NONE}

    def _standings(self, read: Read) -> Iterator[Standing]:
        """How the lead stands on each list it was ever near."""
        for list_code in self.clause.lists:
            named = [m for m in read.lead.rankings if m.list_code == list_code]
            if named:
                yield self._standing(named, read)

    def _standing(self, named: Sequence[RankingMembership], read: Read) -> Standing:
        dated = [m for m in named if m.is_confirmed and m.published_on is not None]
        if not dated:
            return C.RANKING_UNCONFIRMED, max(named, key=_recency)
        signing, policy = read.signing, self.clause.edition_policy
        if signing is None:
            return self._in_force(dated, read.on)
        if policy is EditionPolicy.SIGNING_YEAR:
            found = self._of_year(dated, signing.day.year, read.on)
        else:
            found = self._in_force(dated, signing.day)
            if policy is EditionPolicy.SIGNING_OR_LATEST and found[0] is not C.RANKED:
                # The newest edition decides, whatever the signing day was.
                return self._in_force(dated, read.on)
        if found[0] is C.RANKED and signing.on is None:
            return C.SIGNING_DAY_MISSING, found[1]
        return found

    def _in_force(self, dated: Sequence[RankingMembership], day: date) -> Standing:
        published = [m for m in dated if _recency(m)[0] <= day]
        if not published:
            return C.RANKING_NOT_YET_PUBLISHED, min(dated, key=_recency)
        member = max(published, key=_recency)
        in_force = max(
            (e.published_on, e.year)
            for e in (*self.editions, *_editions(dated))
            if e.list_code == member.list_code and e.published_on <= day
        )
        if (member.published_on, member.edition_year) != in_force:
            return C.RANKING_OUTDATED, member
        return self._weighed(member), member

    def _of_year(self, dated: Sequence[RankingMembership], year: int, on: date) -> Standing:
        meant = [m for m in dated if m.edition_year == year]
        if not meant:
            return C.RANKING_OUTDATED, max(dated, key=_recency)
        member = max(meant, key=_recency)
        if _recency(member)[0] > on:
            return C.RANKING_NOT_YET_PUBLISHED, member
        return self._weighed(member), member

    def _weighed(self, member: RankingMembership) -> ReasonCode:
        share = member.shareholding
        if share is None or not 0 <= share <= 1:
            return C.SHAREHOLDING_UNKNOWN
        return C.RANKED if share >= self.clause.min_shareholding else C.SHAREHOLDING_LOW


def _editions(members: Iterable[RankingMembership]) -> Iterator[Edition]:
    """Editions known from the lead's own memberships."""
    for member in members:
        if member.published_on is not None:
            yield Edition(member.list_code, member.edition_year, member.published_on)


def _recency(member: RankingMembership) -> tuple[date, int, Decimal, str]:
    """Newest edition last; of several ways into the same edition the largest share last."""
    share = Decimal(-1) if member.shareholding is None else member.shareholding
    return member.published_on or date.min, member.edition_year, share, repr(member)


class FirstEntryQuestion:
    """Whether the ranked company's group comes to the district for the first time."""

    def __init__(self, clause: RankingClause) -> None:
        self.lists = clause.lists

    def say(self, read: Read) -> Said:
        if not any(m.list_code in self.lists for m in read.lead.rankings):
            return _NEVER_NEAR
        if not self._members(read):
            return said(None, None, C.ENTRY_UNKNOWN)
        if self._earlier(read) is None:
            return said(True, False, C.FIRST_ENTRY)
        return said(False, True, C.NOT_FIRST_ENTRY)

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"code": answer.codes[0]}
        if answer.codes[0] is C.NOT_FIRST_ENTRY and (earlier := self._earlier(read)) is not None:
            values |= {"on": earlier[0], "refers_to": earlier[1], "company": earlier[2]}
        yield values

    def _members(self, read: Read) -> list[RankingMembership]:
        return [m for m in read.lead.rankings if m.is_confirmed and m.list_code in self.lists]

    def _earlier(self, read: Read) -> tuple[date, int, str] | None:
        """The group's first other signing, if it was before this lead's (of one day: by number)."""
        own = (read.signing.day, read.lead.id) if read.signing else (read.on, read.lead.id)
        earlier = [
            (m.earlier_signed_on, m.earlier_lead_id, m.company)
            for m in self._members(read)
            if m.earlier_signed_on is not None
            and m.earlier_lead_id is not None
            and m.earlier_signed_on <= read.on
        ]
        first = min(earlier, default=None)
        if first is None:
            return None
        return first if read.signing is None or first[:2] < own else None
