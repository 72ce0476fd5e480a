"""What each filter of 项目库 means: the leads it finds, and no others."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.chains.models import Chain
from crm.core.db import db, transaction
from crm.leads import queries
from crm.leads.models import Lead, Milestone
from crm.leads.rules import IN_TALKS, ChainRole, MilestoneKind, Path, Stage, quiet_light
from crm.leads.rules.filters import CountedEvent, Due, LeadFilter, Outcome, Quiet
from crm.places.models import Zone
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import judged_leads
from crm.reminders.models import ReminderSetting
from crm.reminders.queries.lights import quiet_lights
from crm.reminders.rules import ReminderKind
from tests.databases import trial

TODAY = date(2026, 11, 23)


def ids_matching(app: Any, actor: Actor, wanted: LeadFilter, today: date = TODAY) -> set[int]:
    with app.app_context():
        statement = queries.leads_matching(
            actor, wanted, today, judged=judged_leads(wanted, today), lights=quiet_lights(today)
        )
        return set(db.session.scalars(statement))


def test_every_filter_finds_its_leads_and_no_others(app, person, add_leads):
    staff = person("staff", "药山街道")
    director = person("director")
    with app.app_context():
        chain = db.session.scalar(select(Chain.id).order_by(Chain.id))
    late, week, none, quiet, big, chained, owned, parked = add_leads(
        {"next_action_on": TODAY - timedelta(days=1)},
        {"next_action_on": TODAY + timedelta(days=6)},
        {"stage": Stage.CONTACTED},
        {
            "stage": Stage.NEGOTIATING,
            "last_progress_on": TODAY - timedelta(days=60),
            "next_action_on": TODAY + timedelta(days=30),
        },
        {"investment_yuan": 5 * 10**8, "next_action_on": TODAY + timedelta(days=30)},
        {
            "chain_id": chain,
            "chain_role": ChainRole.SUPPLIER,
            "next_action_on": TODAY + timedelta(days=30),
        },
        {
            "owner_id": staff.id,
            "department_id": staff.department_id,
            "next_action_on": TODAY + timedelta(days=30),
        },
        {"stage": Stage.PARKED},
    )
    everything = {late, week, none, quiet, big, chained, owned, parked}

    def found(**wanted: Any) -> set[int]:
        return ids_matching(app, director, LeadFilter(**wanted))

    assert found() == everything
    assert found(due=Due.OVERDUE) == {late}
    assert found(due=Due.WEEK) == {week}
    assert found(due=Due.NONE) == {none}
    assert found(quiet=Quiet.RED) == {quiet}
    assert found(quiet=Quiet.ANY) == {quiet}
    assert found(quiet=Quiet.YELLOW) == set()
    assert found(amount_from=5 * 10**8) == {big}
    assert found(amount_to=5 * 10**8 - 1) == set()
    assert found(chain=chain) == {chained}
    assert found(chain=0) == everything - {chained}
    assert found(chain_role=ChainRole.SUPPLIER) == {chained}
    assert found(chain_role=ChainRole.ANCHOR) == set()
    assert found(chain_role=0) == everything - {chained}
    assert found(owner=staff.id) == {owned}
    assert found(department=staff.department_id) == {owned}
    assert found(stage=Stage.PARKED) == {parked}
    assert found(sensitive=True) == set()


def test_a_filter_by_place_sponsor_and_milestone_finds_its_leads(app, person, add_leads):
    director, sponsor = person("director"), person("district_leader")
    with app.app_context():
        zone = db.session.scalar(select(Zone.id).order_by(Zone.id))
    there, sponsored, on_land, moved_in, undecided = add_leads(
        {"zone_id": zone},
        {"sponsor_id": sponsor.id},
        {"path": Path.LAND},
        {"path": Path.CARRIER},
        {"path": None},
    )
    with app.app_context(), transaction() as session:

        def reach(lead: int, kind: MilestoneKind, on: date | None, known_on: date) -> None:
            session.add(Milestone(lead_id=lead, kind=kind, happened_on=on, known_on=known_on))

        march, may = date(2026, 3, 2), date(2026, 5, 6)
        reach(on_land, MilestoneKind.STARTED, march, may)
        reach(on_land, MilestoneKind.MOVED_IN, may, may)  # means nothing on land
        reach(moved_in, MilestoneKind.MOVED_IN, None, may)
        reach(undecided, MilestoneKind.TAXPAYING, may, may)
        reach(undecided, MilestoneKind.STARTED, march, may)

    def found(**wanted: Any) -> set[int]:
        return ids_matching(app, director, LeadFilter(**wanted))

    everything = {there, sponsored, on_land, moved_in, undecided}
    assert found(zone=zone) == {there}
    assert found(zone=0) == everything - {there}
    assert found(sponsor=sponsor.id) == {sponsored}
    assert found(milestone=MilestoneKind.STARTED) == {on_land, moved_in, undecided}
    assert found(milestone=MilestoneKind.STARTED, until=date(2026, 4, 1)) == {on_land, undecided}
    assert found(milestone=MilestoneKind.STARTED, since=date(2026, 4, 1)) == {moved_in}
    assert found(milestone=MilestoneKind.MOVED_IN, since=may) == {on_land, moved_in}
    assert found(milestone=MilestoneKind.FILED) == set()


def test_a_filter_by_quota_lists_the_leads_behind_each_number(app, person, add_leads):
    director = person("director")
    signed, pending, registered, early, no = add_leads({}, {}, {}, {}, {})
    day = date(2026, 5, 6)
    with app.app_context(), transaction() as session:
        quota = session.scalar(select(Quota.id).where(Quota.year == 2026, Quota.code == "A"))

        def judge(lead: int, verdict: str, since: date | None, **more: Any) -> None:
            session.add(
                Verdict(
                    quota_id=quota,
                    lead_id=lead,
                    verdict=verdict,
                    reasons=[],
                    signed_from=since,
                    **more,
                )
            )

        judge(signed, "counts", day)
        judge(pending, "pending", day, is_signed_pending=True)
        judge(registered, "counts", day, registered_from=day, is_registered_pending=True)
        judge(early, "counts", None)
        judge(no, "no", None)

    def found(**wanted: Any) -> set[int]:
        return ids_matching(app, director, LeadFilter(quota="A", year=2026, **wanted))

    assert found(event=CountedEvent.SIGNED) == {signed, pending, registered}
    assert found(event=CountedEvent.REGISTERED) == {registered}
    assert found(event=CountedEvent.STARTED) == set()
    assert found(event=CountedEvent.SIGNED, verdict=Outcome.PENDING) == {pending}
    assert found(event=CountedEvent.REGISTERED, verdict=Outcome.PENDING) == {registered}
    assert found(event=CountedEvent.SIGNED, since=day, until=day) == {signed, pending, registered}
    assert found(event=CountedEvent.SIGNED, until=day - timedelta(days=1)) == set()
    assert found(event=CountedEvent.SIGNED, since=day + timedelta(days=1)) == set()
    assert found(verdict=Outcome.NO) == {no}
    assert found() == {signed, pending, registered, early, no}


SET_LIGHTS = {
    "as begun": {},
    "only some, in working days": {"steps": "yellow:7,withdraw:60", "in_working_days": True},
    "off": {"steps": "notice:3", "is_on": False},
}
ANEW = (
    {"stage": Stage.NEGOTIATING, "scope_key": "a", "steps": "notice:3,red:9"},
    {"is_headquarters": True, "at_least_yuan": 5, "scope_key": "b", "steps": "yellow:5,red:40"},
    {"is_headquarters": False, "scope_key": "c", "steps": "notice:1", "is_on": False},
)


@pytest.mark.parametrize("general", SET_LIGHTS)
@pytest.mark.parametrize("anew", [(), ANEW])
def test_the_list_of_quiet_leads_is_what_the_rule_says_however_lights_are_set(app, general, anew):
    with app.app_context(), trial():
        own = [SET_LIGHTS[general]] if SET_LIGHTS[general] else []
        db.session.add_all(
            ReminderSetting(**{"kind": ReminderKind.QUIET, **row}) for row in (*own, *anew)
        )
        leads = [
            Lead(
                title="x", stage=stage, stage_since=TODAY, is_headquarters=form,
                investment_yuan=yuan, last_progress_on=TODAY - timedelta(days=days),
            )
            for stage in (*IN_TALKS, Stage.LEAD, Stage.SIGNED)
            for days in (0, 1, 2, 3, 5, 6, 8, 9, 10, 13, 14, 30, 39, 40, 60, 90, 180)
            for form, yuan in ((None, None), (True, 4), (True, 5), (False, 9))
        ]  # fmt: skip
        db.session.add_all(leads)
        db.session.flush()
        lights = quiet_lights(TODAY)
        said = {
            lead.id: quiet_light(
                lead.stage, lead.last_progress_on, lights,
                is_headquarters=lead.is_headquarters, yuan=lead.investment_yuan,
            )
            for lead in leads
        }  # fmt: skip
        for quiet in Quiet:
            listed = set(
                db.session.scalars(select(Lead.id).where(queries.quiet_condition(quiet, lights)))
            )
            assert listed == {key for key, light in said.items() if light in quiet.lights}, quiet
