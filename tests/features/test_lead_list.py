"""项目库: who sees what, what the page says, and that a walk through the pages loses nothing."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.accounts.rules import Actor
from crm.core.db import db, transaction
from crm.core.lists import keyset_page
from crm.leads import queries
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind
from crm.leads.rules.filters import LeadFilter, Sort
from tests.databases import trial

TODAY = date(2026, 11, 23)


def titles(page: str) -> list[str]:
    """The titles of the rows of a list page, in their order."""
    return re.findall(r'<td class="cell-main"><a href="[^"]+">([^<]+)</a>', page)


def test_the_list_shows_newest_progress_first_with_amounts_in_yi(sign_in, add_leads):
    add_leads(
        {"title": "旧项目", "last_progress_on": TODAY - timedelta(days=9)},
        {"title": "新项目", "investment_yuan": 520_000_000, "investment_text": "5.2亿"},
    )
    html = sign_in("director").get("/leads/").text
    assert titles(html) == ["新项目", "旧项目"]
    assert ">5.2<" in html
    assert "总投资（亿元）" in html


def test_staff_see_their_units_leads_and_directors_all(app, sign_in, person, add_leads):
    staff = person("staff", "药山街道")
    other = person("staff", "泺口街道")
    add_leads(
        {"title": "本单位", "department_id": staff.department_id},
        {"title": "外单位", "department_id": other.department_id},
        {"title": "自己的", "owner_id": staff.id, "department_id": other.department_id},
    )
    assert set(titles(sign_in(staff).get("/leads/").text)) == {"本单位", "自己的"}
    assert set(titles(sign_in("director").get("/leads/").text)) == {"本单位", "外单位", "自己的"}


def test_a_sensitive_lead_is_listed_for_the_named_alone(app, sign_in, person, add_leads):
    named = person("director")
    (secret,) = add_leads({"title": "机密项目", "is_sensitive": True})
    with app.app_context(), transaction() as session:
        session.add(LeadMember(lead_id=secret, user_id=named.id, kind=MembershipKind.NAMED))
    assert titles(sign_in(named).get("/leads/").text) == ["机密项目"]
    client = sign_in("director")
    assert titles(client.get("/leads/").text) == []
    assert client.get(f"/leads/{secret}").status_code == 404
    assert client.get(f"/leads/{secret}/history").status_code == 404


def test_the_count_is_the_length_of_the_list_and_stops_at_a_thousand(app, person, add_leads):
    director = person("director")
    add_leads(*({"title": f"项目{n}"} for n in range(1002)))
    with app.app_context():
        matching = queries.leads_matching(director, LeadFilter(), TODAY)
        assert queries.count_leads(matching) == 1001
        narrowed = queries.leads_matching(director, LeadFilter(q="项目99"), TODAY)
        assert queries.count_leads(narrowed) == len(db.session.scalars(narrowed).all()) == 11


def test_the_list_says_1000_plus(app, sign_in, add_leads):
    add_leads(*({"title": f"项目{n}"} for n in range(1002)))
    assert "共1000+条" in sign_in("director").get("/leads/").text


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("stage=NOWHERE", "stage"),
        ("chain=x", "chain"),
        ("chain=-1", "chain"),
        ("owner=99999999999999999999", "owner"),
        ("amount_from=%E5%BE%88%E5%A4%9A", "amount_from"),
        ("amount_to=3000%E4%B8%87%E7%BE%8E%E5%85%83", "amount_to"),
        ("due=someday", "due"),
        ("quiet=blue", "quiet"),
        ("chain_role=owner", "chain_role"),
        ("sensitive=1", "sensitive"),
        ("verdict=counts", "quota"),
        ("verdict=A:maybe", "verdict"),
        ("event=signed", "quota"),
        ("quota=A&year=99999", "year"),
        ("quota=A%27--&verdict=no", "quota"),
        ("sort=colour", "sort"),
        ("q=" + "x" * 101, "q"),
        ("q=%00", "q"),
        ("after=nonsense", "after"),
        ("after=WzFlNDAwLCAxXQ&sort=amount", "after"),
        ("after=WyIyMDI2LTExLTIzIiwgMV0&sort=amount", "after"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(sign_in, query, name):
    answer = sign_in("director").get(f"/leads/?{query}")
    assert answer.status_code == 400
    assert f"看不懂参数{name}的值" in answer.text


def test_unknown_parameters_and_empty_ones_change_nothing(sign_in, add_leads):
    add_leads({"title": "唯一"})
    assert titles(sign_in("director").get("/leads/?stage=&utm=1&amount_from=").text) == ["唯一"]


def test_an_empty_list_says_why(sign_in, add_leads):
    client = sign_in("director")
    assert "还没有项目" in client.get("/leads/").text
    add_leads({"title": "唯一"})
    page = client.get("/leads/?q=%E5%88%AB%E7%9A%84&stage=SIGNED").text
    assert "没有符合条件的项目" in page
    assert "清空条件" in page


def test_each_chip_leads_to_the_list_without_that_condition(sign_in, add_leads):
    add_leads({})
    page = sign_in("director").get("/leads/?q=ab&stage=IN_TALKS&amount_from=5%E4%BA%BF").text
    assert 'href="/leads/?stage=IN_TALKS&amp;amount_from=5%E4%BA%BF%E5%85%83"' in page
    assert 'href="/leads/?q=ab&amp;amount_from=5%E4%BA%BF%E5%85%83"' in page
    assert 'href="/leads/?q=ab&amp;stage=IN_TALKS"' in page


def test_htmx_gets_the_list_alone_and_everybody_else_the_page(sign_in, add_leads):
    add_leads({"title": "唯一"})
    client = sign_in("director")
    part = client.get("/leads/", headers={"HX-Request": "true", "HX-Target": "leads"}).text
    assert titles(part) == ["唯一"]
    assert "<html" not in part
    assert "<html" in client.get("/leads/").text


def test_the_list_takes_eight_queries_however_many_rows(sign_in, add_leads, count_queries):
    client = sign_in("director")
    address = "/leads/?sort=amount&quota=A&segment=1&stage=OPEN"

    def taken(path: str) -> int:
        with count_queries() as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    add_leads({}, {})
    few = taken("/leads/"), taken(address)
    add_leads(*({"investment_yuan": n, "next_action_on": TODAY} for n in range(60)))
    many = taken("/leads/"), taken("/leads/?sort=due&stage=OPEN")
    assert max(*few, *many, taken("/leads/?quiet=any")) <= 8
    assert many[0] <= few[0] + 1  # the count, once there is more than a page


# ---------------------------------------------------------------- pages


def walk(client: Any, path: str) -> list[str]:
    """Every title on the way from the first page to the last."""
    found: list[str] = []
    for _ in range(50):
        page = client.get(path).text
        found += titles(page)
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        if not onward:
            return found
        path = html.unescape(onward[1])
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(
    "sort", ["progress", "-progress", "amount", "-amount", "due", "-due", "newest", "-newest"]
)
def test_walking_the_pages_meets_every_lead_once(sign_in, add_leads, sort):
    days = [TODAY - timedelta(days=n % 4) for n in range(60)]
    add_leads(
        *(
            {
                "title": f"第{n}号",
                "last_progress_on": days[n],
                "next_action_on": days[n] if n % 3 else None,
                "investment_yuan": (n % 5) * 10**8 if n % 7 else None,
            }
            for n in range(60)
        )
    )
    found = walk(sign_in("director"), f"/leads/?sort={sort}")
    assert sorted(found) == sorted(f"第{n}号" for n in range(60))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amounts=st.lists(st.none() | st.integers(0, 3), max_size=12),
    size=st.integers(1, 5),
    sort=st.sampled_from([Sort.AMOUNT, Sort.PROGRESS, Sort.NEWEST]),
    is_reversed=st.booleans(),
)
def test_pages_of_any_size_hold_every_row_once_and_in_order(
    app, person, amounts, size, sort, is_reversed
):
    director = Actor(1, "x", "x", "director", None)
    with app.app_context(), trial():
        leads = [
            Lead(title="x", stage_since=TODAY, last_progress_on=TODAY, investment_yuan=amount)
            for amount in amounts
        ]
        db.session.add_all(leads)
        db.session.flush()
        order = queries.ORDERS[sort]
        order = order.reversed() if is_reversed else order
        statement = queries.leads_matching(director, LeadFilter(), TODAY).with_only_columns(
            Lead.id, Lead.investment_yuan, Lead.last_progress_on
        )
        seen, cursor = [], None
        for _ in range(30):
            page = keyset_page(db.session(), statement, order, Lead.id, cursor, size)
            assert len(page.rows) <= size
            seen += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
    assert sorted(row.id for row in seen) == sorted(lead.id for lead in leads)
    values = [getattr(row, order.column.key) for row in seen]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    assert known == sorted(known, reverse=order.is_descending)
