"""The last and the coming 调度会 of the sample district, and what was given there."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from crm.accounts.queries import actor_by_login
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.dispatch.services import instructions, meetings
from crm.dispatch.services.instructions import NewInstruction, Step
from crm.leads.models import Lead
from crm.leads.rules import IN_TALKS


def load(leads: Sequence[Lead], today: date) -> None:
    """Two meetings a week apart, four instructions: answered, late, running and closed."""
    leader, head = actor_by_login("leader"), actor_by_login("head")
    staff, other = actor_by_login("staff"), actor_by_login("staff2")
    assert leader
    assert head
    assert staff
    assert other
    calendar = work_calendar()
    monday = today - timedelta(days=today.weekday())
    last_on = calendar.working_day_from(monday - timedelta(days=7))
    at = clock.office_moment(last_on, time(9))
    talks = [lead for lead in leads if lead.stage in IN_TALKS and not lead.is_sensitive]
    own = [lead for lead in talks if lead.owner_id == staff.id][:2] or talks[:2]
    theirs = [lead for lead in talks if lead.owner_id == other.id][:2] or talks[:2]

    last = meetings.call(
        leader, at,
        meetings.Called(
            "招商引资调度会", last_on, leader.id, head.id, "二楼会议室",
            "区投资促进局、各街道、园区管委会主要负责人",
        ),
    )  # fmt: skip
    asked = (
        (staff, own[0], "核实用地指标，提出供地时间表", 4),
        (other, theirs[0], "约投资方负责人到区里洽谈，报行程", 1),
        (other, theirs[-1], "补齐投资协议佐证材料", 12),
        (staff, own[-1], "对接区属平台，提出基金配套意见", 9),
    )
    given = []
    items: dict[int, int] = {}
    for to, lead, matter, left in asked:
        if lead.id not in items:
            items[lead.id] = meetings.add_item(leader, at, last.id, lead_id=lead.id).id
            meetings.tick(leader, at, items[lead.id], is_done=True)
        line = meetings.add_line(leader, at, last.id, matter, items[lead.id])
        assert to.department_id
        wanted = NewInstruction(
            matter, to.department_id, to.id, leader.id, last_on + timedelta(days=left), lead.id,
            last.id,
        )  # fmt: skip
        given.append(meetings.instruct(leader, at, line.id, wanted, today=last_on).id)
    meetings.close(leader, at, last.id, last.version)

    later = at + timedelta(days=1)
    instructions.progress(
        staff, later, given[0], Step(1, "已与自然资源部门对接", 60, "会同园区现场踏勘")
    )
    instructions.reply(
        other, later, given[2], Step(1, "协议扫描件已上传", 100), today=clock.office_day(later)
    )
    instructions.reply(
        staff, later, given[3], Step(1, "平台公司同意跟投，意见已报", 100),
        today=clock.office_day(later),
    )  # fmt: skip
    instructions.close(leader, later, given[3], Step(2), today=clock.office_day(later))

    coming = meetings.call(
        leader, at,
        meetings.Called(
            "招商引资调度会", calendar.working_day_from(monday), leader.id, head.id, "二楼会议室"
        ),
    )  # fmt: skip
    item = meetings.add_item(leader, at, coming.id, lead_id=own[0].id)
    meetings.add_line(leader, at, coming.id, "企业对供地时间仍有顾虑，需区里明确", item.id)
    meetings.add_item(leader, at, coming.id, title="下月外出招商安排")
