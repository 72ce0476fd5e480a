"""The pages of criteria: read by all, built step by step and signed by bureau leaders."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.closing.services.closing import close_period
from crm.core import clock
from crm.core.db import db, transaction
from crm.quotas.models import CriteriaVersion, Quota, Verdict
from crm.quotas.services import rejudge_all
from tests.features.quota_leads import AT, TODAY, YI, add_figure, add_lead, add_signed

pytestmark = pytest.mark.on("sqlite")

HOME = "/quotas/criteria/2026/B"
DRAFT = f"{HOME}/draft"


@pytest.fixture
def leader(sign_in, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    return sign_in("director")


@pytest.fixture
def drafting(app, leader):
    leader.post(DRAFT)
    return leader


def draft(app) -> CriteriaVersion:
    with app.app_context():
        return db.session.scalars(
            select(CriteriaVersion).where(CriteriaVersion.published_at.is_(None))
        ).one()


def step(client, app, name, at="", **fields):
    return client.post(f"{DRAFT}/{name}", data={"version": draft(app).version, "at": at, **fields})


def condition(client, app, clause, at="", name="add", **fields):
    return client.post(
        f"{DRAFT}/{name}?at={at}&clause={clause}", data={"version": draft(app).version, **fields}
    )


def text_of(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.get_data(as_text=True)))


def test_every_reader_of_leads_reads_the_criteria_and_only_leaders_change_them(sign_in):
    for role in ("staff", "unit_head", "district_leader", "auditor", "director"):
        client = sign_in(role, "药山街道" if role in {"staff", "unit_head"} else None)
        for address in ("/quotas/criteria?year=2026", HOME):
            page = client.get(address)
            assert page.status_code == 200
            assert "实体项目且总投资5亿元以上（含）" in page.text
            assert "示例" in page.text
            assert ("修改口径" in page.text) is (role == "director")
        if role != "director":
            assert client.post(DRAFT).status_code == 403
            assert client.get(DRAFT).status_code == 403
            assert client.get(f"{HOME}/plan").status_code == 403


def test_a_criterion_is_built_previewed_by_name_and_signed(app, drafting):
    with app.app_context(), transaction():
        near = add_signed("差一点的项目", 4 * YI)
        add_signed("去年的项目", 4 * YI, on=date(2025, 6, 1))
        talks = add_lead("在谈的项目")
        add_figure(talks, 4 * YI)
        rejudge_all(today=TODAY, at=AT)
    assert condition(drafting, app, "amount", "0", field="total_investment",
                     at_least_yuan="4亿").status_code == 302  # fmt: skip
    assert step(drafting, app, "remove", "0.1").status_code == 302
    told = draft(app).criteria["any_of"][0]
    assert told == {
        "all": [
            {"clause": "is_physical"},
            {"clause": "amount", "field": "total_investment", "at_least_yuan": 4 * YI},
        ]
    }
    page = drafting.get(f"{DRAFT}/publish")
    text = text_of(page)
    assert page.status_code == 200
    assert "差一点的项目" in text
    assert "去年的项目" in text
    assert "在谈的项目" in text
    assert "协议总投资4亿元，达到门槛4亿元" in text
    assert "已签约 0 → 1" in text
    assert "实体项目且总投资4亿元以上（含）" in text
    with app.app_context():
        assert db.session.scalars(select(Verdict.verdict).where(Verdict.lead_id == near.id)).all()
    refused = drafting.post(f"{DRAFT}/publish", data={"version": draft(app).version})
    assert refused.status_code == 422
    assert "差一点的项目" in refused.text
    done = drafting.post(
        f"{DRAFT}/publish",
        data={
            "version": draft(app).version,
            "document_number": "天招〔2026〕8号",
            "in_force_from": TODAY.isoformat(),
            "note": "按会议纪要调整",
        },
        follow_redirects=True,
    )
    text = text_of(done)
    assert "已发布并施行，重新判定后改变2条结果" in text
    assert "天招〔2026〕8号" in text
    assert drafting.actor.name in text
    assert "按会议纪要调整" in text
    compared = text_of(drafting.get(f"{HOME}?before=1&after=2"))
    assert "第1项条件" in compared
    assert "实体项目且总投资5亿元以上（含）" in compared


def test_every_kind_of_condition_is_added_and_edited_by_its_form(app, drafting):
    step(drafting, app, "add-group", kind="all")
    at = str(len(draft(app).criteria["any_of"]) - 1)
    for clause, fields, said in (
        ("is_physical", {}, {}),
        ("is_headquarters", {"types": ["regional"]}, {"types": ["regional"]}),
        ("nature", {"of": ["new", "expansion"]}, {"of": ["new", "expansion"]}),
        ("zone", {"of": ["smart"]}, {"of": ["smart"]}),
        ("chain_role", {"of": ["supplier"]}, {"of": ["supplier"]}),
        (
            "ranking",
            {"lists": ["china_500"], "min_shareholding": "51", "first_entry": "y"},
            {"lists": ["china_500"], "min_shareholding": "0.51", "first_entry": True},
        ),
        (
            "amount",
            {"field": "headquarters_revenue", "at_least_yuan": "10亿", "basis": ["actual"]},
            {"field": "headquarters_revenue", "at_least_yuan": 10 * YI, "basis": ["actual"]},
        ),
    ):
        form = drafting.get(f"{DRAFT}?at={at}&panel=add&clause={clause}")
        assert form.status_code == 200
        assert condition(drafting, app, clause, at, **fields).status_code == 302
        assert draft(app).criteria["any_of"][int(at)]["all"][-1] == {"clause": clause, **said}
    edited = drafting.get(f"{DRAFT}?at={at}.6&panel=edit")
    assert 'value="10亿元"' in edited.text
    answer = condition(drafting, app, "", f"{at}.6", "edit", field="headquarters_revenue",
                       at_least_yuan="12.5亿")  # fmt: skip
    assert answer.status_code == 302
    assert draft(app).criteria["any_of"][int(at)]["all"][6] == {
        "clause": "amount", "field": "headquarters_revenue", "at_least_yuan": 1_250_000_000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "fields", "says"),
    [
        ("amount", {"field": "total_investment"}, "请填写"),
        ("amount", {"field": "total_investment", "at_least_yuan": "很多"}, "field-error"),
        ("amount", {"field": "total_investment", "at_least_yuan": "约5亿"}, "确定的人民币金额"),
        ("amount", {"field": "total_investment", "at_least_yuan": "5-6亿"}, "确定的人民币金额"),
        ("amount", {"field": "total_investment", "at_least_yuan": "7000万美元"}, "确定的人民币金额"),
        ("amount", {"field": "total_investment", "at_least_yuan": "0"}, "field-error"),
        ("amount", {"field": "gdp", "at_least_yuan": "5亿"}, "请从列表中选择"),
        ("ranking", {"lists": []}, "请填写"),
        ("ranking", {"lists": ["best_of"]}, "请从列表中选择"),
        ("ranking", {"lists": ["china_500"], "min_shareholding": "300"}, "持股比例应在0到1之间"),
        ("ranking", {"lists": ["china_500"], "min_shareholding": "-1"}, "持股比例应在0到1之间"),
        ("ranking", {"lists": ["china_500"], "min_investment_yuan": "-5"}, "field-error"),
        ("nature", {"of": []}, "请填写"),
        ("chain_role", {"of": ["owner"]}, "请从列表中选择"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_condition_stands_beside_its_field(
    app, drafting, clause, fields, says
):
    before = draft(app).criteria
    answer = condition(drafting, app, clause, **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert draft(app).criteria == before


def test_steps_move_group_and_turn_parts(app, drafting):
    first, second = draft(app).criteria["any_of"]
    step(drafting, app, "down", "0")
    assert draft(app).criteria["any_of"] == [second, first]
    step(drafting, app, "up", "1")
    assert draft(app).criteria["any_of"] == [first, second]
    step(drafting, app, "turn", "0", kind="any")
    assert draft(app).criteria["any_of"][0] == {"any_of": first["all"]}
    step(drafting, app, "wrap", "0.0", kind="none")
    assert draft(app).criteria["any_of"][0]["any_of"][0] == {"not": first["all"][0]}
    step(drafting, app, "move", "0.1", into="1")
    assert draft(app).criteria["any_of"][1]["all"][-1] == first["all"][1]
    page = drafting.get(f"{DRAFT}?at=0.0&panel=move")
    assert "单独编成一组" in page.text
    both = text_of(page)
    assert "不属于（实体项目）" in both
    assert "Physical project" in both or "physical project" in both


def test_an_empty_group_and_a_contradiction_are_told_at_their_place_and_not_published(
    app, drafting
):
    step(drafting, app, "add-group", kind="all")
    assert "列表不能为空" in drafting.get(DRAFT).text
    assert "还不能发布" in drafting.get(f"{DRAFT}/publish").text
    condition(drafting, app, "is_physical", "2")
    step(drafting, app, "add-group", "2", kind="none")
    condition(drafting, app, "is_physical", "2.1")
    page = drafting.get(DRAFT)
    assert "条件自相矛盾，没有项目能够满足" in page.text
    answer = drafting.post(
        f"{DRAFT}/publish",
        data={
            "version": draft(app).version,
            "document_number": "x",
            "in_force_from": TODAY.isoformat(),
        },
    )
    assert answer.status_code == 422
    with app.app_context():
        assert db.session.scalar(select(Quota.is_example).where(Quota.code == "B"))


def test_types_and_the_counting_event_stand_beside_the_tree(app, drafting):
    answer = drafting.post(
        f"{DRAFT}/event",
        data={"version": draft(app).version, "event": "started", "exclusions": ["fund"]},
    )
    assert answer.status_code == 302
    kept = draft(app)
    assert (kept.event, kept.criteria["exclusions"]) == ("started", ["fund"])
    step(drafting, app, "down", "0")
    assert draft(app).criteria["exclusions"] == ["fund"]
    page = text_of(drafting.get(f"{DRAFT}/publish"))
    assert "按开工计数" in page
    assert "不计入类型" in page
    wrong = drafting.post(f"{DRAFT}/event", data={"version": draft(app).version, "event": "never"})
    assert wrong.status_code == 422


def test_what_two_people_do_to_one_draft_is_told_and_nothing_is_lost(app, drafting, sign_in):
    other, seen = sign_in("director"), draft(app).version
    step(other, app, "down", "0")
    before = draft(app).criteria
    for answer in (
        drafting.post(f"{DRAFT}/remove", data={"version": seen, "at": "0"}),
        drafting.post(f"{DRAFT}/add?at=&clause=is_physical", data={"version": seen}),
        drafting.post(f"{DRAFT}/event", data={"version": seen, "event": "signed"}),
        drafting.post(f"{DRAFT}/discard", data={"version": seen}),
        drafting.post(
            f"{DRAFT}/publish",
            data={"version": seen, "document_number": "x", "in_force_from": TODAY.isoformat()},
        ),
    ):
        assert answer.status_code == 409
        assert other.actor.name in answer.text
    assert draft(app).criteria == before
    assert drafting.get(f"{DRAFT}/remove").status_code == 302


def test_a_draft_is_given_up_without_a_trace_in_the_rules(app, drafting):
    step(drafting, app, "discard")
    assert drafting.get(DRAFT).status_code == 404
    assert "修改口径" in drafting.get(HOME).text


JUNK = (
    "",
    "-1",
    "9" * 40,
    "1.2.3.4.5.6.7.8.9.1.2.3",
    "x\x00y",
    "💣" * 40,
    "亿" * 3000,
    "../..",
    "0.99",
)


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_the_editor_is_refused_in_plain_words(app, drafting, junk):
    version = draft(app).version
    for name in ("at", "panel", "clause", "before", "after", "year"):
        for address in (DRAFT, HOME, f"{DRAFT}/publish", "/quotas/criteria"):
            assert drafting.get(address, query_string={name: junk}).status_code < 500
    for name in ("add-group", "turn", "wrap", "up", "down", "move", "remove", "discard", "nothing"):
        fields = {"version": junk, "at": junk, "kind": junk, "into": junk}
        assert drafting.post(f"{DRAFT}/{name}", data=fields).status_code in {
            302,
            400,
            404,
            409,
            422,
        }
        fields = {**fields, "version": version, "at": "0"}
        assert drafting.post(f"{DRAFT}/{name}", data=fields).status_code < 500
    for clause in ("amount", "ranking", "nature", junk):
        fields = dict.fromkeys(
            ("version", "field", "at_least_yuan", "lists", "min_shareholding", "of", "basis"), junk
        )
        for name in ("add", "edit"):
            answer = drafting.post(
                f"{DRAFT}/{name}", query_string={"at": "0", "clause": clause}, data=fields
            )
            assert answer.status_code < 500
    for address, names in (
        (f"{DRAFT}/publish", ("document_number", "in_force_from", "note", "version")),
        (f"{DRAFT}/event", ("event", "exclusions", "version")),
        (f"{HOME}/plan", ("target", "opens", "closes", "modality", "rounding", "version")),
    ):
        assert drafting.post(address, data=dict.fromkeys(names, junk)).status_code < 500
    assert drafting.get(f"/quotas/criteria/2026/{junk[:50]}/draft").status_code < 500


def test_target_and_period_are_changed_on_a_document(app, leader):
    page = leader.get(f"{HOME}/plan")
    assert 'value="12"' in page.text
    fields = {
        "version": 1, "target": "0", "modality": "at_least", "rounding": "up",
        "opens": "2026-01-01", "closes": "2026-12-25", "document_number": "区委〔2026〕3号",
    }  # fmt: skip
    for target, says in (
        ("0", "目标应大于0"),
        ("-1", "目标应大于0"),
        ("十", "请填写整数"),
        ("", "请填写"),
    ):
        answer = leader.post(f"{HOME}/plan", data={**fields, "target": target})
        assert answer.status_code == 422
        assert says in answer.text
    assert leader.post(f"{HOME}/plan", data={**fields, "target": "15"}).status_code == 302
    assert leader.post(f"{HOME}/plan", data={**fields, "target": "16"}).status_code == 409
    page = text_of(leader.get(HOME))
    assert "不少于 15个" in page or "不少于15个" in page
    assert "2026-12-25" in page


def test_a_version_signed_ahead_is_shown_as_waiting(app, drafting):
    step(drafting, app, "remove", "0")
    drafting.post(
        f"{DRAFT}/publish",
        data={
            "version": draft(app).version,
            "document_number": "天招〔2026〕9号",
            "in_force_from": "2026-12-01",
        },
    )
    page = text_of(drafting.get("/quotas/criteria?year=2026"))
    assert "第2版已签发，自2026-12-01起施行（天招〔2026〕9号）" in page
    assert "实体项目且总投资5亿元以上（含）" in page
    assert "待施行" in text_of(drafting.get(HOME))


def test_pages_take_as_many_queries_however_much_there_is(app, drafting, count_queries):
    seen = []
    for _ in range(2):
        with count_queries() as list_page:
            drafting.get("/quotas/criteria?year=2026")
        with count_queries() as versions_page:
            drafting.get(HOME)
        with count_queries() as editor_page:
            drafting.get(DRAFT)
        with count_queries() as preview_page:
            drafting.get(f"{DRAFT}/publish")
        seen.append([len(each) for each in (list_page, versions_page, editor_page, preview_page)])
        with app.app_context(), transaction():
            for n in range(8):
                add_signed(f"项目{n}", 4 * YI)
            rejudge_all(today=TODAY, at=AT)
        step(drafting, app, "remove", "0")
        condition(drafting, app, "amount", field="total_investment", at_least_yuan="4亿")
    assert seen[0][:3] == seen[1][:3]
    assert seen[1][3] <= seen[0][3] + 14
    assert max(seen[1]) <= 45, seen


def test_the_english_pages_are_english(app, drafting, person, sign_in):
    client = sign_in(person("director", locale="en"))
    for address in ("/quotas/criteria?year=2026", HOME, DRAFT, f"{DRAFT}/publish"):
        page = client.get(address)
        assert page.status_code == 200
        main = re.search(r"<main.*</main>", page.text, re.DOTALL)[0]
        assert "Physical project" in main or "physical project" in main


def test_a_lead_that_drops_out_is_told_by_what_keeps_it_out_now(app, drafting):
    with app.app_context(), transaction():
        signed = add_signed("承诺营收的总部", YI, is_physical=False, is_headquarters=True)
        add_figure(
            signed, 12 * YI, kind="headquarters_revenue", source="agreement", basis="committed",
            as_of=date(2026, 10, 18), document="投资协议第5条",
        )  # fmt: skip
        rejudge_all(today=TODAY, at=AT)
    condition(drafting, app, "", "1.1", "edit", field="headquarters_revenue",
              at_least_yuan="10亿", basis=["actual"])  # fmt: skip
    page = text_of(drafting.get(f"{DRAFT}/publish"))
    assert "已签约 1 → 0" in page
    assert "总部营业收入12亿元的口径不在认定范围" in page


def test_sensitive_leads_are_counted_in_the_trial_and_not_named(app, drafting):
    with app.app_context(), transaction():
        add_signed("保密的项目", 4 * YI, is_sensitive=True)
        rejudge_all(today=TODAY, at=AT)
    condition(drafting, app, "amount", field="total_investment", at_least_yuan="4亿")
    page = text_of(drafting.get(f"{DRAFT}/publish"))
    assert "已签约 0 → 1" in page
    assert "保密的项目" not in page
    assert "另有1个敏感项目，不列名称" in page


def test_nothing_is_published_into_a_closed_month(app, drafting):
    with app.app_context(), transaction():
        close_period(drafting.actor, AT, 2026, 10, None, today=TODAY)
    step(drafting, app, "remove", "0")
    fields = {"version": draft(app).version, "document_number": "天招〔2026〕8号"}
    answer = drafting.post(f"{DRAFT}/publish", data={**fields, "in_force_from": "2026-10-20"})
    assert answer.status_code == 422
    assert "这一天所在的月份已封账，请改为之后的日期" in answer.text
    answer = drafting.post(f"{DRAFT}/publish", data={**fields, "in_force_from": "2026-11-20"})
    assert answer.status_code == 302


def test_the_trail_tells_criteria_as_sentences(app, drafting):
    step(drafting, app, "remove", "0")
    fields = {"version": draft(app).version, "document_number": "天招〔2026〕8号"}
    drafting.post(f"{DRAFT}/publish", data={**fields, "in_force_from": TODAY.isoformat()})
    page = text_of(drafting.get("/history/"))
    assert "认定口径开始施行" in page
    assert "实体项目且总投资5亿元以上（含），或总部项目" in page
    assert "any_of" not in page
