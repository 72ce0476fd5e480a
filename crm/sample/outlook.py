"""What the outlook of the sample district is made of: expected signing days and how sure owners are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.leads.models import Lead, SigningDayChange
from crm.leads.rules import Confidence, slips
from crm.outlook.queries import achieved_of, books_of, entry_of, sayable
from crm.outlook.rules.books import Book
from crm.outlook.rules.saying import Counted
from crm.outlook.services import NewCeremony, move_book, plan_ceremony, tell
from crm.outlook.wording import line_text
from crm.quotas.queries import year_numbers
from crm.quotas.wording import label_text


@dataclass(frozen=True, slots=True)
class Expectation:
    """By title: the expected day, days from now, as it was stated each time; who is how sure, since when."""

    days: tuple[int, ...]
    confidence: Confidence | None = None
    stated: int = 5  # days ago


EXPECTATIONS: Mapping[str, Expectation] = {
    "车载终端产业园": Expectation((18,), Confidence.HIGH, 6),
    "燃料电池膜电极中试线": Expectation((-60, -20, 12), Confidence.MEDIUM, 40),
    "新能源检测综合实验室": Expectation((25,), Confidence.HIGH, 9),
    "平板探测器产业化项目": Expectation((-150, -90, -30, 30), Confidence.MEDIUM, 15),
    "跨境贸易区域总部": Expectation((-40, 28), Confidence.MEDIUM, 70),
    "电子级硫酸与光刻胶项目": Expectation((-12,), Confidence.LOW, 20),
    "精密丝杠导轨生产线": Expectation((20,), Confidence.HIGH, 3),
    "城市冷链配送中心": Expectation((90,), None),
}


def load(leads: Iterable[Lead], today: date, at: datetime) -> None:
    """Give the leads in talks their expected days, with the earlier ones they were put off from."""
    last = date(today.year, 12, 31)
    for lead in leads:
        told = EXPECTATIONS.get(lead.title)
        if told is None or not lead.stage.is_in_talks:
            continue
        days = [today + timedelta(days=each) for each in told.days]
        if today < days[-1] <= today + timedelta(days=30):
            days[-1] = min(days[-1], last)  # within the year whenever the sample is loaded
        lead.expected_sign_on = days[-1]
        found = slips(days)
        lead.signing_slips, lead.signing_slip_days = found.count, found.days
        lead.confidence = told.confidence
        lead.confidence_on = today - timedelta(days=told.stated) if told.confidence else None
        for place, (before, after) in enumerate(zip([None, *days], days, strict=False)):
            changed_on = today - timedelta(days=8 + 40 * (len(days) - 1 - place))
            db.session.add(
                SigningDayChange(
                    lead_id=lead.id,
                    before=before,
                    after=after,
                    changed_on=changed_on,
                    by_id=lead.owner_id,
                    at=at - (today - changed_on),
                )
            )


def decide(users: Mapping[str, User], leads: Iterable[Lead], today: date, at: datetime) -> None:
    """What the bureau leader decided and said: a lead moved by hand, a line told last week, a ceremony.

    After judging: it reads the stored verdicts.
    """
    leader = actor_by_id(users["leader"].id)
    assert leader is not None
    by_title = {lead.title: lead for lead in leads}
    moved = by_title["精密丝杠导轨生产线"]
    entry = entry_of(leader, today.year, moved.id, today)
    if entry is not None and entry.book is not Book.CERTAIN:
        move_book(
            leader, at - timedelta(days=2), moved.id, today.year, Book.CERTAIN,
            "土地预审已过，双方约定下月上旬签约", 0, today=today,
        )  # fmt: skip
    plan_ceremony(
        leader,
        at,
        NewCeremony(
            "年末集中签约", today + timedelta(days=18), 20, 30,
            [by_title["车载终端产业园"].id, by_title["新能源检测综合实验室"].id],
        ),
        today=today,
    )  # fmt: skip
    _told_last_week(leader, by_title["城市冷链配送中心"], today, at)


def _told_last_week(leader: Actor, hoped: Lead, today: date, at: datetime) -> None:
    """A line that named one lead more than today's, so that the page says who explains it."""
    said_on = today - timedelta(days=7)
    numbers = year_numbers(leader, today.year, said_on)
    if not numbers.quotas:
        return
    books = books_of(leader, today.year, said_on)
    said = list(sayable(leader, numbers, books, achieved_of(leader, numbers)))
    last = said[-1]
    more = {**last.leads, Counted.STRIVE: last.leads[Counted.STRIVE] | {hoped.id}}
    said[-1] = replace(last, leads=more)
    names = {each.code: label_text(each.label) for each in numbers.quotas}
    line = line_text(said, names, said_on)
    tell(
        leader, at - timedelta(days=7), today.year, said_on, line, said, shown=line,
        told_to="区政府办", occasion="周调度",
    )  # fmt: skip
