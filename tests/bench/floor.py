"""The floor: the least a page of 25 rows costs here. Flask, one indexed ORM query, one Jinja table.

Served by the same gunicorn on the same database as the product, in the same run.
"""

from datetime import date

from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from crm.config import Settings


class Base(DeclarativeBase):
    pass


class BareLead(Base):
    __tablename__ = "leads"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    stage: Mapped[str]
    investment_yuan: Mapped[int | None]
    next_action_on: Mapped[date | None]
    last_progress_on: Mapped[date]


PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>leads</title></head><body><table>
{% for lead in leads %}<tr><td>{{ lead.id }}</td><td>{{ lead.title }}</td><td>{{ lead.stage }}</td>
<td>{{ lead.investment_yuan or "" }}</td><td>{{ lead.next_action_on or "" }}</td>
<td>{{ lead.last_progress_on }}</td></tr>{% endfor %}</table></body></html>"""

app = Flask(__name__)
template = app.jinja_env.from_string(PAGE)
engine = create_engine(Settings.from_env().database_url)


@app.get("/")
def page() -> str:
    with Session(engine) as session:
        leads = session.scalars(
            select(BareLead)
            .order_by(BareLead.last_progress_on.desc(), BareLead.id.desc())
            .limit(25)
        ).all()
        return template.render(leads=leads)
