"""A year of a small bureau through the database: rows and messages of every working day are those the
slow book says."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from crm.accounts.models import Department, User
from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import transaction
from crm.dispatch.models import Instruction
from crm.dispatch.rules import InstructionState
from crm.leads.models import (
    Activity,
    AgreedDate,
    Lead,
    LeadMember,
    Milestone,
    StageChange,
)
from crm.leads.rules import (
    ActivityKind,
    MembershipKind,
    MilestoneKind,
    Stage,
    StageSource,
)
from crm.outbox.models import Delivery
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState
from crm.quotas.facts.terms import terms_of
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import Outcome, due_under
from crm.reminders.models import Absence, Preference, Recipient, Reminder, ReminderSetting
from crm.reminders.queries import facts, live
from crm.reminders.queries.preview import preview
from crm.reminders.rules.kinds import ReminderKind, ReminderState
from crm.reminders.rules.telling import Telling
from crm.reminders.services import planning
from tests.simulation.office_year import Own, Project, Year, days_of_year
from tests.simulation.slow_reminders import Book, Key, Message, works

ROLES = {"leader": Role.DIRECTOR, "head": Role.UNIT_HEAD, "staff": Role.STAFF}


class OneQuota(Year):
    """The bureau with one quota of 40 leads, counted where papers are or were wanted for them.

    How much of it is due by a day is proved elsewhere (tests/rules/test_due_curve.py).
    """

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.counted: set[int] = set()
        self.terms: Any = None

    def quota_due(self, day: date) -> int:
        return due_under(self.terms, day)

    def live(self, day: date) -> None:
        super().live(day)
        self.counted |= {each.id for each in self.projects if each.papers_since}
        self.quota_reached = len(self.counted)


class Registry:
    """Brings the database to where the bureau is, a table at a time, and reads it in its numbers."""

    def __init__(self, session: Any, year: OneQuota) -> None:
        self.session, self.year = session, year
        self.seen: dict[tuple[type, int], Any] = {}
        self.leads: dict[int, int] = {}
        self.users: dict[int, int] = {}
        self.others: dict[tuple[str, int], int] = {}
        units = {n: Department(name=f"第{n}组") for n in (1, 2, 3)}
        session.add_all(units.values())
        session.flush()
        for each in year.people:
            user = User(
                login=f"p{each.id}", name=f"某{each.id}", role=ROLES[each.role],
                department_id=units[each.unit].id if each.unit else None,
                email=f"p{each.id}@example.gov.cn" if each.has_address else None,
                session_stamp="x",
            )  # fmt: skip
            session.add(user)
            session.flush()
            self.users[each.id] = user.id
        self.units = {n: unit.id for n, unit in units.items()}
        self.numbers = {key: n for n, key in self.users.items()}
        self.quota = session.scalars(computed_quotas(2026).order_by(Quota.position)).first()
        self.quota.is_example, self.quota.target, self.quota.event = False, 40, "signed"
        year.terms = terms_of(self.quota)

    def _changed(self, sort: type, key: int, state: object) -> Any:
        """What it was before, where it is not as it was; None where it is. New ones were ()."""
        before = self.seen.get((sort, key), ())
        self.seen[sort, key] = state
        return None if before == state else before

    def follow(self) -> None:
        year, session = self.year, self.session
        for person in year.people:
            state = (person.is_active, dict(person.wishes), person.most_at_once)
            if self._changed(User, person.id, state) is None:
                continue
            user = self.users[person.id]
            session.execute(update(User).where(User.id == user).values(is_active=person.is_active))
            session.execute(delete(Preference).where(Preference.user_id == user))
            session.execute(delete(Recipient).where(Recipient.user_id == user))
            session.add_all(
                Preference(user_id=user, kind=kind, timing=timing)
                for kind, timing in person.wishes.items()
            )
            session.add(Recipient(user_id=user, most_at_once=person.most_at_once))
        for number, leave in enumerate(year.leaves):
            if self._changed(Absence, number, leave) is not None:
                session.add(
                    Absence(
                        user_id=self.users[leave.person], delegate_id=self.users[leave.delegate],
                        starts_on=leave.first, ends_on=leave.last,
                    )
                )  # fmt: skip
        if self._changed(ReminderSetting, 0, tuple(year.own)) is not None:
            session.execute(delete(ReminderSetting))
            session.add_all(_setting(each) for each in year.own)
        for project in year.projects:
            before = self._changed(Lead, project.id, Project(**vars(project)))
            if before is not None:
                self._project(project, before or None)
        for promise in year.promises:
            before = self._changed(AgreedDate, promise.id, promise.done)
            if before == ():
                row = AgreedDate(
                    lead_id=self.leads[promise.project],
                    title="分期付款",
                    due_on=promise.on,
                    done_on=promise.on if promise.done else None,
                )
                self._keep("agreed_date", promise.id, row)
            elif before is not None:
                row_id = self.others["agreed_date", promise.id]
                session.execute(
                    update(AgreedDate).where(AgreedDate.id == row_id).values(done_on=promise.on)
                )
        for trip in year.trips:
            before = self._changed(Activity, trip.id, trip.reported)
            if before == ():
                row = Activity(
                    lead_id=self.leads[trip.project] if trip.project else None,
                    kind=ActivityKind.VISIT_OUT, happened_on=trip.returned, summary="走访",
                    returned_on=trip.returned, by_id=self.users[trip.by], at=clock.now(),
                    reported_on=trip.returned if trip.reported else None,
                )  # fmt: skip
                self._keep("trip", trip.id, row)
            elif before is not None:
                row_id = self.others["trip", trip.id]
                session.execute(
                    update(Activity).where(Activity.id == row_id).values(reported_on=trip.returned)
                )
        for order in year.orders:
            before = self._changed(Instruction, order.id, (order.on, order.done))
            if before == ():
                row = Instruction(
                    year=2026, number=order.id, matter="报送进展", issued_on=order.on, due_on=order.on,
                    lead_id=self.leads[order.project] if order.project else None,
                    department_id=self.units[order.unit], person_id=self.users[order.person],
                    leader_id=self.users[order.leader], issued_by_id=self.users[1],
                )  # fmt: skip
                self._keep("instruction", order.id, row)
            if before is not None:
                state = InstructionState.REPLIED if order.done else InstructionState.OPEN
                session.execute(
                    update(Instruction)
                    .where(Instruction.id == self.others["instruction", order.id])
                    .values(due_on=order.on, state=state)
                )
        session.flush()

    def _keep(self, kind: str, number: int, row: Any) -> None:
        """A new row; it is known again by its kind and its number in the year."""
        self.session.add(row)
        self.session.flush()
        self.others[kind, number] = row.id

    def _project(self, project: Project, before: Project | None) -> None:
        session = self.session
        values = {
            "stage": project.stage,
            "stage_since": project.since,
            "last_progress_on": project.progress,
            "is_headquarters": project.is_headquarters,
            "investment_yuan": project.yuan,
            "next_action": "约见",
            "next_action_on": project.next_on,
            "first_contact_on": project.progress if project.has_response else None,
            "screened_on": project.since if project.is_screened else None,
            "referrer": "张三" if project.has_referrer else None,
            "expected_sign_on": project.signing_expected,
            "expected_landing_on": project.landing_expected,
            "owner_id": self.users[project.owner] if project.owner else None,
            "department_id": self.units[project.unit],
            "sponsor_id": self.users[project.sponsor] if project.sponsor else None,
            "is_sensitive": project.named is not None,
        }
        if before is None:
            lead = Lead(
                title=f"项目{project.id}", created_at=_at(project.entered, time(16)), **values
            )
            session.add(lead)
            session.flush()
            self.leads[project.id] = lead.id
            source = StageSource.IMPORT if project.is_imported else StageSource.PERSON
            session.add(
                StageChange(
                    lead_id=lead.id, to_stage=Stage.LEAD, happened_on=project.entered,
                    source=source, at=lead.created_at,
                )
            )  # fmt: skip
            session.add_all(
                LeadMember(lead_id=lead.id, user_id=self.users[n], kind=MembershipKind.NAMED)
                for n in project.named or ()
            )
        key = self.leads[project.id]
        session.execute(update(Lead).where(Lead.id == key).values(**values))
        if project.fed_back and (before is None or before.fed_back != project.fed_back):
            session.add(
                Activity(
                    lead_id=key, kind=ActivityKind.FEEDBACK, happened_on=project.fed_back,
                    summary="电话反馈", at=clock.now(),
                )
            )  # fmt: skip
        if project.signed and (before is None or before.signed != project.signed):
            session.execute(
                delete(Milestone).where(
                    Milestone.lead_id == key, Milestone.kind == MilestoneKind.SIGNED
                )
            )
            session.add(
                Milestone(
                    lead_id=key, kind=MilestoneKind.SIGNED, happened_on=project.signed,
                    known_on=project.signed, recorded_at=clock.now(),
                )
            )  # fmt: skip

        is_new = before is None or before.papers_since != project.papers_since
        if project.id in self.year.counted and is_new:
            session.execute(delete(Verdict).where(Verdict.lead_id == key))
            session.add(
                Verdict(
                    quota_id=self.quota.id, lead_id=key, verdict=Outcome.PENDING, reasons=[],
                    signed_from=project.papers_since or project.since,
                    is_signed_pending=project.papers_since is not None,
                )
            )  # fmt: skip

    # --- reading ---

    def rows(self) -> dict[Key, Any]:
        """Every live reminder, and those done, by its key in the bureau's own numbers."""
        names = {f"lead:{key}": f"lead:{n}" for n, key in self.leads.items()}
        names |= {f"{sort}:{key}": f"{sort}:{n}" for (sort, n), key in self.others.items()}
        names[f"quota:{self.quota.id}"] = "quota:1"
        statement = select(Reminder).where(
            Reminder.state.in_((*live.LIVE, ReminderState.DONE))
        ).execution_options(populate_existing=True)  # fmt: skip
        return {
            (
                row.kind, names[row.subject], row.step, row.due_on, self.numbers[row.person_id],
                row.level,
            ): row
            for row in self.session.scalars(statement)
        }  # fmt: skip


