"""Where a lead stands on the chains."""

from flask_babel import lazy_gettext as _l

from crm.chains.models import Segment
from crm.core.db import db
from crm.core.errors import Fault


def chain_of(segment_id: int | None) -> int | None:
    """The chain a segment belongs to; None for no segment and one nobody knows."""
    segment = db.session.get(Segment, segment_id) if segment_id is not None else None
    return segment.chain_id if segment else None


def segment_faults(
    segment_id: int | None, chain_id: int | None, standing_at: int | None
) -> list[Fault]:
    """Why a lead of this chain may not stand at a segment; `standing_at` is where it stands already.

    To be asked inside the transaction: while a form is open its segment may be merged or retired.
    """
    if segment_id is None:
        return []
    segment = db.session.get(Segment, segment_id)
    if segment is None or segment.chain_id != chain_id:
        return [Fault("segment", "segment", _l("这个环节不属于所选的产业链"))]
    if segment.retired_on is not None and segment_id != standing_at:
        return [Fault("segment", "segment_retired", _l("这个环节已停用，请选择其他环节"))]
    return []
