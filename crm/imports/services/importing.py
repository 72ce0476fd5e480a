"""Taking a ledger in: read it, recognise what we know, add what is new, ask about what differs."""

import hashlib
import secrets
from datetime import date, datetime
from pathlib import Path

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import LEDGER_IMPORTERS, Actor, Role
from crm.core.bulk import inserting, without_collecting
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.core.sheets import Limits, read_sheets
from crm.history import services as history
from crm.imports.models import LedgerImport
from crm.imports.rules import MessageCode, read_ledger
from crm.imports.rules.outline import outline_of
from crm.imports.services import keeping
from crm.imports.services.adding import NewLeads
from crm.imports.services.known import Known, taxonomy
from crm.imports.services.planning import Plan
from crm.imports.services.reporting import Report, RowReport, kept_message
from crm.imports.wording import WORDS
from crm.quotas.services import rejudge

LONGEST_MESSAGES = 5_000
"""Messages kept with an import; a file that earns more is better sent back."""


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
    plan = Plan(actor, ledger, sheets, today=today)
    record = None if dry_run else _carry_out(plan, data, filename, at=at, folder=folder)
    return Report(
        filename=filename,
        as_of=ledger.as_of,
        rows=tuple(
            RowReport(
                row,
                plan.lead_id(place),
                row.saved and place not in plan.matches,
                plan.news.get(place, ()),
            )
            for place, row in enumerate(plan.rows)
        ),
        messages=tuple(plan.messages),
        gone=plan.gone,
        import_id=record.id if record else None,
        **plan.counts(),
    )


def _one_at_a_time() -> None:
    """Two ledgers at once would each add the same project; the second waits for the first."""
    db.session.execute(
        select(User.id).where(User.role == Role.SYSTEM).with_for_update(key_share=True)
    )


def _carry_out(
    plan: Plan, data: bytes, filename: str, *, at: datetime, folder: Path
) -> LedgerImport:
    known = Known(plan.actor, at)
    new = NewLeads(plan, known, at)
    record = _record(plan, data, filename, at=at, folder=folder)
    known.write_people()
    with inserting() as stream:
        known.write_companies(stream)
        new.write(stream)
    known.suggest_segments()
    keeping.keep_rows(plan, record.id)
    keeping.keep_differences(plan, record.id)
    keeping.keep_questions(plan, record.id)
    rejudge([*plan.new_ids.values()], today=plan.today, at=at)
    return record


def _record(plan: Plan, data: bytes, filename: str, *, at: datetime, folder: Path) -> LedgerImport:
    counts = plan.counts()
    stored_name = secrets.token_hex(16)
    record = LedgerImport(
        filename=filename[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        stored_name=stored_name,
        as_of=plan.ledger.as_of,
        layout={
            "sheets": [
                outline_of(layout, plan.sheets[layout.sheet]) for layout in plan.ledger.layouts
            ]
        },
        department_id=plan.own_department(),
        kind=plan.kind,
        gone=list(plan.gone),
        messages=[kept_message(message) for message in plan.messages[:LONGEST_MESSAGES]],
        by_id=plan.actor.id or None,
        at=at,
        **counts,
    )
    db.session.add(record)
    db.session.flush()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / stored_name).write_bytes(data)
    history.record(
        plan.actor, at, "ledger_imported", record,
        after={"filename": record.filename, "as_of": record.as_of, **counts},
    )  # fmt: skip
    return record
