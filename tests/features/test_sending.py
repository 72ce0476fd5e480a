"""Many messages at once: claimed, written and kept together, handed over and settled one by one."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from crm.config import Mail
from crm.core.db import db, transaction
from crm.core.mail import Letter, MailFault, NotDelivered, SmtpTransport
from crm.outbox import posting, sending, services
from crm.outbox.models import Delivery
from crm.outbox.rules import (
    DELAYS,
    LEASE,
    MOST_DEATHS,
    DeliveryKind,
    DeliveryState,
    Pace,
    Problem,
)
from crm.outbox.sending import Sender
from crm.outbox.services import Claim

DAY = date(2026, 12, 4)
MORNING = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30 at the office
MINUTE = timedelta(minutes=1)
SENT, PENDING, SENDING = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.SENDING


def letter_of(hold: Claim, at: datetime) -> Letter:
    return Letter(
        message_id=f"{hold.kind}.{hold.delivery_id}@example.gov.cn",
        sender="crm@example.gov.cn",
        sender_name="天桥区招商局",
        address=f"p{hold.person_id}@example.gov.cn",
        name="王芳",
        subject="链招：1项今日到期",
        text=f"第{hold.delivery_id}封，{at:%H:%M}\n",
        html=f"<p>第{hold.delivery_id}封</p>",
        locale="zh",
        at=at,
    )


def write(holds: Sequence[Claim], at: datetime) -> dict[int, Letter]:
    return {hold.delivery_id: letter_of(hold, at) for hold in holds}


class Post:
    """A transport that takes everything, unless told what happens at the n-th letter."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.before: dict[int, BaseException] = {}
        self.after: dict[int, BaseException] = {}
        self.asked = 0

    def deliver(self, letter: Letter, before_handover: Callable[[], None]) -> None:
        self.asked += 1
        if self.asked in self.before:
            raise self.before[self.asked]
        before_handover()
        self.letters.append(letter)
        if self.asked in self.after:
            raise self.after[self.asked]


class Clock:
    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at


class PowerCut(BaseException):
    pass


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def sender(db_session, post, now) -> Sender:
    return Sender(post, {DeliveryKind.DUE_DIGEST: write}, now, pause=lambda _seconds: None)


@pytest.fixture
def waiting(db_session, person) -> Callable[[int], list[int]]:
    """`waiting(3)`: so many messages to people wait; their ids."""

    def make(count: int) -> list[int]:
        people = [person("staff").id for _ in range(count)]
        with transaction():
            made = [posting.post(DeliveryKind.DUE_DIGEST, key, DAY, MORNING) for key in people]
        return [row.id for row in made if row]

    return make


def rows() -> list[Delivery]:
    statement = select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return list(db.session.scalars(statement))


def states() -> list[DeliveryState]:
    return [row.state for row in rows()]


def test_a_batch_costs_one_claim_one_keeping_and_one_settling_each(
    waiting, sender, post, count_queries
):
    seen_by_count = {}
    for count in (5, 10):
        waiting(count)
        with count_queries() as seen:
            assert sender.send_waiting() == [SENT] * count
        gates = sum("pg_advisory" in each for each in seen)
        seen_by_count[count] = len(seen) - gates
    assert seen_by_count[10] - seen_by_count[5] == 5
    assert len(post.letters) == len({letter.message_id for letter in post.letters}) == 15


def test_two_workers_never_take_the_same_and_none_waits_for_the_other(app, waiting, now):
    ids = waiting(6)
    with transaction():
        mine = services.claim_waiting(now(), 4)
    with transaction():
        theirs = services.claim_waiting(now(), 4)
        more = services.claim_waiting(now(), 4)
    assert [each.delivery_id for each in mine + theirs] == ids
    assert more == []


def test_a_word_about_ones_account_does_not_wait_behind_a_morning_of_digests(waiting, now, person):
    waiting(5)
    reader = person("staff").id
    with transaction():
        posting.post(DeliveryKind.ACCOUNT_SECURITY, reader, DAY, MORNING)
    with transaction():
        [first] = services.claim_waiting(now(), 1)
    assert first.kind is DeliveryKind.ACCOUNT_SECURITY


def test_everything_is_kept_word_for_word_before_the_first_is_given_away(waiting, sender, post):
    waiting(3)
    kept = []
    deliver = post.deliver

    def look(letter, mark):
        kept.append([(row.message_id, row.body) for row in rows()])
        deliver(letter, mark)

    post.deliver = look
    sender.send_waiting()
    assert kept[0] == [(letter.message_id, letter.text) for letter in post.letters]


