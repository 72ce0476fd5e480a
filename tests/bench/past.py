"""What happened to the leads: figures, milestones, four activities and six audit events each, decisions."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.bench.filling import Row, Table
from tests.bench.leads import Leads
from tests.bench.people import People
from tests.bench.words import ACTIONS, SAID


class Past:
    """What was recorded of each lead; `quotas` are the year's, which judge leads."""

    def __init__(
        self, leads: Leads, people: People, quotas: list[int], today: date, morning: datetime
    ) -> None:
        self.leads = leads
        self.people = people
        self.quotas = quotas
        self.today = today
        self.morning = morning

    def tables(self) -> Iterator[Table]:
        yield (
            "figures",
            (
                "id", "lead_id", "kind", "source", "as_of", "stated_text", "amount", "currency",
                "document", "is_withdrawn", "recorded_by_id", "recorded_at",
            ),
            self.figures(),
        )  # fmt: skip
        yield (
            "milestones",
            (
                "id", "lead_id", "kind", "happened_on", "known_on", "document", "source",
                "recorded_by_id", "recorded_at",
            ),
            self.milestones(),
        )  # fmt: skip
        yield (
            "stage_changes",
            ("id", "lead_id", "from_stage", "to_stage", "happened_on", "source", "by_id", "at"),
            self.stage_changes(),
        )
        yield (
            "activities",
            (
                "id", "lead_id", "kind", "happened_on", "summary", "contact_name", "is_substantive",
                "by_id", "at",
            ),
            self.activities(),
        )  # fmt: skip
        yield (
            "audit_events",
            (
                "id", "at", "actor_id", "actor_name", "address", "action", "subject_type",
                "subject_id", "lead_id", "department_id", "before", "after",
            ),
            self.events(),
        )  # fmt: skip
        yield (
            "recognition_batches",
            (
                "id", "year", "at_level", "title", "document_number", "decided_on", "created_by_id",
                "created_at", "version",
            ),
            self.batches(),
        )  # fmt: skip
        yield (
            "decisions",
            (
                "id", "lead_id", "quota_id", "at_level", "decided", "batch_id", "decided_on", "by_id",
                "recorded_at", "sides_then",
            ),
            self.decisions(),
        )  # fmt: skip

    def figures(self) -> Iterator[Row]:
        row = 0
        for n in range(1, self.leads.count + 1):
            amount = self.leads.amount(n)
            if amount is None:
                continue
            owner, _unit = self.people.owner(n)
            for source in ("talk", "agreement")[: 2 if self.leads.is_signed(n) else 1]:
                row += 1
                yield (
                    row, n, "total_investment", source, self.leads.progress(n), f"{amount / 10**8:g}亿元",
                    amount, "CNY", "投资协议第3条" if source == "agreement" else None, False, owner,
                    self.morning,
                )  # fmt: skip

    def milestones(self) -> Iterator[Row]:
        row = 0
        for n in range(100, self.leads.count + 1, 100):
            day, (owner, _unit) = self.leads.signed_on(n), self.people.owner(n)
            for kind in ("signed", "registered", "started")[: n // 100 % 3 + 1]:
                row += 1
                yield row, n, kind, day, day, "投资协议", "person", owner, self.morning

    def stage_changes(self) -> Iterator[Row]:
        row = 0
        for n in range(1, self.leads.count + 1):
            owner, _unit = self.people.owner(n)
            for before, after, ago in ((None, "LEAD", 200), ("LEAD", self.leads.stage(n), 0)):
                row += 1
                yield (
                    row,
                    n,
                    before,
                    after,
                    self.leads.progress(n) - timedelta(days=ago),
                    "person",
                    owner,
                    self.morning,
                )

    def activities(self) -> Iterator[Row]:
        row = 0
        for n in range(1, self.leads.count + 1):
            owner, _unit = self.people.owner(n)
            for k in range(4):
                row += 1
                yield (
                    row, n, ("call", "visit_out", "reception", "meeting")[k],
                    self.leads.progress(n) - timedelta(days=15 * k), SAID[k], "赵经理", k == 1,
                    owner, self.morning,
                )  # fmt: skip

    def events(self) -> Iterator[Row]:
        row = 0
        created = json.dumps({"title": "项目", "stage": "LEAD"}, ensure_ascii=False)
        for n in range(1, self.leads.count + 1):
            owner, unit = self.people.owner(n)
            for k in range(6):
                row += 1
                before = (
                    json.dumps({"next_action": ACTIONS[k % 5]}, ensure_ascii=False) if k else None
                )
                after = (
                    json.dumps({"next_action": ACTIONS[(k + 1) % 5]}, ensure_ascii=False)
                    if k
                    else created
                )
                yield (
                    row, self.morning - timedelta(days=30 * (6 - k)), owner, "责任人", "10.0.0.8",
                    "lead_edited" if k else "lead_registered", "leads", n, n, unit, before, after,
                )  # fmt: skip

    def batches(self) -> Iterator[Row]:
        for number, level in enumerate(("district", "city"), start=1):
            yield (
                number, self.today.year, level, f"第{number}批", f"{number}号", self.today,
                self.people.first_user, self.morning, 1,
            )  # fmt: skip

    def decisions(self) -> Iterator[Row]:
        """Every other signed lead is proposed, and they get one, two or three levels far."""
        row = 0
        for place, n in enumerate(range(100, self.leads.count + 1, 200)):
            owner, _unit = self.people.owner(n)
            said = [("unit", "proposed", None), ("unit", "approved", None)]
            said += [("district", "approved", 1), ("city", "approved", 2)]
            for level, decided, batch in said[: place % 4 + 1]:
                row += 1
                yield (
                    row, n, self.quotas[place % len(self.quotas)], level, decided, batch, self.today,
                    owner if level == "unit" else self.people.first_user, self.morning, "[]",
                )  # fmt: skip
