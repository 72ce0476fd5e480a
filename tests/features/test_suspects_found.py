"""Suspects are looked for among a few: the answer is that of comparing every project there is."""

from datetime import date
from random import Random

import pytest
from sqlalchemy import select

from crm.core.db import db, transaction
from crm.enterprises.models import Contact
from crm.enterprises.rules import title_key
from crm.leads.models import Lead
from crm.quotas.models import Verdict
from crm.quotas.rules import Outcome
from crm.recognition.queries import suspicions
from crm.recognition.queries.suspects import contending, known_projects
from crm.recognition.rules import pairs_alike
from crm.recognition.rules.suspects import MANY
from tests.features.quota_leads import AT, add_enterprise, add_lead
from tests.features.recognition_cases import YEAR, quota

TITLES = (
    "储能产业园", "储能产业园（二期）", "第2期 储能产业园项目", "储能·产业园II期", "储能", "二期",
    "V期 abc_%", "ABC_%", "abc", "风电叶片 项目", "风电叶片", "预期收益管理平台", "(一期)", "项目",
)  # fmt: skip
ADDRESSES = (
    None, "山东省济南市天桥区药山街道1号", "药山街道 1号", "中国 济南药山街道1号）", "药山街道11号", "1号",
    "天桥区", "无影山路·3号 B座", "无影山路3号B座",
)  # fmt: skip
PHONES = (
    None, "13800001111", "+86 138-0000-1111", "138 00 00 11 11转8", "１３８００００１１１１", "8613800001111",
    "0531-88881234", "(0531)88881234", "88881234", "531 8888 1234", "110", "", "无", "138.0000.1111",
)  # fmt: skip
PEOPLE = (None, None, "赵六", "赵 六", "钱·七", "钱七", "Ann Groß", "ANN GROSS", "孙")


def district(random: Random) -> list[int]:
    """Projects of two years that share what projects share; about a third in no number at all."""
    companies = [add_enterprise(f"公司{n}", address=random.choice(ADDRESSES)) for n in range(14)]
    for company in companies:
        company.legal_representative = random.choice(PEOPLE)
    for place, company in enumerate(companies):
        if place and random.random() < 0.7:
            company.parent_id = random.choice(companies[max(0, place - 3) : place]).id
        for _ in range(random.choice((0, 1, 2))):
            db.session.add(
                Contact(enterprise_id=company.id, name="赵", phone=random.choice(PHONES))
            )
    companies[0].parent_id = companies[random.randrange(1, 5)].id  # those above each other
    leads = []
    for _ in range(34):
        title = random.choice(TITLES)
        lead = add_lead(
            title,
            title_key=random.choice((title_key(title), "")),
            investor_id=random.choice((None, random.choice(companies).id)),
            legal_entity_id=random.choice((None, None, random.choice(companies).id)),
            landing_address=random.choice(ADDRESSES),
        )
        if leads and random.random() < 0.2:
            lead.contract_lead_id = random.choice(leads).id
        leads.append(lead)
    crowd = MANY + random.choice((-1, 0, 1))
    leads += [add_lead(f"园内{n}号", landing_address="同一园区大道9号") for n in range(crowd)]
    for lead in leads:
        drawn = random.random()
        if drawn < 0.65:
            _stands(lead, YEAR if drawn < 0.3 else YEAR - 1, Outcome.COUNTS)
        elif drawn < 0.8:
            _stands(lead, YEAR, Outcome.NO)
    db.session.flush()
    return [lead.id for lead in leads]


def _stands(lead: Lead, year: int, outcome: Outcome) -> None:
    db.session.add(
        Verdict(
            quota_id=quota("B", year).id,
            lead_id=lead.id,
            verdict=outcome,
            reasons=[],
            judged_at=AT,
            signed_from=date(year, 5, 1),
        )
    )


def compared_with_all(wanted: set[int]):
    """The obvious way: all that count in any year, and the wanted ones, each compared."""
    counting = db.session.scalars(
        select(Verdict.lead_id).where(
            Verdict.verdict != Outcome.NO, Verdict.signed_from.is_not(None)
        )
    )
    return pairs_alike(known_projects(wanted | set(counting)), wanted)


@pytest.mark.parametrize("seed", range(6))
def test_the_suspects_are_those_of_comparing_every_project(db_session, seed):
    random = Random(seed)
    with transaction():
        ids = district(random)
        few = [{random.choice(ids)} for _ in range(6)]
        some = [set(random.sample(ids, size)) for size in (2, 5, 6, 20)]
        for wanted in (*few, *some):
            found = tuple(each.pair for each in suspicions(YEAR, wanted))
            assert found == compared_with_all(wanted)
        whole = tuple(each.pair for each in suspicions(YEAR))
        assert whole == compared_with_all(set(contending(YEAR)))
        assert whole


def test_they_take_as_many_queries_however_many_projects_there_are(db_session, count_queries):
    with transaction():
        seen = []
        for _ in range(2):
            district(Random(1))
            with count_queries() as statements:
                suspicions(YEAR)
            seen.append(len(statements))
    assert seen[0] == seen[1] <= 4