def test_a_power_cut_doubles_at_most_the_mail_it_met_and_changes_none(waiting, sender, post, now):
    waiting(5)
    post.after[3] = PowerCut()
    with pytest.raises(PowerCut):
        sender.send_waiting()
    assert states() == [SENT, SENT, SENDING, SENDING, SENDING]
    assert sender.send_waiting() == []
    now.at += LEASE
    assert sender.send_waiting() == [SENT] * 3
    sent = [(letter.message_id, letter.text, letter.at) for letter in post.letters]
    assert len(sent) == 6
    assert len(set(sent)) == 5
    assert [row.deaths for row in rows()] == [0, 0, 1, 1, 1]


def test_dead_workers_are_no_failures_of_the_mail(waiting, sender, post, now):
    [key] = waiting(1)
    for _ in range(3):
        with transaction():
            assert services.claim(key, now())
        now.at += LEASE
    post.before[1] = NotDelivered(MailFault.SERVER_BUSY, "451")
    assert sender.send_waiting() == [PENDING]
    assert rows()[0].next_try_at == now.at + MINUTE, "the first failure of its own"


def test_what_a_person_has_sent_again_has_all_its_tries_before_it(
    waiting, sender, post, now, person
):
    [key] = waiting(1)
    with transaction():
        assert services.claim(key, now())  # and dies
    now.at += LEASE
    post.before = dict.fromkeys(range(20), NotDelivered(MailFault.SERVER_BUSY, "451"))
    waits = []
    for _ in range(2):
        while sender.send_waiting() == [PENDING]:
            waits.append(rows()[0].next_try_at - now.at)
            now.at = rows()[0].next_try_at
        with transaction():
            services.send_again(person("administrator"), key, now.at)
    assert waits == [*DELAYS, *DELAYS]


def test_what_workers_die_of_goes_alone_last_and_is_given_up_in_the_end(waiting, sender, post, now):
    poison, *others = waiting(3)

    def dies_of_it(holds, at):
        if poison in {hold.delivery_id for hold in holds}:
            raise PowerCut
        return write(holds, at)

    sender.writers[DeliveryKind.DUE_DIGEST] = dies_of_it
    died = 0
    for _ in range(MOST_DEATHS + 5):
        try:
            sender.send_waiting()
        except PowerCut:
            died += 1
        now.at += LEASE
    assert died == MOST_DEATHS
    assert len(post.letters) == len(others)
    assert [(row.state, row.problem) for row in rows()] == [
        (DeliveryState.FAILED, Problem.ENDS_WORKERS),
        (SENT, None),
        (SENT, None),
    ]


def test_a_row_whose_words_the_database_cannot_keep_stops_nobody_else(waiting, sender, post):
    poison, *_others = waiting(3)

    def with_nul(holds, at):
        found = write(holds, at)
        if poison in found:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return found

    sender.writers[DeliveryKind.DUE_DIGEST] = with_nul
    sender.send_waiting()
    assert states() == [DeliveryState.FAILED, SENT, SENT]
    assert rows()[0].problem is Problem.NOT_WRITTEN


def test_a_refused_recipient_in_the_middle_stops_nobody_else(waiting, sender, post):
    waiting(3)
    post.before[2] = NotDelivered(MailFault.REFUSED, "550 no such user")
    assert sender.send_waiting() == [SENT, DeliveryState.FAILED, SENT]


def test_a_server_that_is_down_is_asked_once_and_all_wait_as_long(waiting, sender, post, now):
    waiting(4)
    post.before[2] = NotDelivered(MailFault.UNREACHABLE, "refused")
    assert sender.send_waiting() == [SENT, PENDING, PENDING, PENDING]
    assert post.asked == 2
    assert [row.next_try_at for row in rows()[1:]] == [now.at + MINUTE] * 3
    assert [row.attempts for row in rows()] == [1, 1, 0, 0], "the others have not been tried"
    assert sender.send_waiting() == []
    now.at += MINUTE
    assert sender.send_waiting() == [SENT] * 3


def test_what_was_not_given_away_is_written_anew_next_time(waiting, sender, post, now):
    waiting(2)
    post.before[1] = NotDelivered(MailFault.SERVER_BUSY, "451")
    post.after[2] = NotDelivered(MailFault.LOST, "reset")
    assert sender.send_waiting() == [PENDING, PENDING]
    lost = post.letters[0].text
    now.at += MINUTE
    assert sender.send_waiting() == [SENT, SENT]
    anew, again = [letter.text for letter in post.letters[1:]]
    assert "00:31" in anew
    assert again == lost


