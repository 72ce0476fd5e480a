"""The levels on the board: every number is exactly the list behind it."""

import html
import json
import re
from datetime import date, timedelta

import pytest

from crm.core import clock
from crm.core.db import transaction
from crm.leads.rules import MilestoneKind
from crm.quotas.services import rejudge_all
from crm.recognition import services
from crm.recognition.queries import year_of_claims
from crm.recognition.queries.assigning import proposal
from crm.recognition.rules import Decided, Level
from crm.recognition.services import NewBatch
from tests.features.quota_leads import YI, add_milestone, add_signed
from tests.features.recognition_cases import quota

TOTAL = re.compile(r"共(\d+)条|本页(\d+)条")


@pytest.fixture
def district(app, person):
    """Two leads in both quotas, one in 实体总部 alone, one sensitive; three approved, one by the city."""
    staff, head = person("staff", "甲单位"), person("unit_head", "甲单位")
    director = person("director", "局")
    today = clock.today()
    with app.app_context(), transaction():
        leads = {}
        for title, yuan, more in (
            ("大一", 60 * YI, {}),
            ("大二", 55 * YI, {}),
            ("实一", 6 * YI, {}),
            ("密", 8 * YI, {"is_sensitive": True}),
        ):
            lead = add_signed(
                title, yuan, on=date(today.year, 1, 1), owner_id=staff.id,
                department_id=staff.department_id, **more,
            )  # fmt: skip
            add_milestone(lead, MilestoneKind.REGISTERED, date(today.year, 1, 1), document="照")
            leads[title] = lead.id
        rejudge_all(today=today, at=clock.now())
        year = today.year
        batches = {
            level: services.open_batch(
                director, clock.now(), year, level, NewBatch("批", today, document_number="1号")
            ).id
            for level in (Level.DISTRICT, Level.CITY)
        }
        for title, code, up_to in (
            ("大一", "A", Level.CITY),
            ("大一", "B", Level.DISTRICT),
            ("大二", "A", Level.UNIT),
            ("实一", "B", Level.DISTRICT),
        ):
            args = (leads[title], quota(code, year).id)
            services.propose(staff, clock.now(), *args, today=today)
            services.decide(head, clock.now(), *args, Level.UNIT, Decided.APPROVED, today=today)
            for level in (Level.DISTRICT, Level.CITY):
                if list(Level).index(level) <= list(Level).index(up_to):
                    services.decide(
                        director, clock.now(), *args, level, Decided.APPROVED, today=today,
                        batch_id=batches[level],
                    )  # fmt: skip
    return {"staff": staff, "director": director, "leads": leads, "year": year}


def numbers_on(page) -> dict[str, tuple[int, str]]:
    found = {}
    for name, href, inner in re.findall(
        r'<a[^>]*data-number="([^"]+)"[^>]*href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL
    ):
        digits = re.findall(r"\d+", re.sub(r"<[^>]+>", " ", inner))
        found[name] = (int(digits[-1]), html.unescape(href))
    return found


def listed(client, address) -> int:
    page = client.get(address).text
    unseen = re.search(r"另有(\d+)个", page)
    found = TOTAL.search(page)
    rows = int(next(filter(None, found.groups()))) if found else 0
    return rows + (int(unseen[1]) if unseen else 0)


def test_every_number_of_the_board_is_the_list_behind_it(district, sign_in):
    for who in ("director", "staff"):
        client = sign_in(district[who])
        found = numbers_on(client.get("/quotas/").text)
        assert {name for name in found if "district" in name} >= {
            "A-district", "B-district", "distinct-district-together", "sum-district-together",
        }  # fmt: skip
        differing = {
            name: (number, listed(client, address))
            for name, (number, address) in found.items()
            if number != listed(client, address)
        }
        assert differing == {}


def test_the_board_counts_with_and_without_repetition_and_each_level(district, sign_in):
    found = numbers_on(sign_in(district["director"]).get("/quotas/").text)
    numbers = {name: number for name, (number, _) in found.items()}
    together = {
        name.removesuffix("-together"): number
        for name, number in numbers.items()
        if name.endswith("-together")
    }
    assert (together["A-repeat"], together["B-repeat"], together["distinct-repeat"]) == (2, 4, 4)
    assert (together["A-once"], together["B-once"]) == (2, 2)
    assert [numbers[f"A-{level}"] for level in ("unit", "district", "city")] == [2, 1, 1]
    assert [numbers[f"B-{level}"] for level in ("unit", "district", "city")] == [2, 2, 0]
    assert (together["sum-repeat"], together["sum-once"]) == (6, 4)
    assert [together[f"sum-{level}"] for level in ("unit", "district", "city")] == [4, 3, 1]
    assert [together[f"distinct-{level}"] for level in ("unit", "district", "city")] == [3, 2, 1]


