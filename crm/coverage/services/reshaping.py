"""Changes of chains with everything above them: leads follow, dismissals follow, verdicts are judged.

`crm.chains` knows no leads. Every door that changes chains comes through here, so that nothing is
left where nothing stands any more.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from crm.accounts.rules import Actor
from crm.chains.access import may_edit_chains
from crm.chains.models import ChainChange
from crm.chains.rules.chain_file import ReadFile
from crm.chains.rules.planning import Plan
from crm.chains.services import chain_file, reshaping
from crm.chains.services.reshaping import Reshaping, begin, built_on
from crm.core.bulk import chunked
from crm.core.clock import office_day
from crm.core.db import db
from crm.core.errors import NotFound
from crm.coverage.models import TargetDismissal
from crm.leads.models import Lead
from crm.leads.services.following import (
    at_segment,
    follow,
    leads_by_segment,
)
from crm.quotas.services import rejudge

Done = TypeVar("Done")


def reshape(actor: Actor, at: datetime, verb: Callable[[Reshaping], Done]) -> Done:
    """Run one verb on the chains, with all that follows from it. Raises what the verb raises, NotFound."""
    if not may_edit_chains(actor):
        raise NotFound
    change = begin(actor, at)
    done = verb(change)
    moved = _follow(change)
    change.finish()
    _judge(moved, at)
    return done


def undo(actor: Actor, at: datetime, change_id: int) -> ChainChange:
    """Take a change of chains back, with the leads that followed it.

    Raises NotFound, and Refused where something was built on it since.
    """
    if not may_edit_chains(actor):
        raise NotFound
    undoing = begin(actor, at)
    change = db.session.get(ChainChange, change_id, populate_existing=True)
    if change is None:
        raise NotFound
    for each in change.leads:
        _leads_still_there(each["ids"], *each["after"])
    reshaping.take_back(change, undoing)
    moved = _follow(undoing)
    for each in reversed(change.leads):
        if each["before"][1] != each["after"][1]:  # the others went with their segment just now
            moved += follow(actor, at, each["ids"], tuple(each["before"]))
    undoing.finish(can_be_undone=False)
    _judge(moved, at)
    return change


def _follow(change: Reshaping) -> list[int]:
    """Leads and dismissed targets go where their segment went; the leads that moved."""
    db.session.flush()
    moved: list[int] = []
    for each in change.followings:
        each.ids = at_segment(each.before[1])
        moved += follow(change.actor, change.at, each.ids, each.after)
    for one, into in change.merged:
        rows = select(TargetDismissal).where(TargetDismissal.segment_id == one)
        for row in db.session.scalars(rows).all():
            change.set(row, segment_id=into)
    return moved


def _leads_still_there(lead_ids: list[int], chain_id: int, segment_id: int) -> None:
    there = 0
    for some in chunked(lead_ids):
        there += (
            db.session.scalar(
                select(func.count())
                .select_from(Lead)
                .where(Lead.id.in_(some), Lead.chain_id == chain_id, Lead.segment_id == segment_id)
            )
            or 0
        )
    if there < len(lead_ids):
        gone = len(lead_ids) - there
        raise built_on(_l("其中%(n)s个项目后来改到了别处，不能再撤销", n=gone))


def _judge(lead_ids: list[int], at: datetime) -> None:
    if lead_ids:
        rejudge(set(lead_ids), today=office_day(at), at=at)


def import_chains(actor: Actor, at: datetime, read: ReadFile, filename: str) -> Plan:
    """Take a filled-in workbook in, with the leads that follow. Raises Refused, NotFound."""
    return reshape(
        actor, at, lambda change: chain_file.take_in(change, read, filename, leads_by_segment())
    )