def _setting(own: Own) -> ReminderSetting:
    scope = (own.stage, own.is_headquarters, own.at_least)
    return ReminderSetting(
        kind=own.kind, scope_key="" if scope == (None,) * 3 else str(scope), stage=own.stage,
        is_headquarters=own.is_headquarters, at_least_yuan=own.at_least, is_on=own.is_on,
        steps=",".join(f"{code}:{days}" for code, days in own.steps),
        in_working_days=own.in_working_days, to_unit_head_after=own.head,
        to_director_after=own.leader, timing=own.timing, may_be_off=own.may_be_off,
        counts_from=own.counts_from,
    )  # fmt: skip


def _at(day: date, moment: time = time(8, 30)) -> datetime:
    return clock.office_moment(day, moment)


def _as_message(goes: Telling, keys: dict[int, Key]) -> Message:
    return Message(
        {keys[each] for each in goes.at_once},
        {keys[each] for each in goes.digest},
        {keys[each] for each in goes.weekly},
    )


def _deliveries(session: Any, day: date) -> dict[tuple[int, DeliveryKind], int]:
    """How many messages of each kind wait for whom."""
    statement = (
        select(Delivery.person_id, Delivery.kind, func.count())
        .where(Delivery.due_on == day, Delivery.channel == Channel.MAIL)
        .group_by(Delivery.person_id, Delivery.kind)
    )
    return {(person, kind): count for person, kind, count in session.execute(statement)}


