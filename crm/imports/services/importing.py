"""Taking a ledger in: read it, recognise what we know, add what is new, ask about what differs."""

import hashlib
import re
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from crm.accounts.models import User
from crm.accounts.rules import LEDGER_IMPORTERS, Actor, Role
from crm.core.bulk import among, insert_rows, reserve_ids, without_collecting
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.core.sheets import Limits, Sheet, address, read_sheets
from crm.enterprises.rules import pinyin_initials, search_text
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.imports.models import (
    DifferenceState,
    LedgerDifference,
    LedgerImport,
    LedgerQuestion,
)
from crm.imports.models import LedgerRow as StoredRow
from crm.imports.queries import KINDS, chunked, ours_of
from crm.imports.rules import (
    Field,
    Ledger,
    LedgerMessage,
    LedgerRow,
    MessageCode,
    SheetLayout,
    read_ledger,
)
from crm.imports.rules.cells import storable
from crm.imports.rules.facts import News, columns_of, facts_of, news, unsaid
from crm.imports.services.known import Known, event, taxonomy
from crm.imports.services.matching import Match, key_of, match
from crm.imports.wording import WORDS
from crm.leads.models import Figure, Lead, Milestone, StageChange
from crm.leads.rules import Figure as FigureFact
from crm.leads.rules import (
    FigureKind,
    FigureSource,
    MilestoneKind,
    Stage,
    StageSource,
    implied_milestones,
    valued,
)
from crm.quotas.services import rejudge

LONGEST_MESSAGES = 5_000
"""Messages kept with an import; a file that earns more is better sent back."""


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row: its lead (None if it was not saved or this was a dry run of a new one)."""

    row: LedgerRow
    lead_id: int | None = None
    is_new: bool = False
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or in a dry run would do.

    `differs` counts rows with a cell that waits for a decision, `gone` are leads of the last ledger of
    this kind that are missing in this one. `import_id` is None for a dry run.
    """

    filename: str
    as_of: date
    rows: tuple[RowReport, ...]
    messages: tuple[LedgerMessage, ...]
    added: int
    unchanged: int
    differs: int
    refused: int
    gone: tuple[int, ...]
    import_id: int | None

    def as_json(self) -> dict[str, Any]:
        """The document the command line prints."""
        return {
            "file": self.filename,
            "as_of": self.as_of.isoformat(),
            "rows": [each.row.as_json() for each in self.rows],
            "messages": [message_json(message) for message in self.messages],
            "added": self.added,
            "unchanged": self.unchanged,
            "differs": self.differs,
        }


def message_json(message: LedgerMessage) -> dict[str, str]:
    """A message as kept and printed; `text` says in words what is wrong with what stood there."""
    words = str(WORDS[MessageCode][message.code])
    return {
        "sheet": message.sheet,
        "cell": message.cell,
        "field": message.field,
        "code": message.code.value,
        "text": f"{words}（{message.text}）" if message.text else words,
    }


def kept_message(message: LedgerMessage) -> dict[str, str]:
    """A message as it is kept with its import: shown later in the reader's own language."""
    return {
        "sheet": message.sheet,
        "cell": message.cell,
        "field": message.field,
        "code": message.code.value,
        "said": message.text,
    }


@without_collecting()
def import_ledger(
    actor: Actor,
    data: bytes,
    filename: str,
    *,
    at: datetime,
    today: date,
    folder: Path,
    dry_run: bool = False,
    limits: Limits | None = None,
) -> Report:
    """Take a ledger file in; with `dry_run` say what would happen and write nothing.

    New rows become leads. Rows of known leads change nothing: what they state differently waits as
    a difference for a person to decide. `folder` keeps the file. Raises UnreadableFile, and Refused
    for people who may not import (`actor`) and for files without a ledger (`file`).
    """
    if actor.role not in {*LEDGER_IMPORTERS, Role.SYSTEM}:
        raise Refused(
            [Fault("actor", "not_allowed", _l("只有科室/单位负责人和局领导可以导入台账"))]
        )
    sheets = read_sheets(data, filename, limits)
    ledger = read_ledger(sheets, taxonomy=taxonomy(), as_of_default=today)
    if not ledger.layouts:
        text = WORDS[MessageCode][MessageCode.NO_LEDGER]
        raise Refused([Fault("file", MessageCode.NO_LEDGER.value, text)])
    if not dry_run:
        _one_at_a_time()
    taking = _Taking(actor, ledger, sheets, at, today)
    taking.plan()
    if not dry_run:
        taking.write(data, filename, folder)
    return taking.report(filename)