def test_a_batch_that_takes_long_keeps_its_claims(waiting, sender, post, now):
    waiting(4)
    deliver = post.deliver

    def slowly(letter, mark):
        now.at += LEASE / 3
        deliver(letter, mark)
        with transaction():
            assert services.claim_waiting(now(), 10) == []

    post.deliver = slowly
    assert sender.send_waiting() == [SENT] * 4


def test_while_the_database_is_away_a_mail_that_was_taken_is_not_forgotten(
    waiting, sender, post, monkeypatch
):
    waiting(2)
    failures = [OperationalError("", {}, Exception("the server closed the connection"))] * 2
    settle = sending.changed_at_once

    def sometimes(statement, values):
        if failures:
            raise failures.pop()
        return settle(statement, values)

    monkeypatch.setattr(sending, "changed_at_once", sometimes)
    assert sender.send_waiting() == [SENT, SENT]
    assert len(post.letters) == 2


def test_a_database_that_goes_away_while_writing_is_no_fault_of_the_mail(
    waiting, sender, post, now
):
    waiting(2)

    def away(_holds, _at):
        raise OperationalError("", {}, Exception("terminating connection"))

    sender.writers[DeliveryKind.DUE_DIGEST] = away
    with pytest.raises(OperationalError):
        sender.send_waiting()
    sender.writers[DeliveryKind.DUE_DIGEST] = write
    now.at += LEASE
    assert sender.send_waiting() == [SENT, SENT]


def test_two_workers_together_keep_to_what_the_server_takes_in_a_minute(waiting, now, post):
    waiting(40)
    writers = {DeliveryKind.DUE_DIGEST: write}
    both = [Sender(post, writers, now, pace=Pace(12), server="mail:25") for _ in range(2)]
    went = []
    for _step in range(60):
        for sender in both:
            went += [now.at for _ in sender.send_waiting()]
        now.at += timedelta(seconds=3)
    assert max(sum(first <= each < first + MINUTE for each in went) for first in went) <= 12
    assert len(went) >= 30
    assert len(post.letters) == len(went)


def test_how_long_to_wait_for_the_server_is_known(waiting, now, post):
    waiting(3)
    sender = Sender(post, {DeliveryKind.DUE_DIGEST: write}, now, pace=Pace(1), server="mail:25")
    assert sender.room_in() == 0
    assert sender.send_waiting() == [SENT]
    assert sender.send_waiting() == []
    assert sender.room_in() == 60


def test_a_clock_put_back_stops_no_mail_for_good(waiting, sender, post, now):
    waiting(2)
    with transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.id == rows()[0].id)
            .values(state=SENDING, attempts=1, claimed_at=MORNING + timedelta(days=1))
        )
        session.execute(
            update(Delivery)
            .where(Delivery.id == rows()[1].id)
            .values(next_try_at=MORNING + timedelta(days=1))
        )
    assert sender.send_waiting() == [SENT, SENT]


# --- one connection for many ---


@contextmanager
def over(server, **changes):
    mail = Mail("smtp+starttls", "127.0.0.1", server.port, server.username, server.password)
    yield SmtpTransport(mail, timeout=changes.get("timeout", 5))


def test_a_batch_goes_over_one_connection_and_one_sign_in(waiting, now, smtp_server, db_session):
    waiting(6)
    smtp_server.refused.add(f"p{rows()[1].person_id}@example.gov.cn")
    smtp_server.refusals.append("451 4.3.0 try later")
    with over(smtp_server) as transport:
        found = Sender(transport, {DeliveryKind.DUE_DIGEST: write}, now).send_waiting()
    assert found == [PENDING, DeliveryState.FAILED, SENT, SENT, SENT, SENT]
    assert smtp_server.logins == 1
    assert [row.last_error for row in rows()[:2]] == [
        "451 4.3.0 try later",
        "550 5.1.1 no such user",
    ]


def test_a_connection_the_server_has_ended_meanwhile_is_opened_again(
    waiting, now, smtp_server, monkeypatch
):
    monkeypatch.setattr("crm.core.mail.MOST_PER_CONNECTION", 2)
    waiting(5)
    with over(smtp_server) as transport:
        found = Sender(transport, {DeliveryKind.DUE_DIGEST: write}, now).send_waiting()
    assert found == [SENT] * 5
    assert smtp_server.logins == 3
