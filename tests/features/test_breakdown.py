"""分解: the rows of every dimension add up to the card, and every number is the list behind it."""

from datetime import date, time
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from crm.chains.models import Chain
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import MilestoneKind
from crm.leads.rules.filters import CountedEvent
from crm.places.models import Zone
from crm.quotas.breakdown import Dimension, Span, breakdown
from crm.quotas.models import Quota
from crm.quotas.queries import year_numbers
from crm.quotas.services import rejudge_all
from tests.features.quota_leads import YI, add_milestone, add_signed
from tests.features.test_homes import listed

TODAY = date(2026, 11, 23)
EVENTS = ("signed", "registered", "started")


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.office_moment(TODAY, time(9)))


@pytest.fixture
def district(app, person):
    """Signed leads of two units with and without sponsor, chain and place, two of them sensitive,
    two of last year, one registered after its year."""
    one, other = person("staff", "甲单位"), person("staff", "乙单位")
    sponsor = person("district_leader")
    with app.app_context(), transaction() as session:
        chain = session.scalar(select(Chain.id).order_by(Chain.id))
        zone = session.scalar(select(Zone.id).order_by(Zone.id))
        placed = {"chain_id": chain, "zone_id": zone, "sponsor_id": sponsor.id}
        for title, on, who, more in (
            ("一", date(2026, 2, 3), one, placed),
            ("二", date(2026, 11, 5), one, {}),
            ("三", date(2026, 11, 20), other, {"is_sensitive": True, **placed}),
            ("四", date(2026, 7, 7), None, {"zone_id": zone}),
            ("五", date(2025, 3, 4), one, placed),
            ("六", date(2025, 11, 28), other, {"is_sensitive": True}),
        ):
            owned = {"department_id": who.department_id, "owner_id": who.id} if who else {}
            lead = add_signed(title, 6 * YI, on=on, **owned, **more)
            if title in "一三五":
                add_milestone(lead, MilestoneKind.REGISTERED, max(on, date(2026, 4, 9)))
            if title == "一":
                add_milestone(lead, MilestoneKind.STARTED, date(2026, 11, 2))
        rejudge_all(today=TODAY, at=clock.now())


def taken(app, actor, by, year=2026):
    with app.app_context():
        quota = db.session.query(Quota).filter_by(year=year, code="B").one()
        card = next(q for q in year_numbers(actor, year, TODAY).quotas if q.code == "B")
        return breakdown(actor, quota, by, TODAY), card


@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize("by", list(Dimension))
def test_rows_add_up_to_the_card_in_every_dimension(app, person, district, by, year):
    found, card = taken(app, person("director"), by, year)
    span = Span.MONTH if by is Dimension.MONTH else Span.TOTAL
    for event in CountedEvent:
        cells = [
            c.number for row in found.rows for c in row.cells if (c.event, c.span) == (event, span)
        ]
        assert sum(cells) == getattr(card, event.value).count
        sums = {c.span: c.number for c in found.sums if c.event is event}
        assert sums[Span.TOTAL] == getattr(card, event.value).count
    if year == 2026:
        assert [getattr(card, event).count for event in EVENTS] == [4, 2, 1]


@pytest.mark.parametrize("role", ["director", "staff"])
@pytest.mark.parametrize("by", list(Dimension))
def test_every_number_is_the_list_behind_it(app, sign_in, district, by, role):
    client = sign_in(role, "甲单位" if role == "staff" else None)
    found, _card = taken(app, client.actor, by)
    cells = [cell for row in found.rows for cell in row.cells] + list(found.sums)
    shown = [cell for cell in cells if cell.number]
    assert shown
    for cell in shown:
        address = f"/leads/?{urlencode(cell.behind.url_args())}"
        assert listed(client, address) == cell.number, address
    empty = [cell for cell in cells if not cell.number][:6]
    for cell in empty:
        assert listed(client, f"/leads/?{urlencode(cell.behind.url_args())}") == 0


def test_this_month_and_last_year_s_same_day_are_told_apart(app, person, district):
    found, _card = taken(app, person("director"), Dimension.DEPARTMENT)
    rows = {row.name: {(c.event, c.span): c.number for c in row.cells} for row in found.rows}
    signed = CountedEvent.SIGNED
    assert [rows["甲单位"][signed, span] for span in Span] == [1, 2, 1]
    assert [rows["乙单位"][signed, span] for span in Span] == [1, 1, 0]  # the 28th is still to come
    assert rows[None][signed, Span.TOTAL] == 1
    assert found.rows[-1].name is None


@pytest.mark.parametrize("by", [each.value for each in Dimension])
def test_the_page_asks_the_same_however_many_leads_there_are(
    app, sign_in, count_queries, by, request
):
    leader = sign_in("director")
    address = f"/quotas/breakdown?year=2026&quota=B&by={by}"

    def asked():
        leader.get(address)
        with count_queries() as seen:
            assert leader.get(address).status_code == 200
        return len(seen)

    before = asked()
    request.getfixturevalue("district")
    assert asked() == before <= 12
    assert "未定" in leader.get(address).text or by == "month"


def test_what_there_is_not_is_not_found(sign_in):
    leader = sign_in("director")
    for query in ("by=owner", "quota=Z", "quota=land", "year=1999"):
        assert leader.get(f"/quotas/breakdown?{query}").status_code == 404


def test_cluster_areas_are_named_in_english_on_every_page(app, sign_in, district):
    leader = sign_in("director")
    leader.post("/language", data={"language": "en"})
    with app.app_context():
        area = db.session.scalars(select(Zone).order_by(Zone.id)).first()
        lead = db.session.scalars(select(Lead.id).where(Lead.zone_id == area.id)).first()
    assert area.name_en == "Smart Manufacturing Cluster"
    for page in (
        "/quotas/breakdown?year=2026&quota=B&by=zone",
        f"/leads/?zone={area.id}",
        f"/leads/{lead}",
        f"/leads/{lead}/edit",
    ):
        text = leader.get(page).text
        assert area.name_en in text, page
        assert area.name not in text, page
