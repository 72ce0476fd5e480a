"""What a ledger said, kept for the next time it comes: its rows, what differs, what must be asked."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select, update

from crm.core.bulk import among, chunked, insert_rows
from crm.core.db import db
from crm.imports.models import DifferenceState, LedgerDifference, LedgerQuestion
from crm.imports.models import LedgerRow as StoredRow
from crm.imports.rules import Field, MessageCode
from crm.imports.rules.facts import as_written
from crm.imports.rules.outline import handed_back, unread_columns
from crm.imports.services.matching import key_of
from crm.imports.services.planning import Plan

_REMEMBERED = ("title_key", "investor_key", "sheet", "excel_row", "cells", "unread", "facts")
_NAMES = {field: field.value for field in Field}
_ROW_NUMBER = re.compile(r"\d+$")
_ASKED = {
    MessageCode.CHAIN_UNKNOWN: Field.CHAIN.value,
    MessageCode.SEGMENT_UNKNOWN: Field.SEGMENT.value,
    MessageCode.DATES_ORDER: "dates_order",
    MessageCode.SIGNED_BEFORE_STAGE: Field.SIGNED_ON.value,
}


def keep_rows(plan: Plan, import_id: int) -> None:
    """Remember what each row said, for the next time the file comes."""
    fresh, moved, same = [], [], []
    unread = {name: unread_columns(layout) for name, layout in plan.layouts.items()}
    for place, row in enumerate(plan.rows):
        lead_id = plan.lead_id(place)
        if not row.saved or lead_id is None:
            continue
        title_key, investor_key = key_of(row)
        found = plan.matches.get(place)
        stored = found.stored if found else None
        facts = plan.facts[place]
        if stored is not None:
            silent = plan.silent[place]
            facts = {**{n: v for n, v in stored.facts.items() if n in silent}, **facts}
        told = {
            "import_id": import_id,
            "lead_id": lead_id,
            "title_key": title_key,
            "investor_key": investor_key,
            "sheet": row.sheet[:60],
            "excel_row": row.excel_row,
            "cells": {_NAMES[field]: text for field, text in row.raw.items()},
            "unread": handed_back(plan.sheets[row.sheet], row, unread[row.sheet]),
            "facts": facts,
        }
        if stored is None:
            fresh.append(told)
        elif all(getattr(stored, name) == told[name] for name in _REMEMBERED):
            same.append(stored.id)
        else:
            moved.append({"id": stored.id, **told})
    insert_rows(StoredRow, fresh)
    if moved:
        db.session.execute(update(StoredRow), moved)
    for chunk in chunked(same):
        db.session.execute(
            update(StoredRow)
            .where(among(StoredRow.id, chunk))
            .values(import_id=import_id)
            .execution_options(synchronize_session=False)
        )


def keep_differences(plan: Plan, import_id: int) -> None:
    """Replace what waited for a field that speaks anew; add what differs now."""
    stale: list[tuple[int, str]] = []
    for place, found in plan.matches.items():
        stale += [
            (found.lead_id, name)
            for name in plan.open[found.lead_id]
            if plan.speaks_anew(place, name)
        ]
    for lead_id, name in stale:
        db.session.execute(
            delete(LedgerDifference).where(
                LedgerDifference.lead_id == lead_id,
                LedgerDifference.field == name,
                LedgerDifference.state == DifferenceState.OPEN,
            )
        )
    insert_rows(
        LedgerDifference,
        [
            {
                "import_id": import_id,
                "lead_id": plan.matches[place].lead_id,
                "field": each.field.value,
                "ledger_value": each.ledger,
                "our_value": each.ours,
                "ledger_text": as_written(
                    plan.rows[place], plan.layouts[plan.rows[place].sheet], each.field
                ),
                "state": DifferenceState.OPEN,
            }
            for place, found_news in plan.news.items()
            for each in found_news
        ],
    )


def keep_questions(plan: Plan, import_id: int) -> None:
    """Cells nobody could read wait for a person, one question a field of a lead."""
    asked: dict[tuple[int, str], dict[str, Any]] = {}
    places = {(row.sheet, row.excel_row): place for place, row in enumerate(plan.rows)}
    for message in plan.messages:
        found = _ROW_NUMBER.search(message.cell)
        place = places.get((message.sheet, int(found[0]))) if found else None
        if place is None or not plan.rows[place].saved:
            continue
        lead_id = plan.lead_id(place)
        name = _ASKED.get(message.code, message.field)
        is_asked = name in plan.rows[place].problems or message.code in _ASKED
        if lead_id is None or not is_asked:
            continue
        asked.setdefault(
            (lead_id, name),
            {
                "lead_id": lead_id,
                "import_id": import_id,
                "field": name,
                "code": message.code.value,
                "cell": f"{message.sheet[:60]}!{message.cell}",
                "cell_text": message.text or None,
            },
        )
    known = _known_questions({lead_id for lead_id, _ in asked})
    insert_rows(LedgerQuestion, [row for key, row in asked.items() if key not in known])
    again = [
        {"id": known[key][0], "answered_at": None, **row}
        for key, row in asked.items()
        if key in known and known[key][1:] != (row["code"], row["cell_text"])
    ]
    if again:
        db.session.execute(update(LedgerQuestion), again)


def _known_questions(lead_ids: Collection[int]) -> dict[tuple[int, str], tuple[Any, ...]]:
    found = {}
    for chunk in chunked(lead_ids):
        for row in db.session.execute(
            select(
                LedgerQuestion.lead_id, LedgerQuestion.field,
                LedgerQuestion.id, LedgerQuestion.code, LedgerQuestion.cell_text,
            ).where(among(LedgerQuestion.lead_id, chunk))
        ):  # fmt: skip
            found[row.lead_id, row.field] = (row.id, row.code, row.cell_text)
    return found
