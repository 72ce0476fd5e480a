"""Reads a ledger: sheets in, projects out, and everything a person must be asked about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from crm.core.days import DayError, DayKind, parse_day
from crm.core.money import Amount, AmountError, AmountFault, Unit, is_suspicious
from crm.core.sheets import Sheet, Value, address, evaluate
from crm.enterprises.rules import normalise_name, title_key
from crm.imports.rules import cells
from crm.imports.rules.fields import AMOUNTS, DAYS, Field
from crm.imports.rules.layout import SheetLayout, find_layout, stated_day
from crm.imports.rules.ledger import BLOCKING, Ledger, LedgerMessage, LedgerRow, MessageCode
from crm.imports.rules.stage_words import stage_of
from crm.imports.rules.taxonomy import KnownChain, Taxonomy
from crm.leads.rules import Stage

_DAY_KINDS = {
    Field.FIRST_CONTACT_ON: DayKind.PAST,
    Field.SIGNED_ON: DayKind.PAST,
    Field.NEXT_ACTION_ON: DayKind.FUTURE,
    Field.EXPECTED_SIGN_ON: DayKind.EXPECTED,
}
_EARLIEST, _LATEST = date(1990, 1, 1), date(2099, 12, 31)
# Fields whose / and 无 mean an empty cell; in running text they are somebody's words and stay.
_DASHED = (
    AMOUNTS
    | DAYS
    | {
        Field.INVESTOR,
        Field.INVESTOR_CATEGORY,
        Field.CHAIN,
        Field.SEGMENT,
        Field.CHAIN_AND_SEGMENT,
        Field.STAGE,
        Field.LAND,
        Field.ZONE,
        Field.SOURCE,
        Field.FIRST_TALK_UNIT,
        Field.DEPARTMENT,
        Field.OWNER,
        Field.OWNER_PHONE,
        Field.SPONSOR_LEADER,
    }
)
# Merged over several projects these hold for each of them. An amount would be counted twice, and a
# merged title is one project whose further rows a person must look at.
_FILLED_FROM_MERGES = frozenset(
    {
        Field.INVESTOR,
        Field.INVESTOR_CATEGORY,
        Field.CHAIN,
        Field.SEGMENT,
        Field.CHAIN_AND_SEGMENT,
        Field.CAPITAL_ORIGIN,
        Field.ZONE,
        Field.SOURCE,
        Field.FIRST_TALK_UNIT,
        Field.DEPARTMENT,
        Field.OWNER,
        Field.OWNER_PHONE,
        Field.SPONSOR_LEADER,
        Field.STAGE,
    }
)
# What the places these texts go to can hold.
_LONGEST = {
    Field.TITLE: 120,
    Field.INVESTOR: 120,
    Field.INVESTOR_CATEGORY: 60,
    Field.ZONE: 120,
    Field.SOURCE: 60,
    Field.FIRST_TALK_UNIT: 60,
    Field.DEPARTMENT: 60,
    Field.OWNER: 60,
    Field.OWNER_PHONE: 40,
    Field.SPONSOR_LEADER: 60,
    Field.NEXT_ACTION: 200,
}
_LONGEST_TEXT = 5_000
_LONGEST_QUOTE = 200
_ONLY_CURRENCY = {
    Field.PHASE_ONE: "CNY",
    Field.FIXED_ASSETS: "CNY",
    Field.ANNUAL_REVENUE: "CNY",
    Field.FOREIGN_CAPITAL: "USD",
}


def read_ledger(sheets: Sequence[Sheet], *, taxonomy: Taxonomy, as_of_default: date) -> Ledger:
    """Reads every sheet that holds a ledger.

    `as_of_default` is the day of import; 截至… in the file goes before it. Never raises for what the
    cells hold: what cannot be read is a problem of its row and a message at its cell.
    """
    found = [(sheet, find_layout(sheet)) for sheet in sheets]
    laid_out = [(sheet, layout) for sheet, layout in found if layout is not None]
    messages: list[LedgerMessage] = []
    for sheet, layout in found:
        if layout is not None:
            messages.extend(_about_columns(layout))
        elif laid_out and sheet.rows:
            messages.append(LedgerMessage(sheet.name, "", "", MessageCode.SHEET_WITHOUT_LEDGER))
    if not laid_out:
        messages.append(LedgerMessage("", "", "", MessageCode.NO_LEDGER))
    as_of = _as_of(laid_out, as_of_default)
    seen: set[tuple[str, str]] = set()
    rows: list[LedgerRow] = []
    for sheet, layout in laid_out:
        reader = _RowReader(sheet, layout, taxonomy, as_of, messages)
        for number in layout.rows:
            row = reader.row(number)
            if row.key in seen:
                row = reader.duplicate(number, row)
            elif row.key is not None and row.saved:
                seen.add(row.key)
            rows.append(row)
    return Ledger(
        as_of=as_of,
        rows=tuple(rows),
        messages=tuple(messages),
        layouts=tuple(layout for _, layout in laid_out),
    )


def _about_columns(layout: SheetLayout) -> Iterator[LedgerMessage]:
    for indexes, code in (
        (layout.unread, MessageCode.COLUMN_UNREAD),
        (layout.repeated, MessageCode.COLUMN_REPEATED),
    ):
        for index in indexes:
            cell = address(layout.header_bottom, index)
            yield LedgerMessage(layout.sheet, cell, "", code, layout.labels[index])


def _as_of(laid_out: Sequence[tuple[Sheet, SheetLayout]], default: date) -> date:
    """The latest 截至 day any sheet states, else the default."""
    days: list[date] = []
    for sheet, layout in laid_out:
        text = stated_day(sheet, layout)
        if text is not None:
            try:
                days.append(parse_day(text, kind=DayKind.PAST, as_of=default))
            except DayError:
                continue
    return max(days, default=default)


class _RowReader:
    """Reads the rows of one sheet; equal texts in a column are read once."""

    def __init__(
        self,
        sheet: Sheet,
        layout: SheetLayout,
        taxonomy: Taxonomy,
        as_of: date,
        messages: list[LedgerMessage],
    ) -> None:
        self._sheet = sheet
        self._layout = layout
        self._taxonomy = taxonomy
        self._as_of = as_of
        self._messages = messages
        self._columns = {column.field: column for column in layout.columns}
        self._merged = _values_of_tall_merges(sheet, layout)
        self._amounts: dict[tuple[Value | Decimal, Unit | None], Amount | AmountFault] = {}
        self._days: dict[tuple[Value | Decimal, Field], date | None] = {}
        self._number = 0
        self._raw: dict[Field, str] = {}
        self._problems: set[str] = set()

    def row(self, number: int) -> LedgerRow:
        """The project in that row, counted from 0."""
        self._number, self._raw, self._problems = number, {}, set()
        values = self._values()
        amounts = {
            field: amount
            for field in AMOUNTS
            if field in values and (amount := self._amount(field, values[field])) is not None
        }
        days = {
            field: day
            for field in DAYS
            if field in values and (day := self._day(field, values[field])) is not None
        }
        texts = {field: self._raw[field] for field in values}
        self._judge_days(days)
        title = self._title(texts)
        chain, segment_code = self._chain_and_segment(texts)
        owner, phone = cells.name_and_phone(texts.get(Field.OWNER, ""))
        total = amounts.get(Field.TOTAL_INVESTMENT)
        investor = self._investor(texts)
        return LedgerRow(
            sheet=self._sheet.name,
            excel_row=number + 1,
            title=title,
            investor=investor,
            investor_category=texts.get(Field.INVESTOR_CATEGORY),
            stage=self._stage(texts),
            chain=chain,
            segment_code=segment_code,
            total_investment_yuan=_in("CNY", total),
            total_investment_foreign=(
                (total.value, total.currency) if total and total.currency != "CNY" else None
            ),
            total_investment_qualifier=(
                total.qualifier.value if total and total.qualifier else None
            ),
            phase_one_yuan=_phase_one(total, amounts.get(Field.PHASE_ONE)),
            fixed_assets_yuan=_in("CNY", amounts.get(Field.FIXED_ASSETS)),
            foreign_capital_usd=_in("USD", amounts.get(Field.FOREIGN_CAPITAL)),
            annual_revenue_yuan=_in("CNY", amounts.get(Field.ANNUAL_REVENUE)),
            land_mu=self._land(texts),
            zone=texts.get(Field.ZONE),
            source=texts.get(Field.SOURCE),
            first_talk_unit=texts.get(Field.FIRST_TALK_UNIT),
            department=texts.get(Field.DEPARTMENT),
            owner=owner,
            sponsor_leader=texts.get(Field.SPONSOR_LEADER),
            latest_progress=texts.get(Field.LATEST_PROGRESS),
            next_action=texts.get(Field.NEXT_ACTION),
            first_contact_on=days.get(Field.FIRST_CONTACT_ON),
            next_action_on=days.get(Field.NEXT_ACTION_ON),
            expected_sign_on=days.get(Field.EXPECTED_SIGN_ON),
            signed_on=days.get(Field.SIGNED_ON),
            remark=texts.get(Field.REMARK),
            suggests=cells.hints(
                texts.get(field)
                for field in (
                    Field.TITLE,
                    Field.SEGMENT,
                    Field.REMARK,
                )
            ),
            problems=frozenset(self._problems),
            saved=not self._problems & BLOCKING,
            owner_phone=texts.get(Field.OWNER_PHONE) or phone,
            content=texts.get(Field.CONTENT),
            capital_origin=texts.get(Field.CAPITAL_ORIGIN),
            issues=texts.get(Field.ISSUES),
            amounts=MappingProxyType(amounts),
            raw=MappingProxyType(self._raw),
            key=None if title is None else (title_key(title), normalise_name(investor or "")),
        )

    def duplicate(self, number: int, row: LedgerRow) -> LedgerRow:
        """The same row, not to be saved because the file already holds this project."""
        code = MessageCode.DUPLICATE_OF_PREVIOUS
        self._number = number
        self._say(Field.TITLE, code, row.title or "")
        return replace(row, problems=row.problems | {code.value}, saved=False)

    def _values(self) -> dict[Field, Value | Decimal]:
        """What stands in the row by field, blanks left out; keeps it as text in `raw`."""
        values: dict[Field, Value | Decimal] = {}
        number, raw, formulas = self._number, self._raw, self._sheet.formulas
        row = self._sheet.rows[number]
        width = len(row)
        for column in self._layout.columns:
            index, field = column.index, column.field
            value: Value | Decimal = row[index] if index < width else None
            if value is None:
                if self._merged and field in _FILLED_FROM_MERGES:
                    value = self._merged.get((number, index))
                if formulas and (number, index) in formulas:
                    value = self._computed(field, formulas[number, index])
                if value is None:
                    continue
            if not isinstance(value, str):
                raw[field] = cells.as_text(value)
                values[field] = value
                continue
            value = value.strip()
            if not value:
                continue
            if not value.isprintable():
                value = cells.storable(value)
            raw[field] = value
            if len(value) > _LONGEST.get(field, _LONGEST_TEXT):
                self._too_long(field)
            elif cells.is_error(value):
                self._ask(field, MessageCode.FORMULA_WITHOUT_VALUE)
            elif not (field in _DASHED and cells.says_nothing(value)):
                values[field] = value
        return values

    def _too_long(self, field: Field) -> None:
        """The cell holds more than a lead can keep in that place; a person must shorten it."""
        self._raw[field] = self._raw[field][:_LONGEST_TEXT]
        blocking = field in {Field.TITLE, Field.INVESTOR}
        self._ask(
            field,
            MessageCode.TEXT_TOO_LONG,
            problem=f"{field.value}_too_long" if blocking else "",
        )

    def _computed(self, field: Field, formula: str) -> Value | Decimal:
        """A formula nobody stored a value for: plain arithmetic is done here, the rest is asked."""
        result = evaluate(formula)
        if result is not None:
            return result
        self._raw[field] = formula
        if field is Field.INVESTOR:
            return formula
        if field is not Field.TITLE:  # a missing title is asked about anyway
            self._ask(field, MessageCode.FORMULA_WITHOUT_VALUE)
        return None

    def _title(self, texts: Mapping[Field, str]) -> str | None:
        title = texts.get(Field.TITLE)
        if title is None and "title_too_long" not in self._problems:
            self._ask(Field.TITLE, MessageCode.TITLE_MISSING, problem="title_missing")
        return title

    def _investor(self, texts: Mapping[Field, str]) -> str | None:
        investor = texts.get(Field.INVESTOR)
        if investor is not None and cells.reads_as_formula(investor):
            self._ask(Field.INVESTOR, MessageCode.INVESTOR_FORMULA, problem="investor_formula")
        return investor

    def _stage(self, texts: Mapping[Field, str]) -> Stage | None:
        word = texts.get(Field.STAGE)
        if word is None:
            return None
        stage = stage_of(word)
        if stage is None:
            self._ask(Field.STAGE, MessageCode.STAGE_UNKNOWN)
        return stage

    def _chain_and_segment(self, texts: Mapping[Field, str]) -> tuple[str | None, str | None]:
        chain: KnownChain | None = None
        both = texts.get(Field.CHAIN_AND_SEGMENT)
        said = texts.get(Field.CHAIN)
        if both is not None and said is None:
            chain, found = self._taxonomy.chain_and_segment(both)
            if chain is None:
                self._ask(
                    Field.CHAIN_AND_SEGMENT, MessageCode.CHAIN_UNKNOWN, problem=Field.CHAIN.value
                )
            elif found is None and self._taxonomy.chain(both) is None:
                self._ask(
                    Field.CHAIN_AND_SEGMENT,
                    MessageCode.SEGMENT_UNKNOWN,
                    problem=Field.SEGMENT.value,
                )
            if found is not None and chain is not None:
                return chain.name, found.code
        elif said is not None:
            chain = self._taxonomy.chain(said)
            if chain is None:
                self._ask(Field.CHAIN, MessageCode.CHAIN_UNKNOWN)
        name = chain.name if chain else None
        segment_text = texts.get(Field.SEGMENT)
        if segment_text is None:
            return name, None
        segment = self._taxonomy.segment(segment_text, chain)
        if segment is None:
            self._ask(Field.SEGMENT, MessageCode.SEGMENT_UNKNOWN)
            return name, None
        return name, segment.code

    def _land(self, texts: Mapping[Field, str]) -> Decimal | None:
        text = texts.get(Field.LAND)
        if text is None:
            return None
        column = self._columns[Field.LAND]
        two_units = "楼" in column.label or "厂房" in column.label
        land = cells.land_in_mu(text, column.land_unit, two_units)
        if land is None:
            self._ask(Field.LAND, MessageCode.LAND_UNREADABLE)
        return land

    def _amount(self, field: Field, value: Value | Decimal) -> Amount | None:
        unit = self._columns[field].unit
        key = (value, unit)
        read = self._amounts.get(key)
        if read is None:
            try:
                read = cells.amount_of(value, unit)
            except AmountError as error:
                read = error.code
            self._amounts[key] = read
        if isinstance(read, AmountFault):
            if read is not AmountFault.EMPTY:
                self._ask(
                    field,
                    MessageCode.AMOUNT_WITHOUT_UNIT
                    if read is AmountFault.NO_UNIT
                    else MessageCode.AMOUNT_UNREADABLE,
                )
            return None
        if read.currency != _ONLY_CURRENCY.get(field, read.currency):
            self._ask(field, MessageCode.AMOUNT_OTHER_CURRENCY)
            return None
        in_yuan = read.currency == "CNY"
        if field is Field.TOTAL_INVESTMENT and in_yuan and is_suspicious(read.value):
            self._say(field, MessageCode.AMOUNT_SUSPICIOUS, self._raw[field])
        return read

    def _day(self, field: Field, value: Value | Decimal) -> date | None:
        key = (value, field)
        if key not in self._days:
            self._days[key] = self._read_day(field, value)
        day = self._days[key]
        if day is None:
            self._ask(field, MessageCode.DAY_UNREADABLE)
        return day

    def _read_day(self, field: Field, value: Value | Decimal) -> date | None:
        said = cells.as_text(value) if value is None or isinstance(value, Decimal) else value
        try:
            day = parse_day(said, kind=_DAY_KINDS[field], as_of=self._as_of)
        except DayError:
            return None
        return day if _EARLIEST <= day <= _LATEST else None

    def _judge_days(self, days: Mapping[Field, date]) -> None:
        first, signed = days.get(Field.FIRST_CONTACT_ON), days.get(Field.SIGNED_ON)
        if first is not None and signed is not None and signed < first:
            self._ask(Field.SIGNED_ON, MessageCode.DATES_ORDER, problem="dates_order")

    def _ask(self, field: Field, code: MessageCode, problem: str = "") -> None:
        self._problems.add(problem or field.value)
        self._say(field, code, self._raw.get(field, ""))

    def _say(self, field: Field, code: MessageCode, text: str) -> None:
        column = self._columns.get(field)
        cell = address(self._number, column.index if column else 0)
        text = text[:_LONGEST_QUOTE]
        self._messages.append(LedgerMessage(self._sheet.name, cell, field.value, code, text))


def _in(currency: str, amount: Amount | None) -> int | None:
    return amount.value if amount is not None and amount.currency == currency else None


def _phase_one(total: Amount | None, own_column: Amount | None) -> int | None:
    """Phase one from its own column, else from 2.4亿元（一期0.8亿元）; in yuan."""
    if own_column is not None:
        return own_column.value
    return total.phase_one if total is not None and total.currency == "CNY" else None


def _values_of_tall_merges(sheet: Sheet, layout: SheetLayout) -> dict[tuple[int, int], Value]:
    """What stands in cells merged over several rows of the table, for each row under the first."""
    filled: dict[tuple[int, int], Value] = {}
    for box in sheet.merges:
        if box.left != box.right or box.top <= layout.header_bottom:
            continue
        value = sheet.at(box.top, box.left)
        if value is not None:
            for row in range(box.top + 1, min(box.bottom + 1, len(sheet.rows))):
                filled[row, box.left] = value
    return filled