def _one_at_a_time() -> None:
    """Two ledgers at once would each add the same project; the second waits for the first."""
    db.session.execute(
        select(User.id).where(User.role == Role.SYSTEM).with_for_update(key_share=True)
    )


def file_kind(layouts: Sequence[SheetLayout]) -> str:
    """Files with the same headers are the same ledger, week after week."""
    labels = "\n".join("\t".join(layout.labels) for layout in layouts)
    return hashlib.sha256(labels.encode("utf-8", "replace")).hexdigest()


class _Taking:
    """One import: `plan` only reads, `write` does what was planned."""

    def __init__(
        self, actor: Actor, ledger: Ledger, sheets: Sequence[Sheet], at: datetime, today: date
    ) -> None:
        self.actor, self.at, self.today = actor, at, today
        self.ledger = ledger
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
        self.gone: tuple[int, ...] = ()
        self.import_id: int | None = None

    # ------------------------------------------------------------ planning

    def plan(self) -> None:
        self._keep_to_own_unit()
        self.matches = match(self.actor, self.rows)
        self._refuse_what_others_hold()
        for place, row in enumerate(self.rows):
            if row.saved:
                self.facts[place] = facts_of(row)
        self._ask_for_early_signings()
        self._compare()
        self.previous_id = self._previous_import()
        self.gone = self._missing()

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

    def _still_open(self, place: int) -> set[str]:
        """Fields of this row that wait for a decision after this import."""
        settled = {
            name
            for name in self.open[self.matches[place].lead_id]
            if self._speaks_anew(place, name)
        }
        kept = self.open[self.matches[place].lead_id] - settled
        return kept | {each.field.value for each in self.news.get(place, ())}

    def _speaks_anew(self, place: int, name: str) -> bool:
        stored = self.matches[place].stored
        if name in self.silent[place] or stored is None:
            return False
        return bool(self.facts[place].get(name) != stored.facts.get(name))

    def _previous_import(self) -> int | None:
        own = self._own_department()
        scope = (
            LedgerImport.department_id == own
            if own is not None
            else LedgerImport.department_id.is_(None)
        )
        return db.session.scalar(
            select(LedgerImport.id)
            .where(LedgerImport.kind == file_kind(self.ledger.layouts), scope)
            .order_by(LedgerImport.id.desc())
            .limit(1)
        )

    def _missing(self) -> tuple[int, ...]:
        if self.previous_id is None:
            return ()
        here = {found.lead_id for found in self.matches.values()}
        stood = db.session.scalars(
            select(StoredRow.lead_id)
            .where(StoredRow.import_id == self.previous_id)
            .order_by(StoredRow.id)
        )
        return tuple(lead_id for lead_id in stood if lead_id not in here)

    def _own_department(self) -> int | None:
        return self.actor.department_id if self.actor.role is Role.UNIT_HEAD else None

    # ------------------------------------------------------------ writing

    def write(self, data: bytes, filename: str, folder: Path) -> None:
        self.known = Known(self.actor, self.at)
        fresh = [p for p, row in enumerate(self.rows) if row.saved and p not in self.matches]
        investors: dict[str, str] = {}
        for place in fresh:
            row = self.rows[place]
            investors.setdefault(key_of(row)[1], row.investor or "")
        self.known.load_companies(investors)
        self.new_ids = dict(zip(fresh, reserve_ids(Lead, len(fresh)), strict=True))
        made = _Made()
        for place in fresh:
            self._make(place, made)
        record = self._record(data, filename, folder)
        self.known.write()
        made.insert()
        self._keep_rows(record.id)
        self._keep_differences(record.id)
        self._keep_questions(record.id)
        rejudge([*self.new_ids.values()], today=self.today, at=self.at)

    def _record(self, data: bytes, filename: str, folder: Path) -> LedgerImport:
        stored_name = secrets.token_hex(16)
        record = LedgerImport(
            filename=filename[-200:],
            sha256=hashlib.sha256(data).hexdigest(),
            stored_name=stored_name,
            as_of=self.ledger.as_of,
            layout={"sheets": [self._layout_json(layout) for layout in self.ledger.layouts]},
            department_id=self._own_department(),
            kind=file_kind(self.ledger.layouts),
            gone=list(self.gone),
            messages=[kept_message(message) for message in self.messages[:LONGEST_MESSAGES]],
            by_id=self.actor.id or None,
            at=self.at,
            **self._counts(),
        )
        db.session.add(record)
        db.session.flush()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / stored_name).write_bytes(data)
        history.record(
            self.actor, self.at, "ledger_imported", record,
            after={"filename": record.filename, "as_of": record.as_of, **self._counts()},
        )  # fmt: skip
        self.import_id = record.id
        return record

    def _counts(self) -> dict[str, int]:
        differs = sum(1 for place in self.matches if self._still_open(place))
        saved = sum(1 for row in self.rows if row.saved)
        return {
            "added": saved - len(self.matches),
            "unchanged": len(self.matches) - differs,
            "differs": differs,
            "refused": len(self.rows) - saved,
        }

    def _layout_json(self, layout: SheetLayout) -> dict[str, Any]:
        """As much of a sheet as is needed to write it again: all rows but the projects."""
        sheet = self.sheets[layout.sheet]
        projects = set(layout.rows)
        last = max((*layout.rows, *layout.totals, layout.header_bottom))
        return {
            "sheet": storable(layout.sheet),
            "header_top": layout.header_top,
            "header_bottom": layout.header_bottom,
            "labels": [storable(label) for label in layout.labels],
            "columns": [
                {
                    "index": column.index,
                    "field": column.field.value,
                    "unit": column.unit.value if column.unit else None,
                    "land_unit": column.land_unit.value if column.land_unit else None,
                }
                for column in layout.columns
            ],
            "above": [_plain_row(row) for row in sheet.rows[: layout.header_bottom + 1]],
            "totals": [
                {"cells": _plain_row(sheet.rows[row]), "sums": _sums(sheet, row)}
                for row in layout.totals[-1:]
            ],
            "below": [
                _plain_row(sheet.rows[row])
                for row in range(last + 1, len(sheet.rows))
                if row not in projects
            ],
            "merges": [
                [box.top, box.left, box.bottom, min(box.right, 199)]
                for box in sheet.merges
                if box.bottom <= layout.header_bottom
            ],
        }

    def _make(self, place: int, made: "_Made") -> None:
        """One new lead and everything that hangs on it."""
        row, known, actor, at = self.rows[place], self.known, self.actor, self.at
        as_of = self.ledger.as_of
        lead_id = self.new_ids[place]
        department_id = known.department(row.department) or self._own_department()
        investor_id, investor_words = known.company(key_of(row)[1])
        segment_id, chain_id = known.segments.get(row.segment_code or "", (None, None))
        place_of = known.places.get(row.zone or "")
        stage = row.stage or Stage.LEAD
        signed_on = _signing(row)
        stage_since = signed_on if stage is Stage.SIGNED and signed_on else as_of
        figures = self._figures(place, lead_id)
        total = next((f for f in figures if f["kind"] is FigureKind.TOTAL_INVESTMENT), None)
        receipt = f"BB{self.today:%Y%m%d}-{lead_id:06d}"
        title = row.title or ""
        words = search_text(title, pinyin_initials(title), receipt, investor_words)
        made.leads.append(
            {
                "id": lead_id,
                "receipt_number": receipt,
                "title": title,
                "title_key": key_of(row)[0],
                "search_text": words,
                "investor_id": investor_id,
                "investor_is_unknown": investor_id is None,
                "investor_category": row.investor_category,
                "description": row.content,
                "chain_id": chain_id or known.chains.get(row.chain or ""),
                "segment_id": segment_id,
                "zone_id": place_of.zone_id if place_of else None,
                "carrier_id": place_of.carrier_id if place_of else None,
                "street_id": place_of.street_id if place_of else None,
                "site": row.zone,
                "land_mu": row.land_mu,
                "owner_id": known.person(row.owner, department_id, row.owner_phone),
                "department_id": department_id,
                "sponsor_id": known.leader(row.sponsor_leader),
                "first_talk_department_id": known.department(row.first_talk_unit),
                "source": row.source,
                "stage": stage,
                "stage_since": stage_since,
                "stage_source": StageSource.IMPORT,
                "stage_before_off_ramp": Stage.SIGNED if stage.is_off_ramp and signed_on else None,
                "first_contact_on": row.first_contact_on,
                "expected_sign_on": row.expected_sign_on,
                "last_progress_on": _progress_day(row, as_of),
                "next_action": row.next_action,
                "next_action_on": row.next_action_on,
                "suggests": ",".join(sorted(row.suggests)) or None,
                "latest_progress": row.latest_progress,
                "problems": row.issues,
                "remark": row.remark,
                "investment_yuan": self._yuan(total, signed_on),
                "investment_text": total["stated_text"] if total else None,
                "created_by_id": actor.id or None,
                "created_at": at,
            }
        )
        made.figures += figures
        kinds = implied_milestones(stage, None)
        if signed_on is not None and not kinds:
            kinds = (MilestoneKind.SIGNED,)
        made.milestones += [
            {
                "lead_id": lead_id,
                "kind": kind,
                "happened_on": signed_on if kind is MilestoneKind.SIGNED else None,
                "known_on": as_of,
                "source": StageSource.IMPORT,
                "recorded_by_id": actor.id or None,
                "recorded_at": at,
            }
            for kind in kinds
        ]
        made.changes.append(
            {
                "lead_id": lead_id,
                "to_stage": stage,
                "happened_on": stage_since,
                "source": StageSource.IMPORT,
                "by_id": actor.id or None,
                "at": at,
            }
        )
        made.events.append(
            event(
                actor, at, "lead_imported", Lead, lead_id,
                {
                    "title": title, "stage": stage, "investor": row.investor,
                    "receipt_number": receipt, "total_investment": total and total["stated_text"],
                },
                lead_id=lead_id, department_id=department_id,
            )
        )  # fmt: skip

    def _ask_for_early_signings(self) -> None:
        """A signing day beside a stage before signing may be that of a framework agreement."""
        for place, row in enumerate(self.rows):
            if row.saved and place not in self.matches and row.signed_on and not _signing(row):
                self._say(place, Field.SIGNED_ON, MessageCode.SIGNED_BEFORE_STAGE)

    def _say(self, place: int, field: Field, code: MessageCode, text: str | None = None) -> None:
        row = self.rows[place]
        column = self.layouts[row.sheet].column(field)
        cell = address(row.excel_row - 1, column.index if column else 0)
        text = row.raw.get(field, "") if text is None else text
        self.messages.append(LedgerMessage(row.sheet, cell, field.value, code, text))

    def _figures(self, place: int, lead_id: int) -> list[dict[str, Any]]:
        row = self.rows[place]
        layout = self.layouts[row.sheet]
        facts = self.facts[place]
        found = []
        for field, kind in KINDS.items():
            fact = facts.get(field.value)
            if fact is None:
                continue
            own = field in row.amounts
            column = layout.column(field if own else Field.TOTAL_INVESTMENT)
            text = row.raw.get(field if own else Field.TOTAL_INVESTMENT, "")
            found.append(
                {
                    "lead_id": lead_id,
                    "kind": kind,
                    "source": FigureSource.TALK,
                    "as_of": self.ledger.as_of,
                    "stated_text": with_unit(
                        text, column.unit.word if column and column.unit else ""
                    )[:60],
                    "amount": fact[0],
                    "upper": fact[3],
                    "currency": fact[1],
                    "qualifier": fact[2],
                    "recorded_by_id": self.actor.id or None,
                    "recorded_at": self.at,
                }
            )
        return found

    def _yuan(self, total: Mapping[str, Any] | None, signed_on: date | None) -> int | None:
        if total is None:
            return None
        if total["currency"] == "CNY":
            return int(total["amount"])
        fact = FigureFact(
            total["kind"], total["source"], total["as_of"], total["amount"], total["currency"]
        )
        return valued(fact, self.known.rates, signed_on=signed_on, today=self.today).yuan

    # ------------------------------------------------------------ what the ledger said

    def _lead_id(self, place: int) -> int | None:
        found = self.matches.get(place)
        return found.lead_id if found else self.new_ids.get(place)

    def _keep_rows(self, import_id: int) -> None:
        """Remember what each row said, for the next time the file comes."""
        fresh, moved, same = [], [], []
        unread = {name: _unread_columns(layout) for name, layout in self.layouts.items()}
        for place, row in enumerate(self.rows):
            lead_id = self._lead_id(place)
            if not row.saved or lead_id is None:
                continue
            title_key, investor_key = key_of(row)
            found = self.matches.get(place)
            stored = found.stored if found else None
            facts = self.facts[place]
            if stored is not None:
                silent = self.silent[place]
                facts = {**{n: v for n, v in stored.facts.items() if n in silent}, **facts}
            told = {
                "import_id": import_id,
                "lead_id": lead_id,
                "title_key": title_key,
                "investor_key": investor_key,
                "sheet": row.sheet[:60],
                "excel_row": row.excel_row,
                "cells": {_NAMES[field]: text for field, text in row.raw.items()},
                "unread": self._handed_back(row, unread[row.sheet]),
                "facts": facts,
            }
            if stored is None:
                fresh.append(told)
            elif all(getattr(stored, name) == told[name] for name in _REMEMBERED):
                same.append(stored.id)
            else:
                moved.append({"id": stored.id, **told})
        insert_rows(StoredRow, fresh)
        if moved:
            db.session.execute(update(StoredRow), moved)
        for chunk in chunked(same):
            db.session.execute(
                update(StoredRow)
                .where(among(StoredRow.id, chunk))
                .values(import_id=import_id)
                .execution_options(synchronize_session=False)
            )

    def _handed_back(self, row: LedgerRow, columns: Mapping[int, str]) -> dict[str, Any]:
        sheet, number = self.sheets[row.sheet], row.excel_row - 1
        found = {}
        for index, label in columns.items():
            value = sheet.at(number, index)
            if value is not None:
                found[label] = _plain_value(value)
        return found

    def _keep_differences(self, import_id: int) -> None:
        """Replace what waited for a field that speaks anew; add what differs now."""
        stale: list[tuple[int, str]] = []
        for place, found in self.matches.items():
            stale += [
                (found.lead_id, name)
                for name in self.open[found.lead_id]
                if self._speaks_anew(place, name)
            ]
        for lead_id, name in stale:
            db.session.execute(
                delete(LedgerDifference).where(
                    LedgerDifference.lead_id == lead_id,
                    LedgerDifference.field == name,
                    LedgerDifference.state == DifferenceState.OPEN,
                )
            )
        insert_rows(
            LedgerDifference,
            [
                {
                    "import_id": import_id,
                    "lead_id": self.matches[place].lead_id,
                    "field": each.field.value,
                    "ledger_value": each.ledger,
                    "our_value": each.ours,
                    "ledger_text": self._text_of(place, each.field),
                    "state": DifferenceState.OPEN,
                }
                for place, found_news in self.news.items()
                for each in found_news
            ],
        )

    def _text_of(self, place: int, field: Field) -> str | None:
        """What stands in the cell, an amount with its unit."""
        row = self.rows[place]
        if field is Field.PHASE_ONE and field not in row.amounts:
            field = Field.TOTAL_INVESTMENT
        text = row.raw.get(field)
        column = self.layouts[row.sheet].column(field)
        if text is None or field not in KINDS or column is None or column.unit is None:
            return text
        return with_unit(text, column.unit.word)

    def _keep_questions(self, import_id: int) -> None:
        """Cells nobody could read wait for a person, one question a field of a lead."""
        asked: dict[tuple[int, str], dict[str, Any]] = {}
        places = {(row.sheet, row.excel_row): place for place, row in enumerate(self.rows)}
        for message in self.messages:
            found = _ROW_NUMBER.search(message.cell)
            place = places.get((message.sheet, int(found[0]))) if found else None
            if place is None or not self.rows[place].saved:
                continue
            lead_id = self._lead_id(place)
            name = _ASKED.get(message.code, message.field)
            is_asked = name in self.rows[place].problems or message.code in _ASKED
            if lead_id is None or not is_asked:
                continue
            asked.setdefault(
                (lead_id, name),
                {
                    "lead_id": lead_id,
                    "import_id": import_id,
                    "field": name,
                    "code": message.code.value,
                    "cell": f"{message.sheet[:60]}!{message.cell}",
                    "cell_text": message.text or None,
                },
            )
        known = self._known_questions({lead_id for lead_id, _ in asked})
        insert_rows(LedgerQuestion, [row for key, row in asked.items() if key not in known])
        again = [
            {"id": known[key][0], "answered_at": None, **row}
            for key, row in asked.items()
            if key in known and known[key][1:] != (row["code"], row["cell_text"])
        ]
        if again:
            db.session.execute(update(LedgerQuestion), again)

    def _known_questions(self, lead_ids: Collection[int]) -> dict[tuple[int, str], tuple[Any, ...]]:
        found = {}
        for chunk in chunked(lead_ids):
            for row in db.session.execute(
                select(
                    LedgerQuestion.lead_id, LedgerQuestion.field,
                    LedgerQuestion.id, LedgerQuestion.code, LedgerQuestion.cell_text,
                ).where(among(LedgerQuestion.lead_id, chunk))
            ):  # fmt: skip
                found[row.lead_id, row.field] = (row.id, row.code, row.cell_text)
        return found

    # ------------------------------------------------------------ telling

    def report(self, filename: str) -> Report:
        counts = self._counts()
        return Report(
            filename=filename,
            as_of=self.ledger.as_of,
            rows=tuple(
                RowReport(
                    row,
                    self._lead_id(place),
                    row.saved and place not in self.matches,
                    self.news.get(place, ()),
                )
                for place, row in enumerate(self.rows)
            ),
            messages=tuple(self.messages),
            gone=self.gone,
            import_id=self.import_id,
            **counts,
        )


