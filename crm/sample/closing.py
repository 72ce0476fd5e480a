"""The sample district's past: what was known when, one closed month, one export handed in."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.closing.queries.closed import cutoff_of
from crm.closing.rules import CorrectionKind, Number, cutoff
from crm.closing.services.closing import Correction, close_period, correct
from crm.closing.services.exporting import take_export
from crm.core import clock
from crm.core.db import db
from crm.history import services as history
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import FigureSource, MilestoneKind
from crm.quotas.services import rejudge

BEGINS, LATEST_CLOSING = timedelta(days=75), timedelta(days=14)
AFTER_CUTOFF = timedelta(days=3)
CORRECTED, RECORDED_LATE = timedelta(days=12), timedelta(days=8)


def load(leads: Sequence[Lead], users: dict[str, User], today: date) -> None:
    """Judge the leads along the days on which their facts became known, before they are judged now.

    One amount was taken down as 50亿元 and corrected later, one registration was recorded late. In
    between the last month was closed and its standing handed in.
    """
    by_title = {lead.title: lead for lead in leads}
    corrected = by_title["储能系统集成总装项目"]
    late = by_title["配电物联终端产业园"]
    agreement = _agreement(corrected)
    mistaken = Figure(
        lead_id=corrected.id,
        kind=agreement.kind,
        source=agreement.source,
        as_of=agreement.as_of,
        stated_text="50亿",
        amount=5_000_000_000,
        currency=agreement.currency,
        document=agreement.document,
        recorded_by_id=agreement.recorded_by_id,
        recorded_at=_moment(agreement.as_of, 10),
    )
    agreement.is_withdrawn = True
    db.session.add(mistaken)
    registered = _milestone(late, MilestoneKind.REGISTERED)
    day, paper = registered.happened_on, registered.document
    db.session.delete(registered)
    db.session.flush()
    for lead in leads:
        signed = _signing(lead)
        if signed is not None and signed.happened_on is not None and lead.owner_id is not None:
            at = _moment(max(signed.happened_on, today - BEGINS), 10)
            owner = actor_by_id(lead.owner_id)
            assert owner is not None
            history.record(owner, at, "milestone_recorded", signed, lead_id=lead.id)
            rejudge([lead.id], today=today, at=at)
    leader = _actor(users["leader"])
    closed = _close_last_month(leader, today)

    def put_right() -> None:
        mistaken.is_withdrawn, agreement.is_withdrawn = True, False

    def record() -> None:
        db.session.add(
            Milestone(
                lead_id=late.id,
                kind=MilestoneKind.REGISTERED,
                happened_on=day,
                known_on=today - RECORDED_LATE,
                document=paper,
                recorded_by_id=late.owner_id,
                recorded_at=_moment(today - RECORDED_LATE, 15),
            )
        )

    _change(
        _actor(users["staff2"]), corrected, today, today - CORRECTED, "figure_withdrawn", put_right
    )
    _change(
        _actor(users["staff"]), late, today, today - RECORDED_LATE, "milestone_recorded", record
    )
    signed = _signing(corrected)
    # Early in a year that project belongs to the year before, and no closed number holds it.
    is_counted = (
        closed is not None
        and signed is not None
        and signed.happened_on is not None
        and date(today.year, 1, 1) <= signed.happened_on <= closed[1] - AFTER_CUTOFF
    )
    if closed is not None and is_counted and today - CORRECTED > closed[1]:
        correct(
            leader,
            _moment(today - CORRECTED + timedelta(days=1), 11),
            closed[0],
            Correction(
                "A",
                Number.SIGNED,
                CorrectionKind.TAKE,
                corrected.id,
                None,
                f"投促〔{today.year}〕18号（示例）",
                "投资协议扫描件载明总投资49.99亿元，登记时误记为50亿元",
            ),
        )


def _close_last_month(leader: Actor, today: date) -> tuple[int, date] | None:
    """Close the latest month that is over for a while, and hand its standing in; its id and day."""
    days = cutoff_of(today.year)
    if days is None:
        return None
    for month in range(12, 0, -1):
        closes_on = cutoff(today.year, month, *days)
        on = closes_on + AFTER_CUTOFF
        if on <= today - LATEST_CLOSING:
            period = close_period(leader, _moment(on, 16), today.year, month, None, today=on)
            take_export(leader, _moment(on, 17), today.year, closes_on, today=on)
            return period.id, on
    return None


def _change(
    actor: Actor, lead: Lead, today: date, on: date, action: str, verb: Callable[[], None]
) -> None:
    at = _moment(on, 15)
    verb()
    history.record(actor, at, action, lead, lead_id=lead.id)
    db.session.flush()
    rejudge([lead.id], today=today, at=at)


def _moment(day: date, hour: int) -> datetime:
    return clock.office_moment(day) + timedelta(hours=hour)


def _actor(user: User) -> Actor:
    actor = actor_by_id(user.id)
    assert actor is not None
    return actor


def _agreement(lead: Lead) -> Figure:
    return db.session.scalars(
        select(Figure).where(Figure.lead_id == lead.id, Figure.source == FigureSource.AGREEMENT)
    ).one()


def _milestone(lead: Lead, kind: MilestoneKind) -> Milestone:
    return db.session.scalars(
        select(Milestone).where(Milestone.lead_id == lead.id, Milestone.kind == kind)
    ).one()


def _signing(lead: Lead) -> Milestone | None:
    return db.session.scalar(
        select(Milestone).where(
            Milestone.lead_id == lead.id, Milestone.kind == MilestoneKind.SIGNED
        )
    )
