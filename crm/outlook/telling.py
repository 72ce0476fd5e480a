"""The three books in the reader's words: numbers with the names behind them, cards with reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.core.web import stated_text
from crm.leads import wording as leads_wording
from crm.outlook.queries import Achieved, Entry, LeadPlace, Named, YearBooks
from crm.outlook.rules.books import Book
from crm.outlook.rules.saying import Counted, Differs
from crm.outlook.wording import finding_text, word
from crm.quotas.queries import YearNumbers
from crm.quotas.telling import subject


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """One quota of the year: its numbers by the names of the lists behind them, and what is due."""

    code: str
    name: str
    target: int
    due: int | None  # None for who sees a part: the targets are the district's
    counts: Mapping[Counted, int | None]  # None: not counted

    def count(self, number: Counted) -> int:
        return self.counts[number] or 0


def quota_lines(
    numbers: YearNumbers, books: YearBooks, achieved: Mapping[str, Achieved]
) -> list[QuotaLine]:
    return [
        QuotaLine(
            quota.code,
            subject(quota.label, quota.label_en),
            quota.target,
            quota.due if numbers.is_whole else None,
            {
                Counted.RECOGNISED: len(achieved[quota.code].recognised),
                Counted.AWAITING: len(achieved[quota.code].awaiting),
                **{Counted(book.value): books.count(book, quota.code) for book in Book},
            },
        )
        for quota in numbers.quotas
    ]


def card(entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    """One lead of a book as the page shows it; `names` are the quotas' names by code."""
    confidence = entry.prospect.confidence
    decision = entry.decision if entry.is_moved else None
    return {
        "lead_id": entry.lead_id,
        "title": entry.title,
        "who": " · ".join(each for each in (entry.owner, entry.department) if each),
        "amount": stated_text(entry.investment_text, entry.investment_yuan),
        "day": entry.prospect.expected_sign_on,
        "confidence": confidence and leads_wording.word(confidence),
        "slips": entry.prospect.slips,
        "slip_days": entry.prospect.slip_days,
        "quotas": [names[code] for code in names if code in entry.counts_to],
        "findings": [
            {
                "text": finding_text(each),
                "allows": word(each.allows),
                "is_holding": each in entry.proposal.holding_back,
            }
            for each in entry.proposal.findings
        ],
        "holding": [finding_text(each) for each in entry.proposal.holding_back],
        "proposed": word(entry.proposal.book),
        "decision": decision,
        "may_move": entry.may_edit,
    }


def place_told(place: LeadPlace) -> dict[str, Any]:
    """A lead's book on its own page: what holds it back, or who moved it and why."""
    return {
        "year": place.year,
        "book": word(place.book),
        "proposed": word(place.proposal.book),
        "holding": [finding_text(each) for each in place.proposal.holding_back],
        "decision": place.decision,
    }


def told_differences(
    found: Iterable[Differs], names: Mapping[str, str], leads: Mapping[int, Named]
) -> list[dict[str, Any]]:
    """Each number that is not what was told last, with the leads that explain it by name."""
    return [
        {
            "quota": names.get(each.code, each.code),
            "number": word(each.number),
            "before": each.before,
            "after": each.after,
            "came": _by_name(each.came, leads),
            "went": _by_name(each.went, leads),
        }
        for each in found
    ]


def _by_name(ids: Iterable[int], leads: Mapping[int, Named]) -> dict[str, Any]:
    wanted = list(ids)
    seen = [leads[each] for each in wanted if each in leads and leads[each].is_seen]
    return {"leads": seen, "unseen": len(wanted) - len(seen)}
