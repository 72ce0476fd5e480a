"""What a row states as plain values, and which of it is news since the ledger came last.

A fact is text, an ISO day, a code, or an amount as [whole units, currency, qualifier, upper bound],
so that it can be kept as JSON and compared with what the product holds.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.money import Amount
from crm.enterprises.rules import normalise_name
from crm.imports.rules.fields import AMOUNTS, Field
from crm.imports.rules.layout import SheetLayout
from crm.imports.rules.ledger import LedgerRow
from crm.leads.rules import Stage

Facts = Mapping[str, Any]

TEXTS = (
    Field.TITLE,
    Field.INVESTOR,
    Field.INVESTOR_CATEGORY,
    Field.CONTENT,
    Field.CHAIN,
    Field.ZONE,
    Field.SOURCE,
    Field.FIRST_TALK_UNIT,
    Field.DEPARTMENT,
    Field.OWNER,
    Field.SPONSOR_LEADER,
    Field.LATEST_PROGRESS,
    Field.ISSUES,
    Field.NEXT_ACTION,
    Field.REMARK,
)
DATES = (
    Field.FIRST_CONTACT_ON,
    Field.SIGNED_ON,
    Field.NEXT_ACTION_ON,
    Field.EXPECTED_SIGN_ON,
)
SUMS = (
    Field.TOTAL_INVESTMENT,
    Field.PHASE_ONE,
    Field.FIXED_ASSETS,
    Field.FOREIGN_CAPITAL,
    Field.ANNUAL_REVENUE,
)
_TEXT_NAMES = tuple(field.value for field in TEXTS)
_DATE_NAMES = tuple(field.value for field in DATES)
COMPARED = (
    *TEXTS[:5], Field.SEGMENT, *SUMS, *TEXTS[5:11], Field.LAND, Field.STAGE, *DATES, *TEXTS[11:],
)  # fmt: skip
"""The fields a second import compares, in the order they are shown."""

_COMPARED_NAMES = {field: field.value for field in COMPARED}
_SAYS_UNIT = re.compile(r"[元亿万美港欧日英韩币圆$¥￥€£]|usd|rmb|cny|hkd|eur", re.IGNORECASE)

CLEARABLE = frozenset(
    {
        Field.INVESTOR_CATEGORY,
        Field.CONTENT,
        Field.ZONE,
        Field.SOURCE,
        Field.SPONSOR_LEADER,
        Field.LATEST_PROGRESS,
        Field.ISSUES,
        Field.NEXT_ACTION,
        Field.NEXT_ACTION_ON,
        Field.EXPECTED_SIGN_ON,
        Field.REMARK,
        Field.LAND,
    }
)
"""Where an emptied cell says something; elsewhere an empty cell is only a cell nobody filled."""


def sum_fact(amount: Amount) -> list[Any]:
    """An amount as a fact: how it was written does not make it another one."""
    qualifier = amount.qualifier.value if amount.qualifier else None
    return [amount.value, amount.currency, qualifier, amount.upper]


def facts_of(row: LedgerRow) -> dict[str, Any]:
    """What the row states, by field; empty cells and unreadable ones are left out."""
    facts: dict[str, Any] = {}
    for name in _TEXT_NAMES:
        value = getattr(row, name)
        if value is not None:
            facts[name] = value
    if row.segment_code is not None:
        facts[Field.SEGMENT.value] = row.segment_code
    if row.stage is not None:
        facts[Field.STAGE.value] = row.stage.value
    if row.land_mu is not None:
        facts[Field.LAND.value] = format(row.land_mu.normalize(), "f")
    for name in _DATE_NAMES:
        day = getattr(row, name)
        if day is not None:
            facts[name] = day.isoformat()
    for field in AMOUNTS:
        amount = row.amounts.get(field)
        if amount is not None:
            facts[field.value] = sum_fact(amount)
    if Field.PHASE_ONE.value not in facts and row.phase_one_yuan is not None:
        facts[Field.PHASE_ONE.value] = [row.phase_one_yuan, "CNY", None, None]
    return facts


def signing_day(row: LedgerRow) -> date | None:
    """The signing day, where the stated stage does not deny that anything was signed."""
    stage = row.stage or Stage.LEAD
    return row.signed_on if stage.is_signed or stage.is_off_ramp else None


def as_written(row: LedgerRow, layout: SheetLayout, field: Field) -> str | None:
    """What stands in the cell; an amount with the unit its column declares where the cell names none.

    A first phase that has no cell of its own stands in that of the total.
    """
    if field is Field.PHASE_ONE and field not in row.amounts:
        field = Field.TOTAL_INVESTMENT
    text = row.raw.get(field)
    column = layout.column(field)
    if text is None or field not in SUMS or column is None or column.unit is None:
        return text
    return text if _SAYS_UNIT.search(text) else f"{text}{column.unit.word}"


def columns_of(layout: SheetLayout) -> frozenset[str]:
    """The compared fields a sheet has a column for."""
    named = {column.field for column in layout.columns}
    if Field.CHAIN_AND_SEGMENT in named:
        named |= {Field.CHAIN, Field.SEGMENT}
    if Field.TOTAL_INVESTMENT in named:
        named.add(Field.PHASE_ONE)
    return frozenset(field.value for field in named)


def unsaid(row: LedgerRow, columns: frozenset[str], facts: Facts) -> frozenset[str]:
    """The fields of which this row says nothing: no column, or a cell nobody could read."""
    both = row.raw.get(Field.CHAIN_AND_SEGMENT)
    unread = {
        name
        for field, name in _COMPARED_NAMES.items()
        if name not in facts
        and (
            field in row.raw
            or (both is not None and field in {Field.CHAIN, Field.SEGMENT})
            or (field is Field.PHASE_ONE and Field.TOTAL_INVESTMENT in row.raw)
        )
    }
    return frozenset(unread.union(set(_COMPARED_NAMES.values()) - columns))


@dataclass(frozen=True, slots=True)
class News:
    """One cell that says something else than last time, and something else than we hold."""

    field: Field
    ledger: Any
    ours: Any


def news(
    last: Facts | None,
    now: Facts,
    ours: Facts,
    *,
    told: Facts,
    silent: Collection[str] = (),
) -> Iterator[News]:
    """The cells a person must decide about.

    A cell that says what it said last time is no news, whatever was changed on our side since: an
    edit is never undone by a ledger that has not caught up. `told` are our newest talk amounts: a
    ledger that repeats them is right even where a document goes before them. `last` is None for a
    project that never stood in a ledger.
    """
    for field in COMPARED:
        name = field.value
        if name in silent:
            continue
        said, before, held = now.get(name), (last or {}).get(name), ours.get(name)
        if said is None:
            if field not in CLEARABLE or before is None or held is None:
                continue
        elif last is not None and same(field, said, before):
            continue
        if same(field, said, held) or same(field, said, told.get(name)):
            continue
        yield News(field, said, held)


def same(field: Field, one: Any, other: Any) -> bool:
    """Whether two facts of a field say the same; blanks and spellings of a company do not matter."""
    if one is None or other is None:
        return one is other
    if field is Field.INVESTOR:
        return one == other or normalise_name(one) == normalise_name(other)
    if isinstance(one, str) and isinstance(other, str):
        return one == other or "".join(one.split()) == "".join(other.split())
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        return list(one) == list(other)
    return bool(one == other)
