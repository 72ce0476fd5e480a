"""What a ledger says once it is read: projects, remarks about cells, and the layout it came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from crm.core.money import Amount
from crm.imports.rules.fields import Field
from crm.imports.rules.layout import SheetLayout
from crm.leads.rules import Stage


class MessageCode(StrEnum):
    """What is said about a cell, a row, a column or a sheet; words stand in crm/imports/wording.py."""

    TITLE_MISSING = "title_missing"
    INVESTOR_FORMULA = "investor_formula"
    DUPLICATE_OF_PREVIOUS = "duplicate_of_previous"
    STAGE_UNKNOWN = "stage_unknown"
    CHAIN_UNKNOWN = "chain_unknown"
    SEGMENT_UNKNOWN = "segment_unknown"
    AMOUNT_UNREADABLE = "amount_unreadable"
    AMOUNT_WITHOUT_UNIT = "amount_without_unit"
    AMOUNT_OTHER_CURRENCY = "amount_other_currency"
    AMOUNT_SUSPICIOUS = "amount_suspicious"
    DAY_UNREADABLE = "day_unreadable"
    LAND_UNREADABLE = "land_unreadable"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    TEXT_TOO_LONG = "text_too_long"
    DATES_ORDER = "dates_order"
    COLUMN_UNREAD = "column_unread"
    COLUMN_REPEATED = "column_repeated"
    SHEET_WITHOUT_LEDGER = "sheet_without_ledger"
    NO_LEDGER = "no_ledger"
    # What only the database can tell.
    OTHER_UNIT = "other_unit"
    REGISTERED_ELSEWHERE = "registered_elsewhere"
    REGISTERED_SENSITIVE = "registered_sensitive"
    SIGNED_BEFORE_STAGE = "signed_before_stage"


BLOCKING = frozenset(
    {
        "title_missing",
        "title_too_long",
        "investor_formula",
        "investor_too_long",
        "duplicate_of_previous",
    }
)
"""Problems that keep a row from being saved; any other is saved and asked."""


class Hint(StrEnum):
    """What a title, segment or remark hints at; shown for confirmation, counts toward nothing."""

    HEADQUARTERS = "headquarters"
    URBAN_RENEWAL = "urban_renewal"
    PHASE_TWO = "phase_two"


@dataclass(frozen=True, slots=True)
class LedgerMessage:
    """Something to say about the file. `cell` is '' for a whole sheet, `field` '' for no field."""

    sheet: str
    cell: str
    field: str
    code: MessageCode
    text: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One project as the ledger states it.

    Yuan and foreign units are integers; days are days; None is a missing cell or one that must be asked
    about (then its name stands in `problems` and its text in `raw`). `segment_code` is the taxonomy's.
    `amounts` keeps every amount as stated (qualifier, upper bound, currency) by field.
    """

    sheet: str
    excel_row: int
    title: str | None
    investor: str | None
    investor_category: str | None
    stage: Stage | None
    chain: str | None
    segment_code: str | None
    total_investment_yuan: int | None
    total_investment_foreign: tuple[int, str] | None
    total_investment_qualifier: str | None
    phase_one_yuan: int | None
    fixed_assets_yuan: int | None
    foreign_capital_usd: int | None
    annual_revenue_yuan: int | None
    land_mu: Decimal | None
    zone: str | None
    source: str | None
    first_talk_unit: str | None
    department: str | None
    owner: str | None
    sponsor_leader: str | None
    latest_progress: str | None
    next_action: str | None
    first_contact_on: date | None
    next_action_on: date | None
    expected_sign_on: date | None
    signed_on: date | None
    remark: str | None
    suggests: frozenset[Hint]
    problems: frozenset[str]
    saved: bool
    # Beyond the columns every ledger has in common.
    owner_phone: str | None
    content: str | None
    capital_origin: str | None
    issues: str | None
    amounts: Mapping[Field, Amount]
    raw: Mapping[Field, str]
    # Title and investor as `title_key` and `normalise_name` read them; None without a title.
    key: tuple[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as the command line prints it: ISO days, plain numbers, sorted lists."""
        shown: dict[str, Any] = {}
        for key in JSON_KEYS:
            value = getattr(self, key)
            if value is None or type(value) is str:
                pass
            elif isinstance(value, date):
                value = value.isoformat()
            elif isinstance(value, frozenset):
                value = sorted(str(item) for item in value)
            elif isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, Decimal):
                value = int(value) if value == value.to_integral_value() else float(value)
            elif isinstance(value, StrEnum):
                value = value.value
            shown[key] = value
        return shown


JSON_KEYS = tuple(LedgerRow.__dataclass_fields__)[
    : tuple(LedgerRow.__dataclass_fields__).index("owner_phone")
]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a file says: its day, its projects in file order, remarks, and how it was laid out."""

    as_of: date
    rows: tuple[LedgerRow, ...]
    messages: tuple[LedgerMessage, ...]
    layouts: tuple[SheetLayout, ...]
