"""归链: suggested by words and codes, decided by people, never decided twice."""

import re

import pytest
from sqlalchemy import select

from crm.chains.models import Presence, Segment, SegmentFit
from crm.chains.queries.fits import FitFilter, fit_counts, fits_of
from crm.chains.rules import FitBasis, FitState, PresenceRole
from crm.chains.services.examples import take_examples
from crm.chains.services.suggesting import decide, move, suggest_for
from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises.models import Enterprise
from crm.enterprises.services import EnterpriseEntry, save
from crm.history.models import AuditEvent
from tests.leads import opened, registered


@pytest.fixture
def company(app, person):
    """company("名称", scope="…"): a registered company's id."""
    actor = person("staff", "一科")

    def register(name, **facts):
        with app.app_context(), transaction():
            entry = EnterpriseEntry(name=name, **facts)
            return save(actor, clock.now(), None, entry).id

    return register


@pytest.fixture
def segment(app):
    with app.app_context():
        return dict(db.session.execute(select(Segment.code, Segment.id)).all())


def text_of(page):
    """A page's words, without markup and with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", "", page.text).split())


def fits(enterprise_id):
    """{segment code: (state, basis, score)} of a company."""
    return {row.code: (row.state, row.basis, row.score) for row in fits_of(enterprise_id)}


def suggested(*ids):
    with transaction():
        return suggest_for(ids or None)


def test_suggestions_follow_the_words_and_leave_decisions_alone(db_session, company, person):
    actor = person("staff", "二科")
    one = company("北方机器人有限公司", business_scope="工业机器人制造；伺服电机销售")
    two = company("某某商贸有限公司")
    first = suggested(one, two)
    assert (first.companies, first.added) == (2, 1)
    assert fits(one)["IME-M2"][:2] == (FitState.SUGGESTED, FitBasis.KEYWORD)
    again = suggested()
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    with transaction() as session:
        robots = session.scalars(select(SegmentFit)).one()
        decide(actor, clock.now(), [(robots.id, robots.version)], FitState.REJECTED)
        session.get(Enterprise, one).business_scope = "数控机床制造"
        session.get(Enterprise, two).industry_code = "C3421"
    found = suggested(one, two)
    assert (found.added, found.changed, found.removed) == (2, 0, 0)
    assert fits(one)["IME-M2"][0] is FitState.REJECTED
    assert fits(one)["IME-M1"][0] is FitState.SUGGESTED
    assert fits(two)["IME-M1"][1] is FitBasis.INDUSTRY_CODE
    with transaction() as session:
        session.get(Enterprise, two).industry_code = None
    assert suggested(two).removed == 1


def test_as_many_statements_for_hundreds_as_for_one(db_session, company, count_queries):
    with transaction() as session:
        session.add_all(
            Enterprise(name=f"机器人{n}号公司", name_norm=f"{n}", name_loose=f"{n}")
            for n in range(300)
        )
    some = [company("北方机器人有限公司")]
    with count_queries() as few:
        suggested(*some)
    with count_queries() as many:
        assert suggested().companies == 301
    assert len(many) <= len(few) + 1  # asks once more whether that was all


def test_examples_become_companies_once_with_their_seat(db_session, person, segment):
    actor = person("unit_head", "一科")
    taxonomy = {"marks": {"济": "370100"}, "registered": {"金雷股份": "金雷科技股份公司"}}
    with transaction() as session:
        session.execute(select(Segment))
        for each in session.scalars(select(Segment)):
            each.examples = ["金雷股份(济)"] if each.code in {"IME-U7", "IME-M10"} else None
        assert take_examples(actor, clock.now(), taxonomy).registered == 1
    found = db_session.scalars(select(Enterprise)).one()
    assert (found.name, found.short_name, found.region_code) == (
        "金雷科技股份公司", "金雷股份", "370100",
    )  # fmt: skip
    assert {code: fit[1] for code, fit in fits(found.id).items()} == {
        "IME-U7": FitBasis.EXAMPLE,
        "IME-M10": FitBasis.EXAMPLE,
    }
    with transaction():
        again = take_examples(actor, clock.now(), taxonomy)
    assert (again.registered, again.placed) == (0, 0)
    assert suggested().removed == 0


def test_an_example_written_in_two_ways_is_one_company_at_all_its_segments(db_session, person):
    actor = person("unit_head", "一科")
    named = {"IME-U7": "金雷股份(济)", "IME-M10": "金雷股份"}
    with transaction() as session:
        for each in session.scalars(select(Segment)):
            each.examples = [named[each.code]] if each.code in named else None
    with transaction():
        taken = take_examples(actor, clock.now(), {"marks": {"济": "370100"}})
    assert (taken.registered, taken.placed) == (1, 2)
    found = db_session.scalars(select(Enterprise)).one()
    assert found.region_code == "370100"
    assert set(fits(found.id)) == set(named)


def test_many_are_decided_at_once_and_what_changed_meanwhile_is_left(
    app, company, segment, sign_in
):
    one = company("北方机器人有限公司", business_scope="工业机器人制造")
    two = company("南方机器人有限公司", business_scope="工业机器人制造")
    three = company("东方机器人有限公司", business_scope="工业机器人制造")
    with app.app_context():
        suggested(one, two, three)
        ids = dict(db.session.execute(select(SegmentFit.enterprise_id, SegmentFit.id)).all())
    client = sign_in("staff")
    page = text_of(client.get("/chains/fits"))
    assert "北方机器人有限公司" in page
    assert "名称 机器人" in page
    assert f'name="pick" value="{ids[one]}-1"' in client.get("/chains/fits").text
    assert "北方" not in text_of(client.get("/chains/fits?basis=example"))
    client.post("/chains/fits", data={"confirm": f"{ids[one]}-1"})
    nowhere = {"verb": "move", "segment": "", "pick": [f"{ids[two]}-1"]}
    answer = client.post("/chains/fits", data=nowhere, follow_redirects=True)
    assert "请选择环节" in text_of(answer)
    answer = client.post(
        "/chains/fits",
        data={
            "verb": "move",
            "segment": segment["IME-M3"],
            "pick": [f"{ids[two]}-1", f"{ids[one]}-1"],
        },
        follow_redirects=True,
    )
    assert "1条在您查看之后有变化" in text_of(answer)
    with app.app_context():
        assert fits(one)["IME-M2"][0] is FitState.CONFIRMED
        assert fits(two)["IME-M2"][0] is FitState.REJECTED
        assert fits(two)["IME-M3"][:2] == (FitState.CONFIRMED, FitBasis.PERSON)
        assert fit_counts(FitFilter(segment_id=segment["IME-M2"])) == {
            FitState.SUGGESTED: 1, FitState.CONFIRMED: 1, FitState.REJECTED: 1,
        }  # fmt: skip
        told = db.session.scalars(
            select(AuditEvent.action).where(AuditEvent.action.startswith("segment_"))
        ).all()
        assert sorted(told) == ["segment_confirmed", "segment_confirmed", "segment_rejected"]


def test_where_a_company_stands_nobody_is_asked(db_session, company, segment):
    one = company("北方机器人有限公司")
    suggested(one)
    with transaction() as session:
        session.add(
            Presence(
                enterprise_id=one,
                segment_id=segment["IME-M2"],
                role=PresenceRole.SUPPLIER,
                checked_on=clock.today(),
            )
        )
    assert fits(one) == {}
    assert fit_counts(FitFilter())[FitState.SUGGESTED] == 0


def asked(statements):
    return len([each for each in statements if each.startswith("SELECT")])


def test_many_are_put_elsewhere_asking_as_often_as_for_one(
    db_session, company, segment, person, count_queries
):
    actor = person("staff", "二科")
    suggested(*(company(f"第{n}机器人有限公司") for n in range(21)))
    picks = db_session.execute(select(SegmentFit.id, SegmentFit.version)).all()
    with count_queries() as few, transaction():
        move(actor, clock.now(), picks[:1], segment["IME-M3"])
    with count_queries() as many, transaction():
        assert move(actor, clock.now(), picks[1:], segment["IME-M3"]).done == 20
    assert asked(many) == asked(few)
    found = db_session.scalars(select(SegmentFit.state).order_by(SegmentFit.segment_id)).all()
    assert sorted(found) == [FitState.CONFIRMED] * 21 + [FitState.REJECTED] * 21


def test_nobody_is_asked_about_a_segment_out_of_use(db_session, company, segment, person):
    actor = person("staff", "二科")
    one = company("北方机器人有限公司")
    suggested(one)
    with transaction() as session:
        session.get(Segment, segment["IME-M2"]).retired_on = clock.today()
        fit = session.scalars(select(SegmentFit)).one()
        picks = [(fit.id, fit.version)]
    assert fits(one) == {}
    assert fit_counts(FitFilter())[FitState.SUGGESTED] == 0
    with transaction():
        assert decide(actor, clock.now(), picks, FitState.CONFIRMED).left == 1


@pytest.mark.on("sqlite")
def test_a_company_is_put_at_a_segment_on_its_page(app, company, segment, sign_in):
    one = company("北方实业有限公司")
    client = sign_in("staff")
    address = f"/chains/companies/{one}/fits"
    client.post(address, data={"verb": "place", "segment": segment["MED-M1"]})
    page = text_of(client.get(f"/enterprises/{one}"))
    assert "医疗器械 · 医学影像" in page
    assert "确认归链" in page  # its history tells
    with app.app_context(), transaction() as session:
        session.get(Segment, segment["MED-M2"]).retired_on = clock.today()
    answer = client.post(
        address, data={"verb": "place", "segment": segment["MED-M2"]}, follow_redirects=True
    )
    assert "已停用" in text_of(answer)
    assert client.post("/chains/companies/999999/fits", data={"verb": "place"}).status_code == 404


@pytest.mark.on("sqlite")
def test_saving_a_company_suggests_at_once(app, sign_in):
    client = sign_in("staff")
    client.post(
        "/enterprises/new",
        data={"name": "北方数控机床有限公司", "business_scope": "数控机床制造"},
    )
    with app.app_context():
        company_id = db.session.scalar(select(Enterprise.id))
        assert "IME-M1" in fits(company_id)


@pytest.mark.on("sqlite")
def test_a_company_first_named_in_a_lead_is_suggested_at_once(app, sign_in):
    client = sign_in("staff")
    lead_id = registered(client, investor="北方数控机床有限公司")
    form = opened(client, f"/leads/{lead_id}/edit")
    client.post(f"/leads/{lead_id}/edit", data=form | {"local_entity": "天桥工业机器人有限公司"})
    with app.app_context():
        ids = dict(db.session.execute(select(Enterprise.name, Enterprise.id)).all())
        assert "IME-M1" in fits(ids["北方数控机床有限公司"])
        assert "IME-M2" in fits(ids["天桥工业机器人有限公司"])


@pytest.mark.on("sqlite")
def test_readers_look_and_do_not_decide(sign_in):
    client = sign_in("district_leader")
    assert client.get("/chains/fits").status_code == 200
    assert client.post("/chains/fits", data={"verb": "confirm"}).status_code in {403, 404}
    assert client.get("/chains/fits?state=none").status_code == 400
    assert client.get("/chains/fits?chain=x").status_code == 400


def test_the_terminal_looks_through_all_companies(app, company):
    company("北方机器人有限公司")
    result = app.test_cli_runner().invoke(args=["chains", "suggest", "--json"])
    assert result.exit_code == 0, result.output
    assert '"added": 1' in result.output


def test_imported_companies_are_suggested_with_the_import(app, tmp_path):
    file = tmp_path / "companies.csv"
    file.write_text("企业名称,经营范围\n北方实业有限公司,数控机床制造\n", encoding="utf-8-sig")
    result = app.test_cli_runner().invoke(args=["enterprises", "import", str(file)])
    assert result.exit_code == 0, result.output
    with app.app_context():
        assert "IME-M1" in fits(db.session.scalar(select(Enterprise.id)))
