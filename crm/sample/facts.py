"""What is on file about a sample project: its amounts, milestones, moves and talks."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from crm.accounts.models import User
from crm.core.db import db
from crm.core.money import Unit, parse_amount
from crm.leads.models import (
    Activity,
    AgreedDate,
    ExchangeRate,
    Figure,
    Lead,
    Milestone,
    StageChange,
)
from crm.leads.rules import (
    ActivityKind,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Path,
    Stage,
    to_yuan,
)
from crm.sample.projects import Project

LATEST_RATES = {"USD": Decimal("7.11"), "HKD": Decimal("0.914")}


def load_rates(today: date) -> None:
    """Exchange rates of this year, unless they are known."""
    rates = select(ExchangeRate.currency, ExchangeRate.quoted_on)
    known = {(row.currency, row.quoted_on) for row in db.session.execute(rates)}
    for days, usd, hkd in (
        (300, "7.02", "0.901"),
        (120, "7.08", "0.906"),
        (10, *LATEST_RATES.values()),
    ):
        quoted_on = today - timedelta(days=days)
        for currency, rate in (("USD", usd), ("HKD", hkd)):
            if (currency, quoted_on) not in known:
                db.session.add(
                    ExchangeRate(currency=currency, quoted_on=quoted_on, cny_per_unit=Decimal(rate))
                )


def load(lead: Lead, project: Project, owner: User, today: date, first: date, at: datetime) -> None:
    """Amounts, milestones, the last move and four talks; `first` is the day of the first contact."""
    signed_on = today - timedelta(days=project.signed) if project.signed is not None else None
    figures = [(FigureKind.TOTAL_INVESTMENT, project.amount, FigureSource.TALK, first)]
    if signed_on and project.has_papers:
        figures.append(
            (FigureKind.TOTAL_INVESTMENT, project.amount, FigureSource.AGREEMENT, signed_on)
        )
    if project.revenue:
        source = FigureSource.AGREEMENT if signed_on else FigureSource.TALK
        figures.append(
            (FigureKind.HEADQUARTERS_REVENUE, project.revenue, source, signed_on or first)
        )
    for kind, typed, source, as_of in figures:
        amount = parse_amount(typed, bare_unit=Unit.YI)
        db.session.add(
            Figure(
                lead_id=lead.id,
                kind=kind,
                source=source,
                as_of=as_of,
                stated_text=typed,
                amount=amount.value,
                upper=amount.upper,
                currency=amount.currency,
                qualifier=amount.qualifier,
                basis="committed" if kind is FigureKind.HEADQUARTERS_REVENUE else None,
                document="投资协议第3条" if source is FigureSource.AGREEMENT else None,
                recorded_by_id=owner.id,
                recorded_at=at,
            )
        )
        if kind is FigureKind.TOTAL_INVESTMENT:
            lead.investment_text = typed
            rate = LATEST_RATES.get(amount.currency, Decimal(1))
            lead.investment_yuan = to_yuan(amount.value, rate)
    starts = {
        Path.LAND: MilestoneKind.STARTED,
        Path.CARRIER: MilestoneKind.MOVED_IN,
        Path.HEADQUARTERS: MilestoneKind.TAXPAYING,
    }
    dated = (
        (MilestoneKind.SIGNED, project.signed, "投资协议"),
        (MilestoneKind.REGISTERED, project.registered, "营业执照"),
        (starts[project.path], project.started, "施工许可证"),
    )
    for kind, days, document in dated:
        if days is not None:
            db.session.add(
                Milestone(
                    lead_id=lead.id,
                    kind=kind,
                    happened_on=today - timedelta(days=days),
                    known_on=today - timedelta(days=days),
                    document=document if project.has_papers else None,
                    recorded_by_id=owner.id,
                    recorded_at=at - timedelta(days=days),
                )
            )
    db.session.add(
        StageChange(
            lead_id=lead.id,
            from_stage=Stage.REVIEWED if project.stage is Stage.PRE_SIGNING else None,
            to_stage=lead.stage,
            happened_on=lead.stage_since,
            by_id=owner.id,
            at=at - (today - lead.stage_since),
        )
    )
    if signed_on:
        db.session.add(
            AgreedDate(
                lead_id=lead.id,
                title="二期出资到位",
                due_on=today + timedelta(days=50),
                document="投资协议第七条",
                created_by_id=owner.id,
                version=1,
            )
        )
        db.session.add(
            Activity(
                lead_id=lead.id,
                enterprise_id=lead.investor_id,
                kind=ActivityKind.MEETING,
                happened_on=signed_on - timedelta(days=14),
                summary="与投资方就协议条款会谈，约定签约时间",
                contact_name="赵经理",
                is_substantive=True,
                by_id=owner.id,
                at=at - timedelta(days=project.signed or 0),
            )
        )
    for days, kind, summary in (
        (0, ActivityKind.CALL, "电话沟通选址条件，对方将补充用地需求"),
        (12, ActivityKind.RECEPTION, "来访考察园区，介绍产业政策与配套"),
        (28, ActivityKind.VISIT_OUT, "赴企业总部拜访，了解投资计划"),
    ):
        went_on = max(lead.last_progress_on - timedelta(days=days), first)
        is_trip = kind is ActivityKind.VISIT_OUT
        db.session.add(
            Activity(
                lead_id=lead.id,
                enterprise_id=lead.investor_id,
                kind=kind,
                happened_on=went_on,
                returned_on=went_on + timedelta(days=2) if is_trip else None,
                reported_on=went_on + timedelta(days=9) if is_trip else None,
                summary=summary,
                contact_name="赵经理",
                is_substantive=True,
                by_id=owner.id,
                at=at,
            )
        )
