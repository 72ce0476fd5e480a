"""What a reader may answer to a reminder, and the tokens of a mail's links."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.days import WorkCalendar
from crm.reminders.rules import ReminderKind, ReminderState
from crm.reminders.rules.answers import (
    LONGEST_SNOOZE,
    MOST_SNOOZES,
    OVER,
    Answer,
    Answerable,
    AnswerFault,
    Said,
    is_waiting,
    snooze_days,
    why_not_answer,
)
from crm.reminders.rules.telling import counts_as_told
from crm.reminders.rules.tokens import (
    LIVES,
    AnswerToken,
    BadToken,
    ChoiceToken,
    TokenFault,
    Tokens,
)

FRIDAY = date(2026, 12, 4)
MONDAY = date(2026, 12, 7)
CALENDAR = WorkCalendar()
AT = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)
F, S = AnswerFault, ReminderState
ME, OTHER = 7, 8


def why_not(said: Said, state=S.OPEN, snoozes=0, answers_for=(ME,), person=ME):
    reminder = Answerable(person, state, snoozes)
    return why_not_answer(reminder, said, answers_for, FRIDAY, CALENDAR)


def snooze(until=MONDAY, note=None) -> Said:
    return Said(Answer.SNOOZE, until, note)


@pytest.mark.parametrize(
    ("said", "state", "snoozes", "faults"),
    [
        (Said(Answer.ACKNOWLEDGE), S.OPEN, 0, ()),
        (Said(Answer.ACKNOWLEDGE), S.SNOOZED, 1, ()),
        (Said(Answer.ACKNOWLEDGE), S.ACKNOWLEDGED, 0, (F.ALREADY,)),
        (Said(Answer.ACKNOWLEDGE), S.DONE, 0, (F.ALREADY,)),
        (Said(Answer.ACKNOWLEDGE), S.SETTLED, 0, (F.OVER,)),
        (Said(Answer.DONE), S.ACKNOWLEDGED, 0, ()),
        (Said(Answer.DONE), S.DONE, 0, (F.ALREADY,)),
        (Said(Answer.DONE), S.WITHDRAWN, 0, (F.OVER,)),
        (Said(Answer.DONE, note="x" * 201), S.OPEN, 0, (F.NOTE_TOO_LONG,)),
        (Said(Answer.REOPEN), S.OPEN, 0, (F.NOTHING_TO_TAKE_BACK,)),
        (Said(Answer.REOPEN), S.DONE, 0, ()),
        (snooze(), S.OPEN, 0, ()),
        (snooze(), S.ACKNOWLEDGED, 0, ()),
        (snooze(), S.OPEN, 1, (F.NO_REASON,)),
        (snooze(note="  "), S.SNOOZED, 1, (F.NO_REASON,)),
        (snooze(note="等投资方答复"), S.SNOOZED, 2, ()),
        (snooze(note="等投资方答复"), S.SNOOZED, 3, (F.TOO_OFTEN,)),
        (snooze(None), S.OPEN, 0, (F.NO_DAY,)),
        (snooze(FRIDAY), S.OPEN, 0, (F.NOT_LATER,)),
        (snooze(FRIDAY + timedelta(days=1)), S.OPEN, 0, (F.DAY_OFF,)),
        (snooze(FRIDAY + timedelta(days=14)), S.OPEN, 0, ()),
        (snooze(FRIDAY + timedelta(days=17)), S.OPEN, 0, (F.TOO_FAR,)),
        (snooze(FRIDAY), S.OPEN, 1, (F.NOT_LATER, F.NO_REASON)),
    ],
)
def test_every_answer_is_taken_or_refused_with_all_reasons(said, state, snoozes, faults):
    assert why_not(said, state, snoozes) == faults


def test_only_the_reader_or_who_stands_in_for_them_may_answer():
    assert why_not(Said(Answer.DONE), person=OTHER) == (F.NOT_YOURS,)
    assert why_not(Said(Answer.DONE), person=OTHER, answers_for=(ME, OTHER)) == ()


@given(st.sampled_from(Answer), st.sampled_from(ReminderState), st.integers(0, 5))
def test_a_reminder_that_is_over_is_never_answered_and_no_answer_can_be_given_twice(
    answer, state, snoozes
):
    said = Said(answer, MONDAY, "说明")
    faults = why_not(said, state, snoozes)
    if state in OVER:
        assert faults == (F.OVER,)
    if answer is Answer.SNOOZE and snoozes >= MOST_SNOOZES:
        assert faults


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_the_days_offered_for_a_snooze_are_exactly_those_the_rule_takes(today):
    offered = snooze_days(today, CALENDAR)
    reminder = Answerable(ME, S.OPEN)
    for n in range(-1, LONGEST_SNOOZE.days + 3):
        day = today + timedelta(days=n)
        taken = not why_not_answer(reminder, snooze(day), (ME,), today, CALENDAR)
        assert taken is (day in offered)


def test_what_is_put_off_waits_for_an_answer_from_its_day_on():
    assert not is_waiting(S.SNOOZED, MONDAY, FRIDAY)
    assert is_waiting(S.SNOOZED, MONDAY, MONDAY)
    assert is_waiting(S.OPEN, None, FRIDAY)
    assert not is_waiting(S.ACKNOWLEDGED, None, FRIDAY)


def test_what_was_put_off_counts_as_untold_until_a_message_of_its_day_or_later():
    assert counts_as_told(FRIDAY, None)
    assert not counts_as_told(FRIDAY, MONDAY)
    assert counts_as_told(MONDAY, MONDAY)
    assert not counts_as_told(None, None)


# --- tokens ---

TOKENS = Tokens("k" * 40)
TOKEN = AnswerToken(12, 7, Answer.DONE)


def fault(read, text, at=AT) -> TokenFault:
    with pytest.raises(BadToken) as caught:
        read(text, at)
    return caught.value.code


@given(
    st.integers(1, 10**18 - 1), st.integers(1, 10**18 - 1), st.sampled_from(Answer)
)  # fmt: skip
def test_a_token_says_what_was_signed(reminder, person, answer):
    token = AnswerToken(reminder, person, answer)
    assert TOKENS.read_answer(TOKENS.answer(token, AT), AT) == token


def test_a_token_stands_in_an_address_as_it_is():
    text = TOKENS.answer(TOKEN, AT)
    assert all(letter.isalnum() or letter in "-._~" for letter in text)
    assert len(text) < 80


def test_a_token_works_for_two_weeks():
    text = TOKENS.answer(TOKEN, AT)
    assert TOKENS.read_answer(text, AT + LIVES - timedelta(seconds=1)) == TOKEN
    assert fault(TOKENS.read_answer, text, AT + LIVES) is TokenFault.EXPIRED


@given(st.data())
def test_one_changed_letter_makes_a_token_worthless(data):
    text = TOKENS.answer(TOKEN, AT)
    place = data.draw(st.integers(0, len(text) - 2))  # the last letter carries unused bits
    letter = data.draw(st.sampled_from("abcXYZ019~.-_").filter(lambda each: each != text[place]))
    changed = text[:place] + letter + text[place + 1 :]
    assert fault(TOKENS.read_answer, changed) is TokenFault.TAMPERED


@pytest.mark.parametrize(
    "text", ["", ".", "a.b", "done~1~2~ffff", "密" * 20, "x" * 10_000, "\x00.a"]
)
def test_anything_else_is_no_token(text):
    assert fault(TOKENS.read_answer, text) is TokenFault.TAMPERED
    assert fault(TOKENS.read_choice, text) is TokenFault.TAMPERED


def test_a_token_serves_one_purpose_and_one_installation():
    answer = TOKENS.answer(TOKEN, AT)
    choice = TOKENS.choice(ChoiceToken(7, (ReminderKind.QUIET, ReminderKind.EVIDENCE)), AT)
    assert TOKENS.read_choice(choice, AT).kinds == (ReminderKind.QUIET, ReminderKind.EVIDENCE)
    assert fault(TOKENS.read_choice, answer) is TokenFault.TAMPERED
    assert fault(TOKENS.read_answer, choice) is TokenFault.TAMPERED
    assert fault(Tokens("another key of the office").read_answer, answer) is TokenFault.TAMPERED
