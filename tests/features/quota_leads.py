"""Leads with the facts that quotas read, straight into the tables."""

from datetime import UTC, date, datetime
from decimal import Decimal

from crm.core.db import db
from crm.enterprises.models import Enterprise, RankingEdition, RankingEntry, RankingList
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import (
    AgreementType,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Path,
    Stage,
)
from crm.quotas.models import Quota, Verdict
from crm.quotas.services import differences, rejudge

TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SIGNED_ON = date(2026, 10, 18)
YI = 100_000_000


def add_lead(title="项目", **columns) -> Lead:
    lead = Lead(
        **{
            "title": title,
            "stage": Stage.NEGOTIATING,
            "stage_since": date(2026, 3, 1),
            "last_progress_on": TODAY,
            "path": Path.LAND,
            "is_physical": True,
            **columns,
        }
    )
    db.session.add(lead)
    db.session.flush()
    return lead


def add_figure(lead, yuan, **columns) -> Figure:
    figure = Figure(
        **{
            "lead_id": lead.id,
            "kind": FigureKind.TOTAL_INVESTMENT,
            "source": FigureSource.TALK,
            "as_of": date(2026, 3, 1),
            "stated_text": f"{yuan}元",
            "amount": yuan,
            "currency": "CNY",
            **columns,
        }
    )
    db.session.add(figure)
    db.session.flush()
    return figure


def add_milestone(lead, kind=MilestoneKind.SIGNED, on=SIGNED_ON, **columns) -> Milestone:
    milestone = Milestone(
        **{
            "lead_id": lead.id,
            "kind": kind,
            "happened_on": on,
            "known_on": on,
            "document": "投资协议",
            **columns,
        }
    )
    db.session.add(milestone)
    db.session.flush()
    return milestone


def add_signed(title="项目", yuan=6 * YI, on=SIGNED_ON, **columns) -> Lead:
    """A lead signed with papers: of 6亿元 it counts as 实体总部, of 50亿元 as 大项目 too."""
    lead = add_lead(title, stage=Stage.SIGNED, agreement_type=AgreementType.FORMAL, **columns)
    add_figure(lead, yuan, source=FigureSource.AGREEMENT, as_of=on, document="投资协议第3条")
    add_milestone(lead, on=on)
    return lead


def add_enterprise(name, **columns) -> Enterprise:
    company = Enterprise(name=name, name_norm=name, name_loose=name, **columns)
    db.session.add(company)
    db.session.flush()
    return company


def add_ranking(company, by_id, code="china_500", year=2026, on=date(2026, 9, 15)) -> RankingEntry:
    ranking = db.session.query(RankingList).filter_by(code=code).one()
    edition = db.session.query(RankingEdition).filter_by(list_id=ranking.id, year=year).first()
    if edition is None:
        edition = RankingEdition(list_id=ranking.id, year=year, published_on=on)
        db.session.add(edition)
        db.session.flush()
    entry = RankingEntry(
        edition_id=edition.id,
        enterprise_id=company.id,
        document="榜单截图",
        confirmed_by_id=by_id,
        confirmed_at=AT,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def ask(criteria, code="A", year=2026) -> Quota:
    """Another rule for a quota, as if it had been published."""
    quota = db.session.query(Quota).filter_by(code=code, year=year).one()
    quota.criteria = criteria
    db.session.flush()
    return quota


def judge_again(*leads) -> int:
    """What a door does at the end of its transaction."""
    return rejudge([lead.id for lead in leads], today=TODAY, at=AT)


def verdict(lead, code="B", year=2026) -> Verdict | None:
    return (
        db.session.query(Verdict)
        .join(Quota, Quota.id == Verdict.quota_id)
        .filter(Verdict.lead_id == lead.id, Quota.code == code, Quota.year == year)
        .populate_existing()
        .one_or_none()
    )


def codes(lead, code="B", year=2026) -> set[str]:
    found = verdict(lead, code, year)
    return {reason["code"] for reason in found.reasons} if found else set()


def wrong() -> list[int]:
    return [lead_id for lead_id, _ in differences(today=TODAY)]


def share(percent) -> Decimal:
    return Decimal(str(percent))
