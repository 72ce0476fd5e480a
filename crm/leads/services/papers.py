"""Files of a lead: kept outside the web root under random names, handed out after a look at rights."""

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.leads import access
from crm.leads.models import Attachment, Lead
from crm.leads.rules import AttachmentKind
from crm.leads.rules.papers import Paper, PaperError, judge_paper
from crm.leads.services import marks
from crm.leads.wording import word

log = logging.getLogger(__name__)
STORED = re.compile(r"[0-9a-f]{32}")
LEFT_OVER_AFTER = timedelta(days=1)
FEW = 20
BATCH = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: the form field, the browser's name for it, and its bytes."""

    field: str
    filename: str
    content: bytes
    kind: AttachmentKind


def _judged(upload: Upload) -> Paper:
    """Raises Refused beside the field when the file may not be kept."""
    try:
        return judge_paper(upload.filename, upload.content)
    except PaperError as fault:
        raise Refused([Fault(upload.field, fault.code.value, word(fault.code))]) from None


def faults_of(upload: Upload) -> list[Fault]:
    """Why the file may not be kept; empty if it may."""
    try:
        _judged(upload)
    except Refused as refused:
        return list(refused.faults)
    return []


def keep(actor: Actor, at: datetime, lead: Lead, upload: Upload, folder: Path) -> Attachment:
    """Store a file of a lead already locked. Raises Refused.

    The bytes are written before the row is committed: if the transaction fails, a nameless file is
    left over, never a row without its file.
    """
    paper = _judged(upload)
    stored_name = secrets.token_hex(16)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / stored_name).write_bytes(upload.content)
    row = Attachment(
        lead_id=lead.id,
        kind=upload.kind,
        filename=paper.filename,
        media_type=paper.media_type,
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        stored_name=stored_name,
        is_removed=False,
        uploaded_by_id=actor.id or None,
        uploaded_at=at,
    )
    db.session.add(row)
    db.session.flush()
    marks.record(
        actor, at, "paper_added", lead, row,
        after={"kind": row.kind, "filename": row.filename, "sha256": row.sha256},
    )  # fmt: skip
    return row


def add(actor: Actor, at: datetime, lead_id: int, upload: Upload, folder: Path) -> Attachment:
    """Upload one file to a lead. Raises NotFound, Refused."""
    return keep(actor, at, access.lead_to_edit(actor, lead_id), upload, folder)


def paper_for(actor: Actor, paper_id: int) -> Attachment:
    """The file's row, to hand out. Unknown, removed and forbidden are all NotFound."""
    row = db.session.get(Attachment, paper_id)
    if row is None or row.is_removed:
        raise NotFound
    access.lead_for(actor, row.lead_id)
    return row


def remove(actor: Actor, at: datetime, paper_id: int) -> Attachment:
    """Take a file off the lead; its row stays for the trail. Raises NotFound."""
    row = paper_for(actor, paper_id)
    lead = access.lead_to_edit(actor, row.lead_id)
    row.is_removed = True
    marks.record(
        actor, at, "paper_removed", lead, row, before={"kind": row.kind, "filename": row.filename}
    )
    return row


def sweep(at: datetime, folder: Path) -> int:
    """Remove files older than a day that no row tells of, left by saves that failed; how many.

    Files taken off a lead keep their row and stay. When more than FEW and more than a tenth of all
    files have no row, the folder and the database do not belong together (one of them was restored
    or set up anew): then nothing is removed, and the log says so.
    """
    latest = (at - LEFT_OVER_AFTER).timestamp()
    stored = [each for each in folder.glob("*") if STORED.fullmatch(each.name) and each.is_file()]
    old = [each for each in stored if each.stat().st_mtime < latest]
    known: set[str] = set()
    for start in range(0, len(old), BATCH):
        names = [each.name for each in old[start : start + BATCH]]
        known.update(
            db.session.scalars(
                select(Attachment.stored_name).where(Attachment.stored_name.in_(names))
            )
        )
    left_over = [each for each in old if each.name not in known]
    if len(left_over) > max(FEW, len(stored) // 10):
        log.error("%d of %d files have no row; none was removed", len(left_over), len(stored))
        return 0
    for each in left_over:
        each.unlink(missing_ok=True)
        log.info("removed %s, which no row tells of", each.name)
    return len(left_over)
