"""Where a quota stands on a day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import AgreementType, MilestoneKind, Path, Stage
from crm.quotas.rules import (
    CountedLead,
    CountingEvent,
    Node,
    Outcome,
    Rounding,
    counted,
    due,
    judge,
    monthly_nodes,
    standing,
    together,
)
from tests.rules.quota_cases import SIGNED, SIGNED_ON, TODAY, YI, A, B, agreed, milestone

M = MilestoneKind
YEAR = {"opens": date(2026, 1, 1), "closes": date(2026, 12, 31)}


@pytest.mark.parametrize(
    ("target", "on", "expected"),
    [
        (10, date(2026, 11, 23), 9),
        (12, date(2026, 11, 23), 11),
        (10, date(2025, 12, 31), 0),
        (10, date(2026, 1, 1), 0),
        (10, date(2026, 6, 30), 5),
        (10, date(2026, 12, 30), 10),
        (10, date(2026, 12, 31), 10),
        (10, date(2027, 3, 1), 10),
    ],
)
def test_what_is_due_grows_with_the_days_of_the_period(target, on, expected):
    assert due(target, on, **YEAR) == expected


def test_rounding_and_nodes_are_settings():
    assert due(10, TODAY, **YEAR, rounding=Rounding.DOWN) == 8
    assert due(10, date(2026, 1, 1), **YEAR, rounding=Rounding.UP) == 1
    nodes = monthly_nodes(2026, {6: 6, 9: 7}, 25)
    assert nodes == (Node(date(2026, 6, 25), 6), Node(date(2026, 9, 25), 7))
    assert [
        due(10, on, **YEAR, nodes=nodes)
        for on in (date(2026, 6, 25), date(2026, 9, 25), date(2026, 12, 31))
    ] == [6, 7, 10]
    with pytest.raises(ValueError, match="cutoff"):
        monthly_nodes(2026, {2: 1}, 30)


@given(
    st.integers(0, 500),
    st.dates(date(2025, 6, 1), date(2027, 6, 1)),
    st.sampled_from(Rounding),
    st.lists(st.tuples(st.dates(*YEAR.values()), st.integers(0, 500)), max_size=4),
)
def test_what_is_due_never_falls_as_days_pass_and_never_exceeds_the_target(
    target, on, rounding, raw
):
    counts = sorted(min(count, target) for _, count in raw)
    nodes = [Node(day, n) for day, n in zip(sorted(d for d, _ in raw), counts, strict=True)]
    today, tomorrow = (
        due(target, day, **YEAR, nodes=nodes, rounding=rounding)
        for day in (on, on + timedelta(days=1))
    )
    assert 0 <= today <= tomorrow <= target


REGISTERED_ON = date(2026, 10, 30)
STARTED_ON = date(2026, 11, 20)


def lead(number=1, outcome=Outcome.COUNTS, registered=True, started=True, **more) -> CountedLead:
    return CountedLead(
        number,
        outcome,
        signed=milestone(**more),
        registered=milestone(M.REGISTERED, REGISTERED_ON) if registered else None,
        started=milestone(M.STARTED, STARTED_ON) if started else None,
    )


def numbers(leads, on=TODAY, terms=A) -> tuple[int, int, int]:
    now = standing(leads, terms, on)
    return now.signed.count, now.registered.count, now.started.count


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (SIGNED_ON - timedelta(days=1), (0, 0, 0)),
        (SIGNED_ON, (1, 0, 0)),
        (REGISTERED_ON, (1, 1, 0)),
        (STARTED_ON, (1, 1, 1)),
        (date(2027, 5, 1), (1, 1, 1)),
    ],
)
def test_each_event_counts_from_its_day_on(on, expected):
    assert numbers([lead()], on) == expected


def test_a_start_without_registration_is_not_counted_as_started():
    assert numbers([lead(registered=False)]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("event_on", "statistics_on", "expected"),
    [
        (date(2025, 12, 31), None, 0),
        (date(2026, 1, 1), None, 1),
        (date(2026, 11, 24), None, 0),
        (date(2025, 12, 28), date(2026, 1, 5), 1),
        (date(2026, 10, 1), date(2026, 11, 24), 0),
        (date(2026, 10, 1), date(2025, 12, 31), 0),
    ],
)
def test_the_statistics_day_of_the_signing_decides_the_period(event_on, statistics_on, expected):
    now = [lead(on=event_on, known_on=event_on, stat_on=statistics_on)]
    assert numbers(now)[0] == expected


def test_a_signing_of_last_year_stays_with_last_year_even_if_registered_this_year():
    last_year = replace(A, year=2025, opens=date(2025, 1, 1), closes=date(2025, 12, 31))
    then = [lead(on=date(2025, 12, 20), known_on=date(2025, 12, 20))]
    assert numbers(then) == (0, 0, 0)
    assert numbers(then, terms=last_year) == (1, 1, 1)


def test_a_verdict_of_no_enters_no_number():
    assert numbers([lead(outcome=Outcome.NO)]) == (0, 0, 0)


def test_every_number_says_how_many_of_it_await_evidence():
    papers_missing = CountedLead(
        3,
        Outcome.COUNTS,
        signed=milestone(),
        registered=milestone(M.REGISTERED, REGISTERED_ON, has_papers=False),
    )
    now = standing([lead(1), lead(2, Outcome.PENDING, started=False), papers_missing], A, TODAY)
    assert now.signed.ids == now.registered.ids == (1, 2, 3)
    assert now.signed.pending_ids == (2,)
    assert now.registered.pending_ids == (2, 3)
    assert (now.started.ids, now.started.pending) == ((1,), 0)
    assert now.pending == 1


def test_a_stage_stated_without_its_day_is_pending_from_the_day_it_became_known():
    stated = lead(on=None, known_on=date(2026, 11, 10), has_papers=False, registered=False)
    assert numbers([stated], date(2026, 11, 9)) == (0, 0, 0)
    now = standing([stated], A, date(2026, 11, 10))
    assert (now.signed.ids, now.signed.pending_ids) == ((1,), (1,))


def test_the_counting_event_chooses_the_number_held_against_the_target():
    leads = [lead(1), lead(2, started=False), lead(3, registered=False)]
    for event, reached in [
        (CountingEvent.SIGNED, 3),
        (CountingEvent.SIGNED_AND_REGISTERED, 2),
        (CountingEvent.STARTED, 1),
    ]:
        now = standing(leads, replace(A, event=event), TODAY)
        assert (now.reached.count, now.missing) == (reached, 10 - reached)


def test_a_judged_lead_enters_by_its_own_paths_milestones():
    facts = replace(
        SIGNED,
        path=Path.CARRIER,
        is_physical=True,
        figures=(agreed(60 * YI),),
        milestones=(
            milestone(),
            milestone(M.REGISTERED, REGISTERED_ON),
            milestone(M.MOVED_IN, STARTED_ON),
        ),
    )

    def now(one):
        return numbers([counted(one, judge(one, A, TODAY))])

    assert now(facts) == (1, 1, 1)
    assert now(replace(facts, path=Path.LAND)) == (1, 1, 0)
    assert now(replace(facts, stage=Stage.LOST)) == (0, 0, 0)
    assert now(replace(facts, agreement_type=AgreementType.FRAMEWORK)) == (0, 0, 0)


def test_a_project_in_both_quotas_shows_as_overlap_and_once_in_the_total():
    both = together([standing([lead(1), lead(2)], A, TODAY), standing([lead(2)], B, TODAY)])
    assert (both.overlap_ids, both.distinct_ids) == ((2,), (1, 2))
    assert (both.overlap, both.distinct) == (1, 2)


counted_leads = st.builds(
    lead,
    number=st.integers(1, 10**6),
    outcome=st.sampled_from(Outcome),
    registered=st.booleans(),
    started=st.booleans(),
    on=st.none() | st.dates(date(2025, 6, 1), date(2027, 6, 1)),
    known_on=st.dates(date(2025, 6, 1), date(2027, 6, 1)),
    stat_on=st.none() | st.dates(date(2025, 6, 1), date(2027, 6, 1)),
)


@given(
    st.lists(counted_leads, max_size=8, unique_by=lambda one: one.lead_id),
    st.dates(date(2025, 6, 1), date(2027, 6, 1)),
    st.randoms(),
)
def test_the_numbers_nest_and_do_not_depend_on_the_order_of_leads(leads, on, random):
    now = standing(leads, A, on)
    assert set(now.signed.ids) >= set(now.registered.ids) >= set(now.started.ids)
    for tally in (now.signed, now.registered, now.started):
        assert set(tally.pending_ids) <= set(tally.ids)
    assert standing(random.sample(leads, len(leads)), A, on) == now
    tomorrow = standing(leads, A, on + timedelta(days=1))
    assert set(tomorrow.signed.ids) >= set(now.signed.ids)
