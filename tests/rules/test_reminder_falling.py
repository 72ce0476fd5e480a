"""What falls due, for whom and how it is told: what holds whatever the facts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.days import WorkCalendar
from crm.leads.rules import Stage
from crm.reminders.rules.falling import (
    Days,
    LeadClock,
    OpenDay,
    QuotaStanding,
    due_of_day,
    due_of_lead,
    due_of_quota,
    overdue_since,
    setting_for,
)
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState, Timing
from crm.reminders.rules.people import Away, Charge, Office, delegates, told_to
from crm.reminders.rules.settings import DEFAULTS, Setting, Settings, Step
from crm.reminders.rules.telling import Open, Wishes, telling

OFFICE = Settings(DEFAULTS)
DAY = date(2026, 3, 2)
HOLIDAYS = frozenset(date(2026, 2, 16) + timedelta(days=n) for n in range(8))
CALENDAR = WorkCalendar(
    workdays=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
    holidays=frozenset(day for day in HOLIDAYS if day.weekday() < 5),
    years=frozenset({2026}),
)
days = st.dates(date(2025, 6, 1), date(2026, 12, 31))
maybe_days = st.none() | days
leads = st.builds(
    LeadClock,
    lead_id=st.just(1),
    stage=st.sampled_from(Stage),
    entered_on=days,
    stage_since=days,
    last_progress_on=maybe_days,
    is_imported=st.booleans(),
    is_headquarters=st.none() | st.booleans(),
    investment_yuan=st.none() | st.integers(0, 10**11),
    next_action_on=maybe_days,
    has_response=st.booleans(),
    is_screened=st.booleans(),
    has_referrer=st.booleans(),
    fed_back_on=maybe_days,
    signed_on=maybe_days,
    expected_sign_on=maybe_days,
    expected_landing_on=maybe_days,
    papers_wanted_since=maybe_days,
)
step_days = st.lists(st.integers(-40, 90), min_size=1, max_size=4, unique=True).map(sorted)
escalation = st.none() | st.integers(0, 12)


@st.composite
def own_settings(draw: st.DrawFn, kind: ReminderKind | None = None) -> Setting:
    steps = tuple(Step(f"s{n}", each) for n, each in enumerate(draw(step_days)))
    return Setting(
        kind or draw(st.sampled_from(ReminderKind)),
        steps,
        in_working_days=draw(st.booleans()),
        to_unit_head_after=draw(escalation),
        to_director_after=draw(escalation),
    )


PEOPLE = Office(frozenset(range(1, 8)), {1: (2, 3)}, (4, 5))


def told(lead: LeadClock, today: date, of: Settings = OFFICE) -> dict[ReminderKind, set[int]]:
    """By kind everybody who is told of a lead owned by 1 in the unit of 2 and 3."""
    found = {}
    for due in due_of_lead(lead, of, Days(CALENDAR, today)):
        setting = setting_for(due.kind, lead, of)
        assert setting is not None
        since = overdue_since(due, setting, Days(CALENDAR, DAY))
        people = told_to(Charge(1, 1), since, setting, PEOPLE, Days(CALENDAR, today))
        assert len({each.person_id for each in people}) == len(people), "nobody is told twice"
        found[due.kind] = {each.person_id for each in people}
    return found


# --- due ---


@given(leads, days, st.integers(0, 200), own_settings())
def test_what_is_due_stays_due_at_that_step_or_a_further_one_until_the_facts_change(
    lead, today, later, own
):
    of = Settings([own, *(each for each in DEFAULTS if each.kind is not own.kind)])

    def steps(on: date) -> dict[ReminderKind, int]:
        found = {}
        for due in due_of_lead(lead, of, Days(CALENDAR, on)):
            setting = setting_for(due.kind, lead, of)
            assert setting is not None
            assert due.due_on <= on
            found[due.kind] = [step.code for step in setting.steps].index(due.step)
        return found

    before, after = steps(today), steps(today + timedelta(days=later))
    assert all(after[kind] >= step for kind, step in before.items())


@given(leads, days, st.integers(0, 120), own_settings())
def test_more_lateness_never_takes_anybody_off_the_list(lead, today, later, own):
    of = Settings([own, *(each for each in DEFAULTS if each.kind is not own.kind)])
    before, after = told(lead, today, of), told(lead, today + timedelta(days=later), of)
    assert all(people <= after[kind] for kind, people in before.items())


@given(leads, days, st.sampled_from(ReminderKind))
def test_a_kind_that_is_switched_off_is_never_due(lead, today, kind):
    of = Settings(replace(each, is_on=each.kind is not kind) for each in DEFAULTS)
    found = due_of_lead(lead, of, Days(CALENDAR, today))
    assert kind not in {due.kind for due in found}
    others = due_of_lead(lead, OFFICE, Days(CALENDAR, today))
    assert found == [due for due in others if due.kind is not kind]


@given(st.lists(leads, max_size=8), days, st.randoms())
def test_the_order_of_leads_never_matters(several, today, chance):
    numbered = [replace(lead, lead_id=n) for n, lead in enumerate(several)]
    shuffled = numbered.copy()
    chance.shuffle(shuffled)

    def due(of: list[LeadClock]) -> set[object]:
        known = Days(CALENDAR, today)
        return {each for lead in of for each in due_of_lead(lead, OFFICE, known)}

    assert due(numbered) == due(shuffled)


@given(leads, days)
def test_a_parked_lead_is_told_only_of_days_it_was_given_and_to_its_referrer(lead, today):
    parked = replace(lead, stage=Stage.PARKED)
    kinds = {due.kind for due in due_of_lead(parked, OFFICE, Days(CALENDAR, today))}
    assert kinds <= {ReminderKind.NEXT_ACTION, ReminderKind.REFERRER_FEEDBACK}


CLOCK = LeadClock(1, Stage.NEGOTIATING, entered_on=DAY, stage_since=DAY)


def due_kinds(lead: LeadClock, after: int) -> set[ReminderKind]:
    today = DAY + timedelta(days=after)
    return {due.kind for due in due_of_lead(lead, OFFICE, Days(CALENDAR, today))}


@pytest.mark.parametrize(
    ("stage", "fed_back", "is_due"),
    [
        (Stage.CONTACTED, None, True),
        (Stage.CONTACTED, 0, False),
        (Stage.CONTACTED, 3, False),
        (Stage.SIGNED, -1, True),  # heard before the signing, not of it
        (Stage.SIGNED, 0, False),
        (Stage.REGISTERED, -1, True),  # going on does not make the signing known
        (Stage.LOST, None, True),
        (Stage.TRANSFERRED, -2, True),
        (Stage.PARKED, 1, False),
    ],
)
def test_a_referrer_hears_after_the_entry_and_after_each_outcome(stage, fed_back, is_due):
    lead = LeadClock(
        1, stage, entered_on=DAY if stage is Stage.CONTACTED else DAY - timedelta(days=90),
        stage_since=DAY, has_referrer=True, signed_on=DAY if stage.is_signed else None,
        fed_back_on=None if fed_back is None else DAY + timedelta(days=fed_back),
    )  # fmt: skip
    assert (ReminderKind.REFERRER_FEEDBACK in due_kinds(lead, 7)) is is_due
    assert ReminderKind.REFERRER_FEEDBACK not in due_kinds(lead, 6)


def test_lights_of_a_quiet_lead_come_at_14_30_60_and_180_days_and_only_the_furthest_is_told():
    lead = replace(CLOCK, last_progress_on=DAY)
    shown = {}
    for n in range(200):
        for due in due_of_lead(lead, OFFICE, Days(CALENDAR, DAY + timedelta(days=n))):
            shown.setdefault(due.step, n)
    assert shown == {"notice": 14, "yellow": 30, "red": 60, "withdraw": 180}


def test_a_head_told_of_the_first_light_is_told_of_the_next_one_the_day_it_comes():
    lead = replace(CLOCK, last_progress_on=DAY)
    yellow = DAY + timedelta(days=30)
    assert told(lead, yellow - timedelta(days=1))[ReminderKind.QUIET] == {1, 2, 3}
    assert told(lead, yellow)[ReminderKind.QUIET] == {1, 2, 3}


def test_a_trip_is_late_from_the_day_its_report_is_due_not_from_its_announcement():
    trip = OpenDay(ReminderKind.TRIP_REPORT, "trip:1", DAY)
    setting = OFFICE.of(ReminderKind.TRIP_REPORT)
    assert setting is not None
    for n in (12, 16):
        due = due_of_day(trip, OFFICE, Days(CALENDAR, DAY + timedelta(days=n)))
        assert due is not None
        assert overdue_since(due, setting, Days(CALENDAR, DAY)) == DAY + timedelta(days=15)


def test_a_day_of_a_lead_is_told_by_the_setting_for_such_leads():
    own = Setting(ReminderKind.AGREED_DATE, (Step("d90", -90), Step("due", 0)), stage=Stage.SIGNED)
    of = Settings([own, *DEFAULTS])
    agreed = OpenDay(ReminderKind.AGREED_DATE, "agreed_date:1", DAY + timedelta(days=60), 1)
    assert due_of_day(agreed, of, Days(CALENDAR, DAY)) is None
    signed = due_of_day(replace(agreed, stage=Stage.SIGNED), of, Days(CALENDAR, DAY))
    assert signed is not None
    assert signed.step == "d90"


@pytest.mark.parametrize(
    ("today", "is_told"),
    [
        (date(2026, 10, 1), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 9), True),  # the machine was down: nothing is skipped
        (date(2026, 10, 31), True),
    ],
)
def test_quotas_are_told_from_the_first_working_day_of_the_month(today, is_told):
    national = WorkCalendar(
        holidays=frozenset(date(2026, 10, n) for n in (1, 2, 5, 6, 7)), years=frozenset({2026})
    )
    due = due_of_quota(QuotaStanding(3, 4, 5), OFFICE, Days(national, today))
    assert (due is not None) is is_told
    assert due is None or (due.step, due.due_on) == ("2026-10", date(2026, 10, 8))
    assert due_of_quota(QuotaStanding(3, 5, 5), OFFICE, Days(national, today)) is None


# --- people ---


@given(
    st.none() | st.integers(1, 9),
    st.none() | st.integers(1, 9),
    st.none() | st.frozensets(st.integers(1, 9), min_size=1),
    st.frozensets(st.integers(1, 9)),
    own_settings(),
    st.integers(0, 40),
)
def test_somebody_at_work_is_told_if_anybody_may_be(owner, sponsor, named, active, own, late):
    office = Office(
        active,
        {1: tuple(sorted(active & {2, 3}))},
        tuple(sorted(active & {4, 5})),
    )
    today = DAY + timedelta(days=late)
    found = told_to(Charge(owner, 1, sponsor, named), DAY, own, office, Days(CALENDAR, today))
    people = {each.person_id for each in found}
    assert len(people) == len(found)
    assert people <= active
    assert named is None or people <= named
    may_be_told = active & ({owner, 2, 3, 4, 5} if named is None else named)
    assert bool(people) == bool(may_be_told)


people_ids = st.integers(1, 8)
absences = st.lists(
    st.builds(
        lambda person, delegate, start, length: Away(
            person, delegate, start, start + timedelta(days=length)
        ),
        people_ids,
        people_ids,
        st.dates(date(2026, 2, 20), date(2026, 3, 10)),
        st.integers(0, 12),
    ),
    max_size=12,
)


@given(absences, st.frozensets(people_ids), st.randoms())
def test_every_way_of_delegates_ends_at_somebody_at_work(several, active, chance):
    found = delegates(several, active, DAY)
    away = {each.person_id for each in several if each.starts_on <= DAY <= each.ends_on}
    assert set(found) <= away
    for person, reader in found.items():
        assert reader != person
        assert reader in active
        assert reader not in away
    shuffled = several.copy()
    chance.shuffle(shuffled)
    assert delegates(shuffled, active, DAY) == found


def test_a_circle_of_delegates_leaves_each_with_their_own():
    circle = [Away(1, 2, DAY, DAY), Away(2, 1, DAY, DAY)]
    assert delegates(circle, {1, 2}, DAY) == {}


# --- telling ---

reminders = st.lists(
    st.builds(
        Open,
        reminder_id=st.integers(1, 10_000),
        kind=st.sampled_from(ReminderKind),
        level=st.sampled_from(Level),
        state=st.sampled_from(ReminderState),
        snoozed_until=maybe_days,
        is_told=st.booleans(),
        matter=st.sampled_from(["", "a", "b", "c"]),
    ),
    unique_by=lambda each: each.reminder_id,
    max_size=20,
)
wishes = st.builds(
    Wishes,
    chosen=st.dictionaries(st.sampled_from(ReminderKind), st.sampled_from(Timing)),
    by_default=st.just({each.kind: each.timing for each in DEFAULTS}),
    never_off=st.just(frozenset(each.kind for each in DEFAULTS if not each.may_be_off)),
    most_at_once=st.integers(0, 5),
)


@given(reminders, wishes, days)
def test_nothing_is_told_on_a_day_off(several, wanted, today):
    goes = telling(several, wanted, today, CALENDAR)
    if not CALENDAR.is_working_day(today):
        assert (goes.at_once, goes.digest, goes.weekly) == ((), (), ())


@settings(max_examples=300)
@given(reminders, wishes, days, st.integers(0, 5))
def test_a_person_is_told_of_a_matter_once_and_never_more_at_once_than_wanted(
    several, wanted, today, so_far
):
    goes = telling(several, wanted, today, CALENDAR, so_far)
    by_id = {each.reminder_id: each for each in several}
    ids = [*goes.at_once, *goes.digest, *goes.weekly]
    assert len(ids) == len(set(ids))
    matters = [by_id[each].matter for each in ids if by_id[each].matter]
    assert len(matters) == len(set(matters))
    assert len(goes.at_once) <= max(wanted.most_at_once - so_far, 0)
    for each in ids:
        assert by_id[each].state in (ReminderState.OPEN, ReminderState.SNOOZED)
    for each in goes.at_once:
        assert not by_id[each].is_told, "a thing told at once is never told so again"


def test_what_was_told_stands_for_the_row_of_a_delegate_and_brings_no_second_message():
    wanted = Wishes({}, {})
    own = Open(1, ReminderKind.QUIET, Level.UNIT_HEAD, is_told=True, matter="quiet lead:1")
    theirs = Open(2, ReminderKind.QUIET, Level.OWNER, matter="quiet lead:1")
    goes = telling([own, theirs], wanted, DAY, CALENDAR)
    assert goes.digest == ()
    assert telling([theirs], wanted, DAY, CALENDAR).digest == (2,)
