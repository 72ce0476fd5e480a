"""The bridge between two numbers: it always adds up, and each lead has its cause."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.closing.rules import (
    Cause,
    Number,
    Seen,
    Why,
    bridge,
    why_entered,
    why_left,
)
from crm.leads.rules import Exclusion, FigureKind
from crm.quotas.rules import Outcome, Reason, ReasonCode

START, END = date(2026, 11, 1), date(2026, 11, 20)
AT = datetime(2026, 11, 10, 3, tzinfo=UTC)
YI = 100_000_000
ids = st.sets(st.integers(1, 40))


@given(ids, ids)
def test_start_plus_entered_minus_left_is_always_the_end(before, after):
    found = bridge(before, after, lambda lead_id, entered: Why(Cause.NEW))
    assert found.start + len(found.entered) - len(found.left) == found.end
    assert {each.lead_id for each in found.entered} == after - before
    assert {each.lead_id for each in found.left} == before - after


def amount(yuan, threshold=50 * YI, passed=None, **more):
    reached = yuan >= threshold
    return Reason(
        ReasonCode.AMOUNT_REACHED if reached else ReasonCode.AMOUNT_BELOW,
        reached if passed is None else passed,
        branch=1,
        field=FigureKind.TOTAL_INVESTMENT,
        value=yuan,
        threshold=threshold,
        **more,
    )


def seen(day=date(2026, 10, 18), *reasons, outcome=Outcome.COUNTS, since=AT, **days):
    return Seen(7, outcome, reasons or (amount(60 * YI),), 1, signed_from=day, since=since, **days)


def no(*reasons):
    return seen(None, *reasons, outcome=Outcome.NO)


def entered(*chain, number=Number.SIGNED):
    return why_entered(chain, number, START, END)


def left(*chain, number=Number.SIGNED):
    return why_left(chain, number, END)


@pytest.mark.parametrize(
    ("chain", "cause"),
    [
        ((None, seen(date(2026, 11, 5))), Cause.NEW),
        ((seen(None), seen(date(2026, 11, 1))), Cause.BACKDATED),
        ((seen(None), seen(date(2026, 11, 2))), Cause.NEW),
        ((seen(date(2026, 11, 9)),), Cause.NEW),  # known before, dated after
        ((None, seen(date(2026, 10, 30))), Cause.BACKDATED),
        ((seen(date(2026, 12, 2)), seen(date(2026, 10, 18))), Cause.DAY_MOVED),
        ((no(amount(49 * YI)), seen()), Cause.AMOUNT_CORRECTED),
        ((no(amount(60 * YI, 80 * YI)), seen()), Cause.RULE_CHANGED),
        ((no(Reason(ReasonCode.LOST, False), amount(60 * YI)), seen()), Cause.REVIVED),
        (
            (no(Reason(ReasonCode.EXCLUDED, False, exclusion=Exclusion.PPP)), seen()),
            Cause.NOT_EXCLUDED,
        ),
        ((no(Reason(ReasonCode.PHASE_OF_CONTRACT, False, refers_to=3)), seen()), Cause.NOT_A_PHASE),
        (
            (
                no(Reason(ReasonCode.RANKING_NONE, False, branch=0)),
                seen(date(2026, 10, 1), Reason(ReasonCode.RANKED, True, branch=0)),
            ),
            Cause.RANKING,
        ),
        (
            (
                no(Reason(ReasonCode.NOT_PHYSICAL, False, branch=0)),
                seen(date(2026, 10, 1), Reason(ReasonCode.PHYSICAL, True, branch=0)),
            ),
            Cause.TYPE_CHANGED,
        ),
    ],
)
def test_a_lead_that_entered_has_its_cause(chain, cause):
    assert entered(*chain).cause is cause


@pytest.mark.parametrize(
    ("chain", "cause"),
    [
        ((seen(), seen(date(2026, 12, 2))), Cause.DAY_MOVED),
        ((seen(), no(amount(49 * YI))), Cause.AMOUNT_CORRECTED),
        ((seen(), no(Reason(ReasonCode.LOST, False), amount(49 * YI))), Cause.LOST),
        ((seen(), no(Reason(ReasonCode.TRANSFERRED, False))), Cause.LOST),
        ((seen(), no(Reason(ReasonCode.EXCLUDED, False))), Cause.EXCLUDED),
        ((seen(), no(Reason(ReasonCode.PHASE_OF_CONTRACT, False))), Cause.PHASE),
        ((seen(), None), Cause.OUT_OF_PERIOD),
        ((seen(), seen(None)), Cause.WITHDRAWN),
        ((seen(), no(amount(60 * YI, 80 * YI))), Cause.RULE_CHANGED),
        ((seen(), no(amount(60 * YI, passed=False))), Cause.EVIDENCE),
    ],
)
def test_a_lead_that_left_has_its_cause(chain, cause):
    assert left(*chain).cause is cause


def test_the_last_change_that_brought_it_out_decides_and_tells_its_moment():
    later = replace(no(Reason(ReasonCode.LOST, False), amount(49 * YI)), since=AT + timedelta(2))
    found = left(seen(), no(amount(48 * YI)), seen(), no(amount(49 * YI)), later)
    assert found.cause is Cause.AMOUNT_CORRECTED
    assert (found.old_yuan, found.new_yuan) == (60 * YI, 49 * YI)
    assert found.known_at == AT


def test_a_moved_day_tells_both_days():
    found = left(seen(date(2026, 10, 18)), seen(date(2026, 12, 2)))
    assert (found.old_day, found.day) == (date(2026, 10, 18), date(2026, 12, 2))


def test_a_registration_recorded_late_is_told_as_such():
    before = seen(date(2026, 10, 18))
    after = seen(date(2026, 10, 18), registered_from=date(2026, 10, 20))
    assert entered(before, after, number=Number.REGISTERED).cause is Cause.BACKDATED
    after = seen(date(2026, 10, 18), registered_from=date(2026, 11, 11))
    assert entered(before, after, number=Number.REGISTERED).cause is Cause.NEW


days = st.none() | st.dates(date(2026, 9, 1), date(2026, 12, 31))
reasons = st.lists(
    st.builds(
        Reason,
        st.sampled_from(ReasonCode),
        st.sampled_from((True, False, None)),
        branch=st.none() | st.integers(0, 2),
        field=st.none() | st.sampled_from(FigureKind),
        value=st.none() | st.integers(0, 99 * YI),
        threshold=st.none() | st.sampled_from((5 * YI, 50 * YI)),
    ),
    max_size=4,
).map(tuple)
verdicts = st.none() | st.builds(
    Seen,
    st.just(7),
    st.sampled_from(Outcome),
    reasons,
    st.none() | st.integers(0, 2),
    days,
    days,
    days,
    st.just(AT),
)


@given(st.lists(verdicts, max_size=6), st.sampled_from(Number))
def test_whatever_was_known_there_is_a_cause_and_never_a_failure(chain, number):
    assert why_left(chain, number, END).cause in Cause
    if chain and chain[-1] and chain[-1].stands_in(number, END):
        assert why_entered(chain, number, START, END).cause in Cause
