"""Importing a file of expansion signals: whom they are about is found as for companies (DOMAIN §5)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.bulk import among, chunked, insert_rows, without_collecting
from crm.core.clock import office_day
from crm.core.db import db, rows_of
from crm.core.errors import Fault, Refused
from crm.core.sheets import Sheet
from crm.enterprises.models import Enterprise, ExpansionSignal
from crm.enterprises.rules.roster import (
    Outcome,
    RosterFault,
    RosterRow,
    Told,
    once_each,
    tell_apart,
)
from crm.enterprises.rules.signal_file import (
    REQUIRED,
    SIGNAL_HEADS,
    SignalColumn,
    SignalFault,
    SignalMessage,
    SignalRow,
    read_signals,
    signal_columns,
)
from crm.enterprises.services.roster_import import add_companies
from crm.enterprises.services.roster_look import RosterLook, known_companies, register_in_turn
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.history.services import Doer, event_row, plain

ALL_COMPANIES = "all"


@dataclass(slots=True)
class SignalLook:
    """A file of signals and what importing it does."""

    columns: Mapping[SignalColumn, int]
    new: list[tuple[int, SignalRow]] = field(default_factory=list)
    """Each with its company's id."""
    logged: list[SignalRow] = field(default_factory=list)
    """Those logged before."""
    unknown: dict[int, Told] = field(default_factory=dict)
    """Companies nobody registered, by the first row that names them."""
    of_unknown: dict[int, list[SignalRow]] = field(default_factory=dict)
    """Their signals, likewise."""
    messages: list[SignalMessage] = field(default_factory=list)
    registered: list[int] = field(default_factory=list)
    """Companies that importing it registered."""

    @property
    def faulty(self) -> int:
        return len({message.row for message in self.messages if message.keeps_out})


def look_at_signals(sheet: Sheet, today: date) -> SignalLook:
    """What importing the sheet would do; changes nothing. Raises Refused for a sheet it cannot read."""
    header, columns = signal_columns(sheet)
    missing = [SIGNAL_HEADS[column] for column in REQUIRED if column not in columns]
    if missing:
        text = _l("没有找到这些列：%(names)s。请用模板里的表头", names="、".join(missing))
        raise Refused([Fault("file", "columns_missing", text)])
    rows, messages = read_signals(sheet, header, columns, today)
    if not rows and not messages:
        raise Refused([Fault("file", "no_rows", _l("表头下面没有信号"))])
    look = SignalLook(columns, messages=messages)
    companies, of_company = _companies(rows, look)
    found: list[tuple[int, SignalRow]] = []
    for told in tell_apart(companies, known_companies):
        same = of_company[told.row.sheet_row]
        if told.outcome is Outcome.FAULTY and told.fault:
            is_name = told.fault.fault is RosterFault.SEVERAL_OF_NAME
            fault = SignalFault.SEVERAL_OF_NAME if is_name else SignalFault.COMPANY_UNCLEAR
            look.messages += [_unclear(row, told.fault.value, fault) for row in same]
        elif told.company_id is not None:
            found += [(told.company_id, row) for row in same]
        else:
            look.unknown[told.row.sheet_row] = told
            look.of_unknown[told.row.sheet_row] = same
    logged = _logged({company for company, _row in found})
    for company, row in sorted(found, key=lambda pair: pair[1].company.sheet_row):
        if _key(company, row) in logged:
            look.logged.append(row)
        else:
            logged.add(_key(company, row))  # the same company under code and name
            look.new.append((company, row))
    look.messages.sort(key=lambda each: (not each.keeps_out, each.row))
    return look


def _companies(
    rows: Sequence[SignalRow], look: SignalLook
) -> tuple[list[RosterRow], dict[int, list[SignalRow]]]:
    """Each company of the file once, and its signals by the row that tells of the company best."""
    companies, messages = once_each([row.company for row in rows])
    told = {message.row: message for message in messages}
    found: dict[int, list[SignalRow]] = {}
    for row in rows:
        number = row.company.sheet_row
        message = told.get(number)
        if message is not None and message.keeps_out:
            look.messages.append(_unclear(row, message.value))
        else:
            found.setdefault(int(message.value) if message else number, []).append(row)
    return companies, found


def _unclear(
    row: SignalRow, value: str, fault: SignalFault = SignalFault.COMPANY_UNCLEAR
) -> SignalMessage:
    return SignalMessage(fault, row.company.sheet_row, value)


def import_signals(
    actor: Doer,
    at: datetime,
    sheet: Sheet,
    *,
    filename: str,
    register: Collection[int] | str = (),
) -> SignalLook:
    """Log every new sign of a known company. `register` names unknown companies, by their row, to be
    registered first (ALL_COMPANIES: every one); the signs of the others are left. A door suggests
    segments for those registered.

    Raises Refused as `look_at_signals`, and where somebody logs or registers the same meanwhile.
    """
    register_in_turn()
    with without_collecting():
        look = look_at_signals(sheet, office_day(at))
        known_at = history.recorded(at)
        chosen = [
            number for number in look.unknown if register == ALL_COMPANIES or number in register
        ]
        try:
            ids = add_companies(
                actor, known_at, RosterLook({}, new=[look.unknown[n].row for n in chosen])
            )
            look.registered = [*ids.values()]
            for number in chosen:
                look.new += [(ids[-number], row) for row in look.of_unknown.pop(number)]
                del look.unknown[number]
            _log(actor, known_at, look)
        except IntegrityError:
            text = _l("刚刚有人登记了其中的内容，没有保存任何内容，请再看一次")
            raise Refused([Fault("file", "logged_meanwhile", text)]) from None
        if look.new:
            history.record(
                actor, at, "signals_imported", None,
                after={
                    "filename": filename[-200:], "added": len(look.new), "registered": len(chosen),
                },
            )  # fmt: skip
        db.session.flush()
    return look


def _log(actor: Doer, at: datetime, look: SignalLook) -> None:
    insert_rows(
        ExpansionSignal,
        (
            {
                "enterprise_id": company,
                **_facts(row),
                "by_id": actor.id or None,
                "created_at": at,
            }
            for company, row in look.new
        ),
    )
    insert_rows(
        AuditEvent,
        (
            event_row(
                actor, at, "signal_logged", Enterprise, company,
                {key: plain(value) for key, value in _facts(row).items() if value is not None},
            )
            for company, row in look.new
        ),
    )  # fmt: skip


def _facts(row: SignalRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "happened_on": row.happened_on,
        "source": row.source,
        "amount_yuan": row.amount_yuan,
        "note": row.note,
    }


def _key(company: int, row: SignalRow) -> tuple[object, ...]:
    return company, row.kind, row.happened_on, row.source


def _logged(companies: Collection[int]) -> set[tuple[object, ...]]:
    """What is logged of these companies and holds."""
    found: set[tuple[object, ...]] = set()
    for ids in chunked(companies):
        statement = select(
            ExpansionSignal.enterprise_id,
            ExpansionSignal.kind,
            ExpansionSignal.happened_on,
            ExpansionSignal.source,
        ).where(among(ExpansionSignal.enterprise_id, ids), ExpansionSignal.withdrawn_at.is_(None))
        found |= {tuple(row) for row in rows_of(statement)}
    return found
