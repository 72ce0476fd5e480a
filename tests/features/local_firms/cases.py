"""A local firm recorded through its page, many at once, and the rows that came of it."""

from datetime import date, timedelta

from sqlalchemy import select

from crm.chains.models import Presence
from crm.chains.rules import PresenceRole
from crm.core.db import db, transaction
from crm.enterprises.models import Enterprise

TODAY = date(2026, 11, 26)


def rows(app, model, **where):
    with app.app_context():
        return db.session.scalars(select(model).filter_by(**where).order_by(model.id)).all()


def recorded(client, segment, **fields):
    """Record a firm by the page; the answer."""
    data = {
        "enterprise": "示例胶体有限公司", "is_new": "y", "segment": segment, "role": "anchor",
        "strength": "strong", "output": "12.6", "output_year": "2025", "evidence": "年报",
        "since_on": "2008-06-01", **fields,
    }  # fmt: skip
    return client.post("/chains/firms/new", data=data)


def add_firms(app, segment_id, count, **more):
    with app.app_context(), transaction() as session:
        companies = [
            Enterprise(name=f"示例{n}号有限公司", name_norm=f"示例{n}", name_loose=f"示例{n}")
            for n in range(count)
        ]
        session.add_all(companies)
        session.flush()
        firms = [
            Presence(
                **{
                    "enterprise_id": each.id, "segment_id": segment_id,
                    "role": PresenceRole.SUPPLIER, "checked_on": TODAY - timedelta(days=400 - n),
                    "output_yuan": 10**8, "output_year": 2024 + n % 2, **more,
                }
            )
            for n, each in enumerate(companies)
        ]  # fmt: skip
        session.add_all(firms)
        session.flush()
        return [each.id for each in firms]