def test_the_published_assignment_decides_where_a_project_counts_once(app, district, sign_in):
    director, year, today = district["director"], district["year"], clock.today()
    with app.app_context(), transaction():
        twice = district["leads"]["大一"]
        batch = services.open_batch(
            director, clock.now(), year, Level.DISTRICT, NewBatch("更正", today, "2号")
        )
        services.decide(
            director, clock.now(), twice, quota("A", year).id, Level.DISTRICT,
            Decided.NOT_COUNTED, today=today, batch_id=batch.id, reason="只计实体总部",
        )  # fmt: skip
        services.make_exclusive(
            director, clock.now(), year, [quota("A", year).id, quota("B", year).id]
        )
    with app.app_context(), transaction():
        services.lock(director, clock.now(), year, twice, quota("B", year).id, "领导小组意见")
        found = proposal(year_of_claims(year), today)
        services.publish(director, clock.now(), year, found.digest, None, today=today)
    client = sign_in(director)
    numbers = numbers_on(client.get("/quotas/").text)
    assert numbers["A-once-together"][0] == listed(client, numbers["A-once-together"][1])
    assert "大一" in client.get(numbers["B-once-together"][1]).text
    assert "大一" not in client.get(numbers["A-once-together"][1]).text


def test_what_another_quota_of_the_group_has_waits_for_no_recognition(app, district, sign_in):
    director, year, today = district["director"], district["year"], clock.today()
    client = sign_in(director)
    assert numbers_on(client.get("/").text)["B-awaiting"][0] == 2, (
        "大二 and 密, while both may count"
    )
    with app.app_context(), transaction():
        batch = services.open_batch(
            director, clock.now(), year, Level.DISTRICT, NewBatch("更正", today, "2号")
        )
        for title, code, decided in (
            ("大一", "B", Decided.NOT_COUNTED),
            ("大二", "A", Decided.APPROVED),
        ):
            services.decide(
                director, clock.now(), district["leads"][title], quota(code, year).id,
                Level.DISTRICT, decided, today=today, batch_id=batch.id, reason="只计大项目",
            )  # fmt: skip
        services.make_exclusive(
            director, clock.now(), year, [quota("A", year).id, quota("B", year).id]
        )
    for path in ("/", "/outlook/"):
        found = numbers_on(client.get(path).text)
        assert [found[f"B-{each}"][0] for each in ("recognised", "awaiting")] == [1, 1], path
    assert [found[f"A-{each}"][0] for each in ("recognised", "awaiting")] == [2, 0]


def test_the_names_behind_a_number_tell_why_and_on_what_paper(district, sign_in):
    page = sign_in(district["director"]).get("/outlook/?quota=A&list=recognised").text
    names = page[page.index('id="names"') :]
    assert "大一" in names
    assert "协议总投资60亿元，达到门槛50亿元" in names
    assert f"（{date(district['year'], 1, 1)}" in names


def test_quotas_show_tells_the_levels_of_a_day(app, district):
    def shown(*args):
        with app.app_context():
            done = app.test_cli_runner().invoke(args=["quotas", "show", *args, "--json"])
        assert done.exit_code == 0, done.output
        return {each["code"]: each for each in json.loads(done.stdout)["quotas"]}

    now = shown()
    assert now["A"]["levels"] == {"unit": 2, "district": 1, "city": 1}
    assert now["B"]["certified"] == now["B"]["levels"]["district"] == 2
    before = (clock.today() - timedelta(days=1)).isoformat()
    if before[:4] == clock.today().isoformat()[:4]:
        assert shown("--on", before)["A"]["levels"] == {"unit": 0, "district": 0, "city": 0}


def test_a_level_without_a_quota_is_refused_in_an_address(sign_in):
    client = sign_in("director")
    assert client.get("/leads/?level=district").status_code == 400
    assert client.get("/leads/?quota=A&level=province").status_code == 400
    assert client.get("/leads/?quota=A&once=perhaps").status_code == 400
    assert client.get("/leads/?quota=OVERLAP&level=district&verdict=counts").status_code == 200


def test_the_list_of_a_sum_names_a_project_once_for_each_quota(district, sign_in):
    client, year = sign_in(district["director"]), district["year"]
    page = client.get(f"/recognition/counted?year={year}&by=district").text
    assert (page.count(">大一<"), page.count(">大二<"), page.count(">实一<")) == (2, 0, 1)
    page = client.get(f"/recognition/counted?year={year}&by=once").text
    assert page.count(">大一<") == 1
    assert ">密<" not in page
    assert "另有1个敏感项目" in page
    for query in ("by=none", "start=-1", "start=x", "year=1999"):
        assert client.get(f"/recognition/counted?{query}").status_code in {400, 404}
