"""A few scans of the sample district, so that an evidence folder has something to hold."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from crm.core.db import db
from crm.leads.models import Attachment, Lead, Milestone
from crm.leads.rules import AttachmentKind, MilestoneKind

_SCANS = {
    MilestoneKind.SIGNED: (AttachmentKind.AGREEMENT, "投资协议扫描件.pdf"),
    MilestoneKind.REGISTERED: (AttachmentKind.LICENCE, "营业执照.pdf"),
    MilestoneKind.STARTED: (AttachmentKind.PERMIT, "施工许可证.pdf"),
}
_EVERY = 3
"""Of so many projects one lacks its scans: the folder says which."""


def load(leads: Iterable[Lead], folder: Path, at: datetime) -> None:
    """Scans of what has happened to most of these leads."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [lead.id for place, lead in enumerate(leads) if place % _EVERY]
    events = db.session.execute(
        select(Milestone.lead_id, Milestone.kind, Milestone.recorded_by_id)
        .where(Milestone.lead_id.in_(ids), Milestone.document.is_not(None))
        .order_by(Milestone.id)
    )
    for lead_id, kind, recorded_by_id in events:
        if kind not in _SCANS:
            continue
        paper, filename = _SCANS[kind]
        content = _pdf(f"SAMPLE {lead_id} {paper.value}")
        digest = hashlib.sha256(content).hexdigest()
        (folder / digest[:32]).write_bytes(content)
        db.session.add(
            Attachment(
                lead_id=lead_id,
                kind=paper,
                filename=filename,
                media_type="application/pdf",
                size=len(content),
                sha256=digest,
                stored_name=digest[:32],
                is_removed=False,
                uploaded_by_id=recorded_by_id,
                uploaded_at=at - timedelta(days=1),
            )
        )


def _pdf(text: str) -> bytes:
    """One page that says `text` (ASCII)."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("ascii")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
