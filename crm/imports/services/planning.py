"""What a ledger means for what we hold: which rows are new, which differ, what nobody may touch."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.accounts.rules import Actor, Role
from crm.core.bulk import among, chunked
from crm.core.db import db
from crm.core.sheets import Sheet, address
from crm.imports.models import DifferenceState, LedgerDifference, LedgerImport
from crm.imports.models import LedgerRow as StoredRow
from crm.imports.queries import ours_of
from crm.imports.rules import Field, Ledger, LedgerMessage, LedgerRow, MessageCode, SheetLayout
from crm.imports.rules.facts import News, columns_of, facts_of, news, signing_day, unsaid
from crm.imports.services.matching import Match, match


def file_kind(layouts: Sequence[SheetLayout]) -> str:
    """Files with the same headers are the same ledger, week after week."""
    labels = "\n".join("\t".join(layout.labels) for layout in layouts)
    return hashlib.sha256(labels.encode("utf-8", "replace")).hexdigest()


class Plan:
    """What a ledger means for what we hold, row by row; making one reads and writes nothing.

    Rows are known by their place in `rows`. `matches` are the rows of known leads, `fresh` those of
    new ones; `facts` is what each row states, `silent` the fields it says nothing of, `news` what a
    person must decide about, `open` the fields of a lead that waited for a decision before, `gone`
    the leads the last ledger of this kind had and this one has not. `new_ids` is filled by whoever
    adds the leads.
    """

    def __init__(
        self, actor: Actor, ledger: Ledger, sheets: Sequence[Sheet], *, today: date
    ) -> None:
        self.actor, self.today = actor, today
        self.ledger = ledger
        self.kind = file_kind(ledger.layouts)
        self.sheets = {sheet.name: sheet for sheet in sheets}
        self.layouts = {layout.sheet: layout for layout in ledger.layouts}
        self.rows: list[LedgerRow] = list(ledger.rows)
        self.messages: list[LedgerMessage] = list(ledger.messages)
        self.matches: dict[int, Match] = {}
        self.news: dict[int, tuple[News, ...]] = {}
        self.facts: dict[int, dict[str, Any]] = {}
        self.silent: dict[int, frozenset[str]] = {}
        self.open: dict[int, set[str]] = defaultdict(set)
        self.new_ids: dict[int, int] = {}
        self._keep_to_own_unit()
        self.matches = match(self.actor, self.rows)
        self._refuse_what_others_hold()
        for place, row in enumerate(self.rows):
            if row.saved:
                self.facts[place] = facts_of(row)
        self._ask_for_early_signings()
        self._compare()
        self.gone = self._missing(self._previous_import())
        self.fresh = [p for p, row in enumerate(self.rows) if row.saved and p not in self.matches]

    def _keep_to_own_unit(self) -> None:
        """A unit head imports own rows; those of other units are told, not taken."""
        if self.actor.role is not Role.UNIT_HEAD:
            return
        own = self.actor.department_name
        for place, row in enumerate(self.rows):
            if row.saved and row.department is not None and row.department != own:
                self._refuse(place, Field.DEPARTMENT, MessageCode.OTHER_UNIT, row.department)

    def _refuse_what_others_hold(self) -> None:
        for place in [p for p, found in self.matches.items() if not found.is_editable]:
            found = self.matches.pop(place)
            code = (
                MessageCode.REGISTERED_SENSITIVE
                if found.is_sensitive
                else MessageCode.REGISTERED_ELSEWHERE
            )
            self._refuse(place, Field.TITLE, code, self.rows[place].title or "")

    def _refuse(self, place: int, field: Field, code: MessageCode, text: str) -> None:
        self._say(place, field, code, text)
        row = self.rows[place]
        self.rows[place] = replace(row, problems=row.problems | {code.value}, saved=False)

    def _say(self, place: int, field: Field, code: MessageCode, text: str | None = None) -> None:
        row = self.rows[place]
        column = self.layouts[row.sheet].column(field)
        cell = address(row.excel_row - 1, column.index if column else 0)
        text = row.raw.get(field, "") if text is None else text
        self.messages.append(LedgerMessage(row.sheet, cell, field.value, code, text))

    def _ask_for_early_signings(self) -> None:
        """A signing day beside a stage before signing may be that of a framework agreement."""
        for place, row in enumerate(self.rows):
            if row.saved and place not in self.matches and row.signed_on and not signing_day(row):
                self._say(place, Field.SIGNED_ON, MessageCode.SIGNED_BEFORE_STAGE)

    def _compare(self) -> None:
        """Find what rows of known leads state differently; ours is only read where they do."""
        columns = {name: columns_of(layout) for name, layout in self.layouts.items()}
        looked_at = []
        for place, found in self.matches.items():
            row, facts = self.rows[place], self.facts[place]
            self.silent[place] = unsaid(row, columns[row.sheet], facts)
            if found.stored is None or self._states_news(place, found.stored.facts):
                looked_at.append(place)
        ours = ours_of([self.matches[place].lead_id for place in looked_at], on=self.today)
        for place in looked_at:
            found = self.matches[place]
            held = ours[found.lead_id]
            last = found.stored.facts if found.stored is not None else None
            self.news[place] = tuple(
                news(
                    last, self.facts[place], held.facts,
                    told=held.told, silent=self.silent[place],
                )
            )  # fmt: skip
        lead_ids = [found.lead_id for found in self.matches.values()]
        for chunk in chunked(lead_ids):
            for lead_id, field in db.session.execute(
                select(LedgerDifference.lead_id, LedgerDifference.field).where(
                    among(LedgerDifference.lead_id, chunk),
                    LedgerDifference.state == DifferenceState.OPEN,
                )
            ):
                self.open[lead_id].add(field)

    def _states_news(self, place: int, last: Mapping[str, Any]) -> bool:
        silent = self.silent[place]
        now = self.facts[place]
        return any(
            now.get(name) != last.get(name)
            for name in now.keys() | last.keys()
            if name not in silent
        )

    def still_open(self, place: int) -> set[str]:
        """Fields of this row that wait for a decision after this import."""
        settled = {
            name for name in self.open[self.matches[place].lead_id] if self.speaks_anew(place, name)
        }
        kept = self.open[self.matches[place].lead_id] - settled
        return kept | {each.field.value for each in self.news.get(place, ())}

    def speaks_anew(self, place: int, name: str) -> bool:
        """Whether the row states this field, and differently from last time."""
        stored = self.matches[place].stored
        if name in self.silent[place] or stored is None:
            return False
        return bool(self.facts[place].get(name) != stored.facts.get(name))

    def _previous_import(self) -> int | None:
        own = self.own_department()
        scope = (
            LedgerImport.department_id == own
            if own is not None
            else LedgerImport.department_id.is_(None)
        )
        return db.session.scalar(
            select(LedgerImport.id)
            .where(LedgerImport.kind == self.kind, scope)
            .order_by(LedgerImport.id.desc())
            .limit(1)
        )

    def _missing(self, previous_id: int | None) -> tuple[int, ...]:
        if previous_id is None:
            return ()
        here = {found.lead_id for found in self.matches.values()}
        stood = db.session.scalars(
            select(StoredRow.lead_id)
            .where(StoredRow.import_id == previous_id)
            .order_by(StoredRow.id)
        )
        return tuple(lead_id for lead_id in stood if lead_id not in here)

    def own_department(self) -> int | None:
        """The unit this ledger is of, None for one of the whole bureau."""
        return self.actor.department_id if self.actor.role is Role.UNIT_HEAD else None

    def counts(self) -> dict[str, int]:
        """Rows by what becomes of them, as import and report tell them."""
        differs = sum(1 for place in self.matches if self.still_open(place))
        saved = sum(1 for row in self.rows if row.saved)
        return {
            "added": saved - len(self.matches),
            "unchanged": len(self.matches) - differs,
            "differs": differs,
            "refused": len(self.rows) - saved,
        }

    def lead_id(self, place: int) -> int | None:
        """The lead of a row; None if it has none, or none yet."""
        found = self.matches.get(place)
        return found.lead_id if found else self.new_ids.get(place)
