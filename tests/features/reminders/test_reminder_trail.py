"""Who was reminded of a lead or an instruction, asked for beside its page."""

from datetime import date, timedelta

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import transaction
from crm.dispatch.services import instructions
from crm.dispatch.services.instructions import NewInstruction
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.reminders.services import planning

GIVEN = date(2026, 11, 26)


def nine(day):
    return clock.office_moment(day) + timedelta(hours=9)


@pytest.fixture
def escalated(app, person):
    """An instruction about a lead that went from the person to the head and the bureau leader."""
    leader = person(Role.DIRECTOR, "区投资促进局", name="刘洋")
    head = person(Role.UNIT_HEAD, "药山街道", name="王芳")
    staff = person(Role.STAFF, "药山街道", name="李娜")
    with app.app_context():
        with transaction() as session:
            lead = Lead(
                title="高纯硅项目",
                title_key="高纯硅项目",
                stage=Stage.NEGOTIATING,
                stage_since=GIVEN,
                last_progress_on=GIVEN,
                owner_id=staff.id,
                department_id=staff.department_id,
            )
            session.add(lead)
            session.flush()
            wanted = NewInstruction(
                "核实用地指标", staff.department_id, staff.id, leader.id, date(2026, 12, 4), lead.id
            )
            key = instructions.issue(leader, nine(GIVEN), wanted, today=GIVEN).id
            lead_id = lead.id
        for day in (4, 7, 9):
            with transaction():
                planning.plan(nine(date(2026, 12, day)), again=True)
    return {"leader": leader, "head": head, "staff": staff, "lead": lead_id, "instruction": key}


@pytest.mark.parametrize("of", ["lead", "instruction"])
def test_it_tells_who_was_reminded_when_and_in_which_capacity(escalated, sign_in, of):
    client = sign_in(escalated["leader"])
    address = f"/reminders/of-{of}/{escalated[of]}"
    page = client.get(address).text
    told = [
        page.index(words) for words in ("刘洋（局领导）", "王芳（单位负责人）", "李娜（责任人）")
    ]
    assert told == sorted(told)  # the latest first
    for day in ("2026-12-04", "2026-12-07", "2026-12-09"):
        assert day in page
    part = client.get(address, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "王芳（单位负责人）" in part


def test_the_pages_ask_for_it_only_when_somebody_looks(escalated, sign_in):
    client = sign_in(escalated["leader"])
    for page, address in (
        (f"/leads/{escalated['lead']}", f"/reminders/of-lead/{escalated['lead']}"),
        (f"/dispatch/{escalated['instruction']}", f"/reminders/of-instruction/{escalated['instruction']}"),
    ):  # fmt: skip
        text = client.get(page).text
        assert f'hx-get="{address}"' in text
        assert "单位负责人）" not in text


def test_whoever_may_not_see_the_lead_or_the_instruction_is_told_nothing(
    escalated, person, sign_in
):
    stranger = sign_in(person(Role.STAFF, "泺口街道"))
    assert stranger.get(f"/reminders/of-lead/{escalated['lead']}").status_code == 404
    assert stranger.get(f"/reminders/of-instruction/{escalated['instruction']}").status_code == 404
