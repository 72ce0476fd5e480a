"""A sample district to try the product on: invented companies, people and projects.

Loaded by `make run` into an empty database, never in production.
"""

from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select

from crm.chains.models import Chain, Segment
from crm.core.db import db
from crm.leads.models import Lead
from crm.outlook.services import archive_week
from crm.quotas.services import rejudge
from crm.sample import (
    chains,
    checkup,
    closing,
    criteria,
    dispatch,
    division,
    facts,
    indicators,
    leads,
    outlook,
    papers,
    past,
    people,
    rankings,
    recognition,
    reminders,
    signals,
    targets,
)
from crm.sample.people import PASSWORD, PEOPLE

__all__ = ["PASSWORD", "PEOPLE", "is_empty", "load"]


def is_empty() -> bool:
    return not db.session.scalar(select(func.count()).select_from(Lead))


def load(at: datetime, today: date, files_dir: Path) -> int:
    """Fill an empty database; how many leads. The caller opened the transaction, alone: it changes chains.

    `files_dir` is the folder of the leads' files: some projects get scans of their papers.
    """
    users = people.load(at)
    facts.load_rates(today)
    chains.arrange(users, at)
    found = leads.load(users, today, at)
    rankings.load_member(users["leader"], today, at)
    rankings.load_editions(users["leader"], today, at)
    signals.load(users["leader"], today, at)
    for chain in db.session.scalars(select(Chain).order_by(Chain.position).limit(2)):
        chain.leader_id = users["district"].id
    chains.load(users, today, at)
    targets.load(users, today, at)
    division.load_leaders(found, at)
    papers.load(found, files_dir, at)
    outlook.load(found, today, at)
    checkup.load(found, at)
    indicators.load(users, today, at)
    db.session.flush()
    closing.load(found, users, today)
    rejudge([lead.id for lead in found], today=today, at=at)
    criteria.load(users["leader"], today, at)
    division.load(users["leader"], today, at)
    recognition.load(found, users, today, at)
    checkup.load_representatives(found)
    outlook.decide(users, found, today, at)
    places = {row.code: row for row in db.session.scalars(select(Segment))}
    dispatch.load(found, today)
    earlier = past.load(users, places, today, at)
    archive_week(at, today)  # this week's forecast, as the worker keeps it
    db.session.flush()
    reminders.load(today, at)
    return len(found) + earlier
