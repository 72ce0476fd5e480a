"""Who proposes and decides, and every reason against it at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.rules import Role
from crm.quotas.rules import Outcome
from crm.recognition.rules import (
    BatchFacts,
    Claim,
    Decided,
    Hand,
    Level,
    State,
    WhyNot,
    why_not_appeal,
    why_not_decide,
    why_not_propose,
)

TODAY = date(2026, 11, 23)
BEFORE = date(2026, 10, 1)
PROPOSED = State(Decided.PROPOSED, BEFORE)
APPROVED = State(Decided.APPROVED, BEFORE)
RETURNED = State(Decided.RETURNED, BEFORE)
READY = Claim(Outcome.COUNTS, event_on=BEFORE)
AT_DISTRICT = replace(READY, unit=APPROVED)
AT_CITY = replace(AT_DISTRICT, district=APPROVED)
DISTRICT = BatchFacts(Level.DISTRICT, True, TODAY, True)
CITY = BatchFacts(Level.CITY, True, TODAY, True)
DIRECTOR = Hand(Role.DIRECTOR)
HEAD = Hand(Role.UNIT_HEAD, is_of_unit=True)
OWNER = Hand(Role.STAFF, is_own=True)


def decide(claim=AT_DISTRICT, level=Level.DISTRICT, decided=Decided.APPROVED, hand=DIRECTOR,
           batch=DISTRICT, **more):  # fmt: skip
    return set(why_not_decide(claim, level, decided, hand, batch, TODAY, **more))


def test_an_owner_proposes_what_counts_and_has_reached_its_event_with_papers():
    assert why_not_propose(READY, OWNER, TODAY) == ()


@pytest.mark.parametrize(
    ("hand", "may"),
    [
        (OWNER, True),
        (Hand(Role.STAFF, is_of_unit=True), False),
        (HEAD, True),
        (Hand(Role.UNIT_HEAD), False),
        (DIRECTOR, True),
        (Hand(Role.DISTRICT_LEADER, is_sponsor=True), False),
        (Hand(Role.AUDITOR), False),
        (Hand(Role.ADMINISTRATOR), False),
    ],
)
def test_staff_propose_their_own_and_heads_their_units(hand, may):
    assert (WhyNot.NOT_YOURS not in why_not_propose(READY, hand, TODAY)) is may


@pytest.mark.parametrize(
    ("claim", "reasons"),
    [
        (Claim(None), {WhyNot.OTHER_PERIOD}),
        (Claim(Outcome.NO), {WhyNot.NOT_COUNTING}),
        (Claim(Outcome.NO, is_excluded=True), {WhyNot.EXCLUDED}),
        (Claim(Outcome.PENDING, event_on=BEFORE), {WhyNot.PENDING}),
        (Claim(Outcome.PENDING), {WhyNot.PENDING, WhyNot.EVENT_MISSING}),
        (Claim(Outcome.COUNTS), {WhyNot.EVENT_MISSING}),
        (Claim(Outcome.COUNTS, event_on=TODAY + timedelta(days=1)), {WhyNot.EVENT_MISSING}),
        (Claim(Outcome.COUNTS, event_on=TODAY), set()),
        (replace(READY, lacks_papers=True), {WhyNot.PAPERS_MISSING}),
        (replace(READY, is_period_closed=True), {WhyNot.PERIOD_CLOSED}),
        (replace(READY, unit=PROPOSED), {WhyNot.ALREADY_PROPOSED}),
        (replace(READY, unit=APPROVED), {WhyNot.ALREADY_APPROVED}),
        (replace(READY, unit=RETURNED), set()),
        (replace(READY, unit=APPROVED, district=RETURNED), set()),
        (
            Claim(Outcome.PENDING, is_period_closed=True, unit=PROPOSED),
            {WhyNot.PENDING, WhyNot.EVENT_MISSING, WhyNot.PERIOD_CLOSED, WhyNot.ALREADY_PROPOSED},
        ),
    ],
)
def test_every_reason_against_a_proposal_is_told_at_once(claim, reasons):
    assert set(why_not_propose(claim, OWNER, TODAY)) == reasons


def test_a_head_approves_what_the_unit_proposed_without_a_batch():
    claim = replace(READY, unit=PROPOSED)
    assert decide(claim, Level.UNIT, hand=HEAD, batch=None) == set()
    assert decide(READY, Level.UNIT, hand=HEAD, batch=None) == {WhyNot.NOT_PROPOSED}
    other = Hand(Role.UNIT_HEAD)
    assert decide(claim, Level.UNIT, hand=other, batch=None) == {WhyNot.NOT_YOURS}


@pytest.mark.parametrize("hand", [OWNER, HEAD, Hand(Role.DISTRICT_LEADER), Hand(Role.AUDITOR)])
def test_only_the_bureau_leader_certifies(hand):
    assert WhyNot.NOT_YOURS in decide(hand=hand)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("decided", [Decided.APPROVED, Decided.RETURNED, Decided.NOT_COUNTED])
@pytest.mark.parametrize(
    "hand", [replace(DIRECTOR, is_own=True), replace(DIRECTOR, is_sponsor=True)]
)
def test_nobody_decides_a_project_they_own_or_sponsor(level, decided, hand):
    claim = replace(AT_CITY, unit=PROPOSED if level is Level.UNIT else APPROVED)
    batch = {Level.UNIT: None, Level.DISTRICT: DISTRICT, Level.CITY: CITY}[level]
    found = decide(claim, level, decided, hand, batch, has_reason=True)
    assert found == {WhyNot.OWN_LEAD}


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        (None, WhyNot.NO_BATCH),
        (replace(DISTRICT, is_closed=True), WhyNot.BATCH_CLOSED),
        (replace(DISTRICT, is_of_year=False), WhyNot.BATCH_OTHER_YEAR),
        (replace(DISTRICT, has_paper=False), WhyNot.NO_DOCUMENT),
        (replace(DISTRICT, decided_on=TODAY + timedelta(days=1)), WhyNot.DAY_AHEAD),
        (CITY, WhyNot.BATCH_OTHER_LEVEL),
    ],
)
def test_a_decision_needs_an_open_batch_of_its_level_and_year_with_a_paper(batch, reason):
    assert decide(batch=batch) == {reason}


def test_each_level_builds_on_the_one_before():
    assert decide() == set()
    assert decide(READY) == {WhyNot.NOT_AT_LOWER}
    assert decide(replace(READY, unit=PROPOSED)) == {WhyNot.NOT_AT_LOWER}
    assert decide(AT_DISTRICT, Level.CITY, batch=CITY) == {WhyNot.NOT_AT_LOWER}
    assert decide(AT_CITY, Level.CITY, batch=CITY) == set()


def test_what_is_sent_back_needs_a_reason_but_no_papers():
    claim = replace(AT_DISTRICT, outcome=Outcome.PENDING, lacks_papers=True)
    assert decide(claim, decided=Decided.RETURNED) == {WhyNot.REASON_MISSING}
    assert decide(claim, decided=Decided.RETURNED, has_reason=True) == set()
    assert decide(claim) == {WhyNot.PENDING}


def test_an_approval_is_corrected_even_if_the_level_below_took_its_word_back():
    claim = replace(READY, unit=RETURNED, district=APPROVED)
    assert decide(claim, decided=Decided.RETURNED, has_reason=True) == set()
    assert decide(claim) == {WhyNot.NOT_AT_LOWER}


def test_a_decision_is_not_dated_before_the_last_one_of_its_level():
    claim = replace(AT_DISTRICT, district=State(Decided.APPROVED, TODAY))
    earlier = replace(DISTRICT, decided_on=TODAY - timedelta(days=1))
    assert decide(claim, batch=earlier) == {WhyNot.EARLIER_THAN_LAST}
    assert decide(claim) == set()


def test_a_project_credited_elsewhere_or_unsettled_is_not_approved():
    claim = replace(AT_DISTRICT, credited_elsewhere="大项目", looks_like=(7,))
    assert decide(claim) == {WhyNot.CREDITED_ELSEWHERE, WhyNot.LOOKS_TWICE}
    assert decide(claim, decided=Decided.NOT_COUNTED, has_reason=True) == set()


claims = st.builds(
    Claim,
    outcome=st.none() | st.sampled_from(list(Outcome)),
    event_on=st.none() | st.sampled_from([BEFORE, TODAY]),
    lacks_papers=st.booleans(),
    is_excluded=st.booleans(),
    is_period_closed=st.booleans(),
    unit=st.none() | st.sampled_from([PROPOSED, APPROVED, RETURNED]),
    district=st.none() | st.sampled_from([APPROVED, RETURNED]),
    city=st.none() | st.sampled_from([APPROVED, RETURNED]),
    credited_elsewhere=st.none() | st.just("大项目"),
    looks_like=st.just(()) | st.just((7,)),
)


@given(claims, st.sampled_from(list(Level)), st.sampled_from([DISTRICT, CITY, None]))
def test_what_is_approved_always_counts_has_its_papers_and_an_open_period(claim, level, batch):
    if why_not_decide(claim, level, Decided.APPROVED, DIRECTOR, batch, TODAY):
        return
    assert claim.outcome is Outcome.COUNTS
    assert claim.event_on is not None
    assert not any((claim.lacks_papers, claim.is_period_closed, claim.is_excluded))


def test_the_unit_appeals_once_against_what_holds():
    def why(decided=Decided.RETURNED, hand=OWNER, is_current=True, is_appealed=False):
        return set(
            why_not_appeal(
                decided,
                hand,
                is_current=is_current,
                is_appealed=is_appealed,
                is_period_closed=False,
            )
        )

    assert why() == why(Decided.NOT_COUNTED, HEAD) == set()
    assert why(hand=DIRECTOR) == {WhyNot.NOT_YOURS}
    assert why(Decided.APPROVED) == {WhyNot.NOTHING_TO_APPEAL}
    assert why(is_current=False) == {WhyNot.NOTHING_TO_APPEAL}
    assert why(is_appealed=True) == {WhyNot.ALREADY_APPEALED}
