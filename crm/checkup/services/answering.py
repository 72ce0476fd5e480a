"""Answering what the checkup asks."""

from datetime import datetime

from crm.accounts.rules import Actor
from crm.checkup.models import FindingAnswer
from crm.checkup.queries.examined import Checkup
from crm.core.db import db
from crm.core.errors import NotFound
from crm.history import services as history


def answer(actor: Actor, at: datetime, checkup: Checkup, key: str, note: str) -> FindingAnswer:
    """Keep a person's answer to one question of the checkup as it stands now.

    Raises NotFound for a question that is not asked (any more): the facts have changed.
    """
    finding = next((each for each in checkup.findings if each.key == key), None)
    if finding is None:
        raise NotFound
    row = FindingAnswer(
        year=checkup.year,
        finding_key=key,
        code=finding.code.value,
        lead_ids=list(finding.lead_ids),
        note=note,
        by_id=actor.id or None,
        at=at,
    )
    db.session.add(row)
    db.session.flush()
    history.record(
        actor, at, "finding_answered", row,
        after={"code": finding.code.value, "note": note}, lead_id=finding.lead_ids[0],
    )  # fmt: skip
    return row