def test_every_working_day_of_a_year_leaves_the_rows_and_messages_of_the_slow_book(
    db_session, backend, monkeypatch
):
    told = kept_tellings(monkeypatch)
    year = OneQuota(7, projects=6)
    book, seen = Book(), set()
    down = {date(2026, 9, 8) + timedelta(days=n) for n in range(3)}
    with transaction() as session:
        registry = Registry(session, year)
    calendar = work_calendar()
    worked = 0
    for today in days_of_year():
        year.live(today)
        if today in down or (backend == "postgresql" and today > date(2026, 3, 10)):
            continue
        if not works(today):
            with transaction():
                assert planning.plan(_at(today), again=True) == planning.Planned()
            continue
        worked += 1
        messages = book.morning(year, today)
        with transaction() as session:
            registry.follow()
            planning.note_what_is_due(today, calendar, _at(today))
            # One kind after the other, some three weeks apart.
            kind = [*ReminderKind][worked // 17 % 14] if worked % 17 == 1 else None
            previewed = _previewed(kind, today) if kind else None
            planning.note_messages(today, calendar, _at(today))
            goes = told.pop()
            if previewed is not None:
                assert previewed == _told_by_kind(goes, registry), today
            rows = registry.rows()
            # What somebody has done stays done; the book forgets it when it is no longer due.
            here = {key for key, row in rows.items() if row.state is not ReminderState.DONE}
            there = {k for k, row in book.rows.items() if row.state is not ReminderState.DONE}
            assert here == there, today
            seen |= {key[0] for key in here}
            keys = {row.id: key for key, row in rows.items()}
            found = {
                registry.numbers[reader]: _as_message(telling, keys)
                for reader, telling in goes.items()
                if telling.at_once or telling.digest or telling.weekly
            }
            assert set(found) == set(messages), today
            wanted = {}
            for reader, message in messages.items():
                fast = found[reader]
                assert len(fast.at_once) == len(message.at_once), (today, reader)
                assert fast.at_once | fast.digest == message.at_once | message.digest
                assert fast.weekly == message.weekly, (today, reader)
                if not year.person(reader).has_address:
                    continue
                user = registry.users[reader]
                for kind, keys_of in (
                    (DeliveryKind.AT_ONCE, fast.at_once),
                    (DeliveryKind.DUE_DIGEST, fast.digest),
                    (DeliveryKind.WEEK_DIGEST, fast.weekly),
                ):
                    if keys_of:
                        wanted[user, kind] = len(keys_of) if kind is DeliveryKind.AT_ONCE else 1
            # One digest per person and day, also the first one after three days without a machine.
            assert _deliveries(session, today) == wanted, today
            _send(session, today, {registry.users[r]: m for r, m in found.items()}, rows)
        book.sent({r: m for r, m in messages.items() if year.person(r).has_address}, today)
        with transaction() as session:
            _answer(session, year, book, rows, today)
    assert worked > (40 if backend == "postgresql" else 220)
    assert backend == "postgresql" or seen == set(ReminderKind)


def kept_tellings(monkeypatch: Any) -> list[dict[int, Telling]]:
    """What planning made of each day, as it was worked out for its messages."""
    kept: list[dict[int, Telling]] = []
    tellings = planning.tellings

    def keep(*given: Any) -> dict[int, Telling]:
        kept.append(tellings(*given))
        return kept[-1]

    monkeypatch.setattr(planning, "tellings", keep)
    return kept


Shown = dict[int, tuple[int, bool, bool, dict[ReminderKind, int]]]


def _previewed(kind: ReminderKind, today: date) -> Shown:
    """What a preview of this kind says that changes nothing: it tells the very mails of the morning."""
    held = facts.settings().general(kind)
    found = preview(today, held, held)
    assert all(each.now == each.then for each in found.readers)
    return {
        each.person_id: (
            each.now.at_once, bool(each.now.digest), bool(each.now.weekly), each.now.of_kind,
        )
        for each in found.readers
    }  # fmt: skip


def _told_by_kind(goes: dict[int, Telling], registry: Registry) -> Shown:
    kinds = dict(registry.session.execute(select(Reminder.id, Reminder.kind)).all())
    told: Shown = {}
    for reader, telling in goes.items():
        said = (*telling.at_once, *telling.digest, *telling.weekly)
        person = registry.year.person(registry.numbers[reader])
        if said and person.is_active and person.has_address:
            told[reader] = (
                len(telling.at_once), bool(telling.digest), bool(telling.weekly),
                dict(Counter(kinds[each] for each in said)),
            )  # fmt: skip
    return told


def _send(session: Any, today: date, told: dict[int, Message], rows: dict[Key, Any]) -> None:
    """As the worker would: every message of the day goes out and is noted at what it told."""
    deliveries = session.scalars(select(Delivery).where(Delivery.due_on == today)).all()
    for delivery in deliveries:
        message = told[delivery.person_id]
        keys = {
            DeliveryKind.DUE_DIGEST: message.digest,
            DeliveryKind.WEEK_DIGEST: message.weekly,
        }.get(delivery.kind)
        ids = [int(delivery.key)] if keys is None else [rows[key].id for key in keys]
        session.execute(
            update(Reminder).where(Reminder.id.in_(ids)).values(delivery_id=delivery.id)
        )
        delivery.state, delivery.sent_at = DeliveryState.SENT, _at(today)
    session.flush()


def _answer(session: Any, year: Year, book: Book, rows: dict[Key, Any], today: date) -> None:
    """A few are acknowledged, put off or done, here and in the book."""
    for key in sorted(book.rows):
        if year.chance.random() < 0.03:
            row = book.rows[key]
            row.state = year.chance.choice(
                (ReminderState.ACKNOWLEDGED, ReminderState.SNOOZED, ReminderState.DONE)
            )
            row.until = today + timedelta(days=year.chance.randrange(1, 9))
            session.execute(
                update(Reminder)
                .where(Reminder.id == rows[key].id)
                .values(state=row.state, snoozed_until=row.until)
            )
