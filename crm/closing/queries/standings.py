"""A day's standing as one plain document: terms, numbers, and every lead behind them with reasons.

What is exported, hashed, closed and held against is this one document.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crm.closing.queries.known import (
    ENTRY_DAYS,
    QuotaAsKnown,
    entry_of,
    placed,
    quotas_as_known,
    titles_as_known,
    verdicts_as_known,
)
from crm.closing.rules import OFFICIAL, Number
from crm.quotas.rules import standing_of, together
from crm.recognition.queries import recognised
from crm.recognition.rules import Level


def standing_document(year: int, on: date, known_at: datetime) -> dict[str, Any] | None:
    """The standing by facts dated up to `on` as known at a moment, as JSON keeps it.

    The same question gives the same document for ever. None for a year without quotas.
    """
    quotas = quotas_as_known(year, known_at)
    if not quotas:
        return None
    rows: dict[int, list[Any]] = {quota.quota_id: [] for quota in quotas}
    for row in verdicts_as_known([*rows], known_at, placed(on)):
        rows[row.quota_id].append(row)
    titles = titles_as_known({row.lead_id for some in rows.values() for row in some}, known_at)
    levels = {level.value: recognised(year, level, on=on, known_at=known_at) for level in Level}
    told, standings = [], []
    for quota in quotas:
        some = sorted(rows[quota.quota_id], key=lambda row: (row.signed_from, row.lead_id))
        stands = standing_of(((row.lead_id, entry_of(row)) for row in some), quota.terms, on)
        standings.append(stands)
        told.append(
            {
                **_terms(quota),
                "due": stands.due,
                "signed": stands.signed.count,
                "registered": stands.registered.count,
                "started": stands.started.count,
                "pending": stands.pending,
                "recognised": {
                    level: sorted(found.get(quota.quota_id, ())) for level, found in levels.items()
                },
                "leads": [_lead(row, titles.get(row.lead_id, "")) for row in some],
            }
        )
    both = together(standings)
    return {
        "year": year,
        "on": on.isoformat(),
        "quotas": told,
        "overlap": both.overlap,
        "distinct": both.distinct,
    }


def _terms(quota: QuotaAsKnown) -> dict[str, Any]:
    terms = quota.terms
    return {
        "quota_id": quota.quota_id,
        "code": terms.code,
        "label": terms.label,
        "label_en": quota.label_en,
        "target": terms.target,
        "modality": terms.modality.value,
        "event": terms.event.value,
        "opens": terms.opens.isoformat(),
        "closes": terms.closes.isoformat(),
        "criteria": quota.criteria,
        "nodes": [[node.on.isoformat(), node.count] for node in terms.nodes],
    }


def _lead(row: Any, title: str) -> dict[str, Any]:
    entry = entry_of(row)
    return {
        "lead_id": row.lead_id,
        "title": title,
        "verdict": str(row.verdict),
        "branch": row.branch,
        "signed_from": _day(entry.signed_from),
        "registered_from": _day(entry.registered_from),
        "started_from": _day(entry.started_from),
        "is_signed_pending": entry.is_signed_pending,
        "is_registered_pending": entry.is_registered_pending,
        "is_started_pending": entry.is_started_pending,
        "reasons": list(row.reasons),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document, whatever the order its parts are kept in."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def places_in(document: Mapping[str, Any]) -> dict[tuple[int, Number], set[int]]:
    """The leads behind each number of a kept document."""
    on = date.fromisoformat(document["on"])
    found: dict[tuple[int, Number], set[int]] = {}
    for quota in document["quotas"]:
        for number, column in ENTRY_DAYS.items():
            found[quota["quota_id"], number] = {
                lead["lead_id"]
                for lead in quota["leads"]
                if lead[column] and date.fromisoformat(lead[column]) <= on
            }
        approved = quota["recognised"].get(OFFICIAL.value, ())
        found[quota["quota_id"], Number.CERTIFIED] = set(approved)
    return found
