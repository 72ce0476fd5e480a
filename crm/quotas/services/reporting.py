"""部门报数: entering an official monthly figure. Entries are added, never overwritten."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import services as history
from crm.quotas.access import may_report
from crm.quotas.models import Quota, QuotaOwner, ReportedFigure
from crm.quotas.reported import Reports, reports_of
from crm.quotas.rules import FigureError, Source, months_of, next_month, read_figure
from crm.quotas.wording import figure_text, word


@dataclass(frozen=True, slots=True)
class NewReport:
    """What a department types in. `seen` is the number of entries of the month it was shown."""

    month: date
    stated: str
    as_of: date | None
    document: str | None
    last_year: str | None = None
    note: str | None = None
    seen: int = 0


def report(
    actor: Actor, at: datetime, quota_id: int, new: NewReport, *, today: date
) -> ReportedFigure:
    """Add the figure of a month, or a correction of it. The first entry stays readable.

    Raises NotFound for an indicator that is not reported or not the person's, Stale where the month
    has been reported meanwhile, Refused with everything that is wrong.
    """
    quota = db.session.scalar(select(Quota).where(Quota.id == quota_id).with_for_update())
    if quota is None or quota.source != Source.REPORTED:
        raise NotFound
    owner_id = db.session.scalar(
        select(QuotaOwner.department_id).where(QuotaOwner.quota_id == quota_id)
    )
    if not may_report(actor, owner_id):
        raise NotFound
    known = reports_of(quota_id)
    before = known.of(new.month)
    if new.seen != len(before):
        raise Stale(before[-1] if before else None)
    value, last_year = _checked(quota, known, new, today)
    row = ReportedFigure(
        quota_id=quota_id,
        month=new.month,
        number=len(before) + 1,
        value=value,
        stated_text=new.stated,
        as_of=new.as_of,
        document=new.document,
        last_year_value=last_year,
        last_year_text=new.last_year,
        note=new.note,
        recorded_by_id=actor.id or None,
        recorded_at=at,
    )
    db.session.add(row)
    db.session.flush()
    history.record(
        actor,
        at,
        "figure_corrected" if before else "figure_reported",
        quota,
        before={"reported": before[-1].stated_text} if before else None,
        after={
            "reported": new.stated,
            "month": f"{new.month:%Y-%m}",
            "document": new.document,
            "last_year": new.last_year,
        },
        department_id=owner_id,
        note=new.note,
    )
    return row


def _checked(
    quota: Quota, known: Reports, new: NewReport, today: date
) -> tuple[Decimal, Decimal | None]:
    """The figures as read. Raises Refused with everything that is wrong."""
    faults = Faults()
    if quota.frozen_at is not None:
        faults.add("", "frozen", _l("这一年已封账，不能再报数"))
    if new.month not in months_of(quota.opens, quota.closes) or new.month > today:
        faults.add("month", "month_outside", _l("请选择年度内已到的月份"))
    if new.as_of is None or not new.month <= new.as_of < next_month(new.month):
        faults.add("as_of", "day_outside", _l("截止日应在所报月份之内"))
    elif new.as_of > today:
        faults.add("as_of", "day_in_future", _l("截止日不能晚于今天"))
    if not new.document:
        faults.add("document", "document_missing", _l("请填写文号或文件名"))
    value = _read(faults, "value", new.stated, quota.unit)
    last_year = _read(faults, "last_year", new.last_year, quota.unit) if new.last_year else None
    corrects = bool(known.of(new.month))
    if corrects and not new.note:
        faults.add("note", "note_missing", _l("更正须写明原因"))
    if value is not None and not new.note:
        _compare(faults, quota, known, new.month, value)
    faults.raise_if_any()
    assert value is not None
    return value, last_year


def _read(faults: Faults, name: str, text: str, unit: str) -> Decimal | None:
    try:
        return read_figure(text, unit)
    except FigureError as error:
        faults.add(name, error.code.value, word(error.code))
        return None


def _compare(faults: Faults, quota: Quota, known: Reports, month: date, value: Decimal) -> None:
    """A cumulative figure does not fall, unless somebody says why."""
    for entry in known.current.values():
        falls = value < entry.value if entry.month < month else value > entry.value
        if entry.month != month and falls:
            text = _l(
                "%(month)s月累计为%(value)s，累计数前后不符；确属如此请在说明中写明原因",
                month=entry.month.month,
                value=figure_text(entry.value, quota.unit),
            )
            faults.add("value", "not_cumulative", text)
            return
