"""Agreed dates (约定日期) of a lead, and the reports of trips."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path as Folder

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import services as history
from crm.leads import access
from crm.leads.models import Activity, AgreedDate, Lead
from crm.leads.services import marks, papers
from crm.leads.services.papers import Upload

MOST_DATES = 60
"""Open dates of one lead: a contract has some, a mistake has many."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the form holds of one agreed date."""

    title: str
    due_on: date
    document: str | None = None
    done_on: date | None = None


def add_date(
    actor: Actor, at: datetime, lead_id: int, new: Agreement, *, today: date
) -> AgreedDate:
    """Note a day somebody has to keep. Raises NotFound, Refused."""
    lead = access.lead_to_edit(actor, lead_id)
    faults = _faults(new, today)
    others = db.session.scalars(
        select(AgreedDate).where(AgreedDate.lead_id == lead.id, AgreedDate.done_on.is_(None))
    ).all()
    if len(others) >= MOST_DATES:
        faults.add("title", "too_many", _l("未完成的约定日期过多，请先办结或删除"))
    if any((each.title, each.due_on) == (new.title, new.due_on) for each in others):
        faults.add("title", "twice", _l("同一事项同一天已经登记过"))
    faults.raise_if_any()
    row = AgreedDate(
        lead_id=lead.id, title=new.title, due_on=new.due_on, document=new.document,
        done_on=new.done_on, created_by_id=actor.id or None, created_at=at, version=1,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    marks.record(
        actor, at, "agreed_date_added", lead, row,
        after={"title": row.title, "due_on": row.due_on, "document": row.document},
    )  # fmt: skip
    return row


def change_date(
    actor: Actor, at: datetime, date_id: int, version: int, new: Agreement, *, today: date
) -> AgreedDate:
    """Another day, another word, or done. Raises NotFound, Stale, Refused."""
    lead, row = _to_change(actor, date_id, version)
    _faults(new, today).raise_if_any()
    with db.session.no_autoflush:
        row.title, row.due_on = new.title, new.due_on
        row.document, row.done_on = new.document, new.done_on
        event = marks.record_changes(actor, at, "agreed_date_changed", lead, row)
    if event is not None:
        row.version += 1
    db.session.flush()
    return row


def finish_date(
    actor: Actor, at: datetime, date_id: int, version: int, *, today: date
) -> AgreedDate:
    """Mark as done today; one that is done stays as it is. Raises NotFound, Stale."""
    lead, row = _to_change(actor, date_id, version)
    if row.done_on is None:
        with db.session.no_autoflush:
            row.done_on = today
            marks.record_changes(actor, at, "agreed_date_done", lead, row)
        row.version += 1
        db.session.flush()
    return row


def remove_date(actor: Actor, at: datetime, date_id: int, version: int) -> int:
    """Take a date off that should not be there; the trail keeps it. The lead's id.

    Raises NotFound, Stale.
    """
    lead, row = _to_change(actor, date_id, version)
    marks.record(
        actor, at, "agreed_date_removed", lead, row,
        before={"title": row.title, "due_on": row.due_on, "document": row.document},
    )  # fmt: skip
    db.session.delete(row)
    db.session.flush()
    return lead.id


def _to_change(actor: Actor, date_id: int, version: int) -> tuple[Lead, AgreedDate]:
    """The date and its lead, locked. Raises NotFound for unknown and forbidden alike, Stale."""
    lead_id = db.session.scalar(select(AgreedDate.lead_id).where(AgreedDate.id == date_id))
    if lead_id is None:
        raise NotFound
    lead = access.lead_to_edit(actor, lead_id)
    row = db.session.get(AgreedDate, date_id, populate_existing=True)
    if row is None:
        raise NotFound
    if row.version != version:
        raise Stale(row)
    return lead, row


def _faults(new: Agreement, today: date) -> Faults:
    faults = Faults()
    if new.done_on is not None and new.done_on > today:
        faults.add("done_on", "day_in_future", _l("日期晚于今天，请核对"))
    return faults


# --- reports of trips ---


def trip_to_report(actor: Actor, activity_id: int) -> Activity:
    """A trip this person may hand the report in for: their own, or on a lead they may change.

    Raises NotFound for unknown and forbidden alike, and for what is no trip.
    """
    row = db.session.get(Activity, activity_id)
    if row is None or row.returned_on is None:
        raise NotFound
    if row.lead_id is not None:
        access.lead_for(actor, row.lead_id)
    is_own = row.by_id is not None and row.by_id == actor.id
    if not is_own and (row.lead_id is None or not access.can_edit(actor, row.lead_id)):
        raise NotFound
    return row


def report_trip(
    actor: Actor,
    at: datetime,
    activity_id: int,
    seen: date | None,
    reported_on: date,
    *,
    upload: Upload | None = None,
    today: date,
    folder: Folder,
) -> Activity:
    """Note that the report of a trip was handed in, with its file where the lead may be changed.

    `seen` is the day the page showed. Raises NotFound, Stale, Refused.
    """
    trip_to_report(actor, activity_id)
    row = db.session.scalar(
        select(Activity)
        .where(Activity.id == activity_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.reported_on != seen:
        raise Stale(row)
    faults = Faults()
    if reported_on > today:
        faults.add("reported_on", "day_in_future", _l("日期晚于今天，请核对"))
    elif reported_on < row.happened_on:
        faults.add("reported_on", "before_trip", _l("报告不会早于出发"))
    faults.raise_if_any()
    lead = access.lead_for(actor, row.lead_id) if row.lead_id is not None else None
    if upload is not None and row.lead_id is not None:
        papers.keep(actor, at, access.lead_to_edit(actor, row.lead_id), upload, folder)
    with db.session.no_autoflush:
        row.reported_on = reported_on
        if lead is not None:
            marks.record_changes(actor, at, "trip_reported", lead, row)
        else:
            history.record_changes(actor, at, "trip_reported", row)
    db.session.flush()
    return row
