"""Keeping exchange rates: the middle rate (中间价) of a day, entered or imported by hand.

An amount in a foreign currency is judged by the rate of its signing day, before that by the latest:
whoever changes a rate lets the leads in that currency be judged again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.core.lists import Order, Page, keyset_page
from crm.core.wording import CURRENCY
from crm.history import services as history
from crm.history.services import Doer
from crm.leads.models import ExchangeRate
from crm.leads.rules.rates import CNY, LineFault, QuotedRate, RateFault, read_file
from crm.leads.wording import WORDS

CURRENCIES = {code: words for code, words in CURRENCY.items() if code != CNY}
LATEST_FIRST = Order("quoted_on", ExchangeRate.quoted_on, True, date.fromisoformat, False)
LONGEST_FILE = 1024 * 1024
FAULT = WORDS[RateFault]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of rates did, and the currencies whose leads must be judged again."""

    added: int
    changed: int
    unchanged: int
    currencies: frozenset[str]


def page_of(currency: str | None, cursor: str | None) -> Page:
    """One page of rates, the latest day first. Raises CursorError."""
    statement = select(
        ExchangeRate.id,
        ExchangeRate.currency,
        ExchangeRate.quoted_on,
        ExchangeRate.cny_per_unit,
    )
    if currency:
        statement = statement.where(ExchangeRate.currency == currency)
    return keyset_page(db.session(), statement, LATEST_FIRST, ExchangeRate.id, cursor)


def set_rate(actor: Doer, at: datetime, wanted: QuotedRate, *, replaces: bool, today: date) -> bool:
    """Enter a rate; whether anything changed. `replaces` allows correcting a known one.

    Raises Refused: day_in_future, known (another rate stands for that day).
    """
    if wanted.quoted_on > today:
        raise Refused([Fault("quoted_on", "day_in_future", FAULT[RateFault.DAY_IN_FUTURE])])
    known = _known([wanted]).get((wanted.currency, wanted.quoted_on))
    if known is None:
        made = _new(wanted)
        db.session.flush()
        history.record(actor, at, "rate_added", made, after=_told(made))
        return True
    if known.cny_per_unit == wanted.cny_per_unit:
        return False
    if not replaces:
        text = _l(
            "这一天的汇率已登记为%(rate)s；确需更正的，请勾选“更正已有汇率”",
            rate=plain(known.cny_per_unit),
        )
        raise Refused([Fault("rate", "known", text)])
    before = _told(known)
    known.cny_per_unit = wanted.cny_per_unit
    history.record(actor, at, "rate_changed", known, before=before, after=_told(known))
    db.session.flush()
    return True


def import_rates(
    actor: Doer, at: datetime, content: bytes, *, replaces: bool, today: date
) -> Imported:
    """Take a CSV of rates, wholly or not at all. Raises Refused with every faulty line."""
    if len(content) > LONGEST_FILE:
        raise Refused([Fault("file", "too_large", _l("文件超过1 MB"))])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    wanted, faults = read_file(text, currencies=CURRENCIES, today=today)
    if not wanted and not faults:
        raise Refused([Fault("file", "empty", _l("文件里没有汇率"))])
    known = _known(wanted)
    refused = [_line(fault) for fault in faults]
    differing = [
        each
        for each in wanted
        if (row := known.get((each.currency, each.quoted_on)))
        and row.cny_per_unit != each.cny_per_unit
    ]
    if differing and not replaces:
        refused += [_differs(each) for each in differing]
    if refused:
        raise Refused(refused)
    added = 0
    for each in wanted:
        row = known.get((each.currency, each.quoted_on))
        if row is None:
            _new(each)
            added += 1
        else:
            row.cny_per_unit = each.cny_per_unit
    db.session.flush()
    touched = frozenset(
        each.currency
        for each in wanted
        if each in differing or (each.currency, each.quoted_on) not in known
    )
    if touched:
        told = {"added": added, "changed": len(differing), "currencies": "、".join(sorted(touched))}
        history.record(actor, at, "rates_imported", None, after=told, subject_type="exchange_rates")
    unchanged = len(wanted) - added - len(differing)
    return Imported(added, len(differing), unchanged, touched)


def plain(rate: Decimal) -> str:
    """7.1 from 7.100000."""
    return f"{rate.normalize():f}"


def _known(wanted: Sequence[QuotedRate]) -> dict[tuple[str, date], ExchangeRate]:
    if not wanted:
        return {}
    days = [each.quoted_on for each in wanted]
    rows = db.session.scalars(
        select(ExchangeRate)
        .where(ExchangeRate.currency.in_({each.currency for each in wanted}))
        .where(ExchangeRate.quoted_on.between(min(days), max(days)))
        .with_for_update()
    )
    return {(row.currency, row.quoted_on): row for row in rows}


def _new(wanted: QuotedRate) -> ExchangeRate:
    made = ExchangeRate(
        currency=wanted.currency, quoted_on=wanted.quoted_on, cny_per_unit=wanted.cny_per_unit
    )
    db.session.add(made)
    return made


def _told(row: ExchangeRate) -> dict[str, Any]:
    return {
        "currency": row.currency, "quoted_on": row.quoted_on,
        "cny_per_unit": plain(row.cny_per_unit),
    }  # fmt: skip


def _line(fault: LineFault) -> Fault:
    text = _l(
        "第%(line)s行“%(text)s”：%(what)s",
        line=fault.line, text=fault.text[:40], what=FAULT[fault.code],
    )  # fmt: skip
    return Fault("file", fault.code, text)


def _differs(each: QuotedRate) -> Fault:
    text = _l(
        "%(currency)s %(day)s已有另一汇率；确需更正的，请勾选“更正已有汇率”",
        currency=each.currency, day=each.quoted_on.isoformat(),
    )  # fmt: skip
    return Fault("file", "known", text)