class _Made:
    """Rows of all tables that one import adds, inserted table by table."""

    def __init__(self) -> None:
        self.leads: list[dict[str, Any]] = []
        self.figures: list[dict[str, Any]] = []
        self.milestones: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def insert(self) -> None:
        insert_rows(Lead, self.leads)
        insert_rows(Figure, self.figures)
        insert_rows(Milestone, self.milestones)
        insert_rows(StageChange, self.changes)
        insert_rows(AuditEvent, self.events)


_REMEMBERED = ("title_key", "investor_key", "sheet", "excel_row", "cells", "unread", "facts")
_NAMES = {field: field.value for field in Field}
_ROW_NUMBER = re.compile(r"\d+$")
_ASKED = {
    MessageCode.CHAIN_UNKNOWN: Field.CHAIN.value,
    MessageCode.SEGMENT_UNKNOWN: Field.SEGMENT.value,
    MessageCode.DATES_ORDER: "dates_order",
    MessageCode.SIGNED_BEFORE_STAGE: Field.SIGNED_ON.value,
}
_SAYS_UNIT = re.compile(r"[元亿万美港欧日英韩币圆$¥￥€£]|usd|rmb|cny|hkd|eur", re.IGNORECASE)


def with_unit(text: str, unit: str) -> str:
    """An amount as written, with the unit its column declares where the cell names none."""
    return text if _SAYS_UNIT.search(text) else f"{text}{unit}"


