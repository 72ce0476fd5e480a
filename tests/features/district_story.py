"""Weeks in a district: backdated signings, corrected figures, lost leads, changed quotas.

Each day ends with a naive snapshot of what the tables say, to hold against what is re-made later.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.history import services as history
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import Exclusion, FigureSource, MilestoneKind, Stage
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import CountingEvent, Node
from crm.quotas.services import rejudge
from crm.quotas.services.pacing import Pacing, change_pacing
from crm.quotas.services.versions import Signature, draft, publish, save_draft
from crm.recognition.models import Decision, RecognitionBatch
from crm.recognition.rules import Decided, Level
from tests.features.quota_leads import YI, add_figure, add_milestone, add_signed

FIRST = date(2026, 10, 12)
NUMBERS = ("signed_from", "registered_from", "started_from")


@dataclass(frozen=True)
class Snapshot:
    """A day as its evening told it, without any history."""

    day: date
    verdicts: dict[tuple[str, int], Any]  # (code, lead) -> what the row said
    targets: dict[str, int]
    titles: dict[int, str]

    def ids(self, code: str, number: str, on: date | None = None) -> list[int]:
        column = NUMBERS.index(f"{number}_from")
        return sorted(
            lead_id
            for (of, lead_id), (_, _, days) in self.verdicts.items()
            if of == code and days[column] is not None and days[column] <= (on or self.day)
        )


def take_snapshot(day: date) -> Snapshot:
    quotas = {
        quota.id: quota
        for quota in db.session.scalars(
            select(Quota).where(Quota.year == 2026, Quota.criteria.is_not(None))
        )
    }
    rows = db.session.scalars(
        select(Verdict)
        .where(Verdict.quota_id.in_(quotas))
        .execution_options(populate_existing=True)
    )
    return Snapshot(
        day,
        {
            (quotas[row.quota_id].code, row.lead_id): (
                row.verdict,
                list(row.reasons),
                (row.signed_from, row.registered_from, row.started_from),
            )
            for row in rows
        },
        {quota.code: quota.target for quota in quotas.values()},
        dict(db.session.execute(select(Lead.id, Lead.title)).all()),
    )


def moment(day: date, hour: float) -> datetime:
    return clock.office_moment(day) + timedelta(hours=hour)


class District:
    """Changes of a district by a person, each recorded and judged as a door does it."""

    def __init__(self, actor: Actor, seed: int) -> None:
        self.actor = actor
        self.draw = random.Random(seed)
        self.leads: list[int] = []

    def live(self, days: int) -> Iterator[Snapshot]:
        for number in range(days):
            day = FIRST + timedelta(days=number)
            for step in range(self.draw.randint(0, 4)):
                self.change(day, moment(day, 8 + 3 * step))
            yield take_snapshot(day)

    def change(self, day: date, at: datetime) -> None:
        happenings = [self.sign, self.sign]
        if self.leads:
            happenings += [
                self.correct, self.correct, self.lose, self.revive, self.move_day, self.register,
                self.withdraw, self.rename, self.exclude, self.republish, self.retarget, self.decide,
                self.pace,
                self.decide,
            ]  # fmt: skip
        with transaction():
            self.draw.choice(happenings)(day, at)

    def told(self, lead: Lead, action: str, day: date, at: datetime) -> None:
        changed = history.record_changes(self.actor, at, action, lead, lead_id=lead.id)
        if changed is None:  # what changed hangs on the lead
            history.record(self.actor, at, action, lead, lead_id=lead.id)
        db.session.flush()
        rejudge([lead.id], today=day, at=at + timedelta(milliseconds=3))

    def any(self) -> Lead:
        return db.session.get_one(Lead, self.draw.choice(self.leads), populate_existing=True)

    def sign(self, day: date, at: datetime) -> None:
        back = self.draw.choice((0, 0, 1, 9, 30))
        yuan = self.draw.choice((4, 5, 6, 49, 50, 60)) * YI
        lead = add_signed(f"项目{len(self.leads) + 1}", yuan, on=day - timedelta(days=back))
        self.leads.append(lead.id)
        self.told(lead, "lead_registered", day, at)

    def correct(self, day: date, at: datetime) -> None:
        lead = self.any()
        yuan = self.draw.choice((3, 5, 8, 49, 51)) * YI
        add_figure(lead, yuan, source=FigureSource.FILING, as_of=day, document="备案证明")
        self.told(lead, "figure_added", day, at)

    def withdraw(self, day: date, at: datetime) -> None:
        lead = self.any()
        figure = db.session.scalar(
            select(Figure)
            .where(Figure.lead_id == lead.id, Figure.is_withdrawn.is_(False))
            .order_by(Figure.id.desc())
            .limit(1)
        )
        if figure is not None:
            figure.is_withdrawn = True
        self.told(lead, "figure_withdrawn", day, at)

    def lose(self, day: date, at: datetime) -> None:
        lead = self.any()
        lead.stage = Stage.LOST
        self.told(lead, "stage_moved", day, at)

    def revive(self, day: date, at: datetime) -> None:
        lead = self.any()
        lead.stage = Stage.SIGNED
        self.told(lead, "stage_moved", day, at)

    def exclude(self, day: date, at: datetime) -> None:
        lead = self.any()
        lead.exclusion = None if lead.exclusion else Exclusion.PPP
        self.told(lead, "lead_edited", day, at)

    def rename(self, day: date, at: datetime) -> None:
        lead = self.any()
        lead.title = f"{lead.title}改"
        self.told(lead, "lead_edited", day, at)

    def _milestone(self, lead: Lead, kind: MilestoneKind) -> Milestone | None:
        return db.session.scalar(
            select(Milestone).where(Milestone.lead_id == lead.id, Milestone.kind == kind)
        )

    def move_day(self, day: date, at: datetime) -> None:
        lead = self.any()
        signed = self._milestone(lead, MilestoneKind.SIGNED)
        assert signed is not None
        signed.happened_on = day + timedelta(days=self.draw.randint(-40, 10))
        self.told(lead, "milestone_changed", day, at)

    def register(self, day: date, at: datetime) -> None:
        lead = self.any()
        if self._milestone(lead, MilestoneKind.REGISTERED) is None:
            on = day - timedelta(days=self.draw.choice((0, 5, 20)))
            add_milestone(lead, MilestoneKind.REGISTERED, on, document="营业执照")
        self.told(lead, "milestone_recorded", day, at)

    def republish(self, day: date, at: datetime) -> None:
        """The amount that 实体总部 asks for is another one from now on."""
        quota = db.session.scalar(select(Quota).where(Quota.year == 2026, Quota.code == "B"))
        least = self.draw.choice((5, 8)) * YI
        clause = {"clause": "amount", "field": "total_investment", "at_least_yuan": least}
        version = draft(self.actor, quota.id, at)
        save_draft(
            self.actor, quota.id, version.version, {"any_of": [clause]},
            CountingEvent.SIGNED_AND_REGISTERED, at,
        )  # fmt: skip
        with suppress(Refused):  # unchanged, or a second time on one day
            publish(
                self.actor, quota.id, version.version, Signature("天投促〔2026〕1号", day),
                today=day, at=at,
            )  # fmt: skip

    def retarget(self, day: date, at: datetime) -> None:
        quota = db.session.scalar(select(Quota).where(Quota.year == 2026, Quota.code == "A"))
        quota.target = self.draw.randint(8, 14)
        history.record_changes(self.actor, at, "quota_changed", quota)

    def pace(self, day: date, at: datetime) -> None:
        """Nodes and the cut-off are set in the page."""
        quota = db.session.scalar(
            select(Quota)
            .where(Quota.year == 2026, Quota.code == "A")
            .execution_options(populate_existing=True)
        )
        nodes = tuple(
            Node(on, count)
            for on, count in ((date(2026, 6, 30), self.draw.randint(0, 3)), (day, 4))
            if self.draw.random() < 0.7
        )
        pacing = Pacing(None, self.draw.randint(20, 26), quota.curve, nodes)
        change_pacing(self.actor, quota.id, quota.version, pacing, at=at)

    def decide(self, day: date, at: datetime) -> None:
        lead = self.any()
        quota = db.session.scalar(select(Quota).where(Quota.year == 2026, Quota.code == "B"))
        level = self.draw.choice([Level.DISTRICT, Level.CITY])
        decided_on = day - timedelta(days=self.draw.choice((0, 3)))
        batch = RecognitionBatch(
            year=2026, at_level=level, title="批次", decided_on=decided_on,
            created_by_id=self.actor.id, created_at=at,
        )  # fmt: skip
        db.session.add(batch)
        db.session.flush()
        decision = Decision(
            lead_id=lead.id, quota_id=quota.id, at_level=level, batch_id=batch.id,
            decided=self.draw.choice((Decided.APPROVED, Decided.APPROVED, Decided.RETURNED)),
            reason="材料不全", decided_on=decided_on, by_id=self.actor.id, recorded_at=at,
            sides_then=[],
        )  # fmt: skip
        db.session.add(decision)
        db.session.flush()
        history.record(self.actor, at, "decided", decision, lead_id=lead.id)
