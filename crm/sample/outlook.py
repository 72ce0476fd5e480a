"""What the outlook of the sample district is made of: expected signing days and how sure owners are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.core.db import db
from crm.leads.models import Lead, SigningDayChange
from crm.leads.rules import Confidence, slips


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