def _signing(row: LedgerRow) -> date | None:
    """The signing day, where the stated stage does not deny that anything was signed."""
    stage = row.stage or Stage.LEAD
    return row.signed_on if stage.is_signed or stage.is_off_ramp else None


def _progress_day(row: LedgerRow, as_of: date) -> date:
    """The day of the newest progress: a ledger tells it as of its own day, else by its dates."""
    if row.latest_progress:
        return as_of
    known = [day for day in (row.first_contact_on, row.signed_on) if day and day <= as_of]
    return max(known, default=as_of)


def _unread_columns(layout: SheetLayout) -> dict[int, str]:
    """Columns whose cells are only kept to be handed back, by position."""
    return {
        index: storable(layout.labels[index]) or str(index)
        for index in (*layout.unread, *layout.repeated)
    }


def _sums(sheet: Sheet, row: int) -> list[int]:
    """The columns of a total row that hold a sum."""
    return [
        index
        for index in range(200)
        if (row, index) in sheet.formulas
        or (
            isinstance(sheet.at(row, index), int | float)
            and not isinstance(sheet.at(row, index), bool)
        )
    ]


def _plain_row(row: Sequence[Any]) -> list[Any]:
    return [_plain_value(value) for value in row]


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return storable(value) if isinstance(value, str) else value
