"""Coverage over time, read from what is dated: presences, needs, and every move of the leads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select

from crm.accounts.rules import Actor
from crm.chains.models import AnchorNeed, Chain, Presence, Segment
from crm.chains.rules import NeedKind, SegmentLayout
from crm.core.bulk import among
from crm.core.db import many_rows_of, rows_of
from crm.coverage.queries.counting import COMPANY
from crm.coverage.queries.facts import chances_held
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import LANDED, Status
from crm.coverage.rules.timeline import (
    Filled,
    Needed,
    SegmentHistory,
    Stay,
    Travelled,
    counted,
    filled,
    month_ends,
    together,
    with_registration,
)
from crm.leads.access import may_see
from crm.leads.models import Lead, Milestone, StageChange
from crm.leads.models import among as at_stages
from crm.leads.queries import EVENT_DAY, first_reaches
from crm.leads.rules import MilestoneKind, Stage


def by_month(chain_id: int, today: date) -> list[tuple[date, dict[Status, int]]]:
    """How many segments of a chain had which status at the end of each of twelve months."""
    settings, _version = settings_held()
    chances, _forecast_on = chances_held()
    histories, parents = _histories(Segment.chain_id == chain_id)
    days = month_ends(today)
    found = counted(together(histories, parents).values(), days, settings, chances)
    return list(zip(days, found, strict=True))


@dataclass(frozen=True, slots=True)
class FilledGap:
    """A gap a lead has filled, with names; the lead's is None where the person may not see it."""

    found: Filled
    segment: Any  # code, name, name_en, and chain_code, chain, chain_en
    title: str | None


def filled_gaps(actor: Actor, since: date, today: date) -> list[FilledGap]:
    """The gaps filled from a day to today, earliest first: eight statements.

    Which there are is the same for everybody; a lead is named to those who may see it.
    """
    settings, _version = settings_held()
    candidates = _may_be_filled(since)
    if not candidates:
        return []
    rows = rows_of(select(Segment.id, Segment.parent_id).where(Segment.retired_on.is_(None))).all()
    wanted = _with_below(candidates, {row.id: row.parent_id for row in rows})
    histories, parents = _histories(among(Segment.id, sorted(wanted)))
    whole = together(histories, parents)
    found = [
        each
        for segment_id in sorted(candidates & histories.keys())
        if (
            each := filled(
                segment_id, histories[segment_id], whole[segment_id], since, today, settings
            )
        )
    ]
    return _named(actor, sorted(found, key=lambda each: (each.on, each.segment_id)))


def _may_be_filled(since: date) -> set[int]:
    """Segments where a lead now registered moved since that day, without those where somebody has
    stood from before it on: nothing that is filled is lost."""
    is_recorded = COMPANY.in_(select(Presence.enterprise_id))
    moved = rows_of(
        select(Lead.segment_id)
        .distinct()
        .outerjoin(Milestone, _is_registration())
        .where(
            Lead.segment_id.is_not(None),
            at_stages(LANDED),
            or_(Lead.stage_since >= since, since <= EVENT_DAY),
        )
    )
    found: set[int] = {each for each in moved.scalars() if each is not None}
    stood = rows_of(
        select(Lead.segment_id)
        .distinct()
        .outerjoin(Milestone, _is_registration())
        .where(
            at_stages(LANDED),
            Lead.stage_since < since,
            or_(Milestone.id.is_(None), since > EVENT_DAY),
            or_(COMPANY.is_(None), not_(is_recorded)),
        )
    )
    return found.difference(stood.scalars())


def _is_registration() -> ColumnElement[bool]:
    return and_(Milestone.lead_id == Lead.id, first_reaches(MilestoneKind.REGISTERED))


def _with_below(ids: Collection[int], parents: Mapping[int, int | None]) -> set[int]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for segment_id, parent in parents.items():
        if parent is not None:
            children[parent].append(segment_id)
    found, waiting = set(ids), list(ids)
    while waiting:
        for child in children[waiting.pop()]:
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _histories(
    at: ColumnElement[bool],
) -> tuple[dict[int, SegmentHistory], dict[int, int | None]]:
    """The history of each segment by itself, and each one's parent: five statements."""
    segments = rows_of(
        select(Segment.id, Segment.parent_id, Segment.chain_id, Segment.layout).where(
            Segment.retired_on.is_(None), at
        )
    ).all()
    chain_of = {row.id: row.chain_id for row in segments}
    here = select(Segment.id).where(Segment.retired_on.is_(None), at)
    leads = rows_of(
        select(
            Lead.id, Lead.segment_id, Lead.stage, Lead.stage_since, COMPANY.label("company"),
            EVENT_DAY.label("registered_on"),
        )
        .outerjoin(Milestone, _is_registration())
        .where(Lead.segment_id.in_(here))
    ).all()  # fmt: skip
    moves = _moves(here)
    paths = {row.id: _path(row, moves.get(row.id, ())) for row in leads}
    landed: dict[tuple[int, int], date] = {}
    for row in leads:
        on = Travelled(row.id, paths[row.id]).landed_on
        if on is not None and row.company is not None:
            key = (row.company, chain_of[row.segment_id])
            landed[key] = min(on, landed.get(key, on))
    stays, recorded = _stays(set(chain_of.values()), landed)
    travelled: defaultdict[int, list[Travelled]] = defaultdict(list)
    for row in leads:
        on = recorded.get((row.company, chain_of[row.segment_id]))
        travelled[row.segment_id].append(Travelled(row.id, paths[row.id], on))
    needs = _needs(here)
    return {
        row.id: SegmentHistory(
            SegmentLayout(row.layout),
            tuple(stays[row.id]),
            tuple(needs[row.id]),
            tuple(travelled[row.id]),
        )
        for row in segments
    }, {row.id: row.parent_id for row in segments}


def _moves(here: Any) -> dict[int, list[tuple[date, Stage]]]:
    found: defaultdict[int, list[tuple[date, Stage]]] = defaultdict(list)
    for lead_id, on, stage in many_rows_of(
        select(StageChange.lead_id, StageChange.happened_on, StageChange.to_stage)
        .join(Lead, Lead.id == StageChange.lead_id)
        .where(Lead.segment_id.in_(here))
        .order_by(StageChange.lead_id, StageChange.happened_on, StageChange.id)
    ):
        found[lead_id].append((on, stage))
    return found


def _path(lead: Any, moves: Iterable[tuple[date, Stage]]) -> tuple[tuple[date, Stage], ...]:
    """The moves of a lead; where they do not end at its stage, as after an import, that is the last."""
    path = tuple(moves)
    if not path or path[-1][1] is not lead.stage:
        since = max(lead.stage_since, path[-1][0]) if path else lead.stage_since
        path = (*path, (since, lead.stage))
    return with_registration(path, lead.registered_on)


def _stays(
    chain_ids: Collection[int], landed: Mapping[tuple[int, int], date]
) -> tuple[defaultdict[int, list[Stay]], dict[tuple[int, int], date]]:
    """Companies by segment, and by company and chain the day from which it is recorded there.

    A company of a lead that was recorded without a first day has stood since the lead registered; what
    ended before that is another stay of the company.
    """
    stays: defaultdict[int, list[Stay]] = defaultdict(list)
    recorded: dict[tuple[int, int], date] = {}
    for row in rows_of(
        select(
            Presence.enterprise_id, Presence.segment_id, Segment.chain_id, Presence.role,
            Presence.strength, Presence.checked_on, Presence.since_on, Presence.ended_on,
        )
        .join(Segment, Segment.id == Presence.segment_id)
        .where(Segment.chain_id.in_(chain_ids))
    ):  # fmt: skip
        key = (row.enterprise_id, row.chain_id)
        since = row.since_on or landed.get(key)
        stays[row.segment_id].append(
            Stay(row.role, row.strength, row.checked_on, since, row.ended_on)
        )
        has_gone = row.ended_on is not None and key in landed and row.ended_on < landed[key]
        if key in landed and since is not None and not has_gone:
            recorded[key] = min(since, recorded.get(key, since))
    return stays, recorded


def _needs(here: Any) -> defaultdict[int, list[Needed]]:
    found: defaultdict[int, list[Needed]] = defaultdict(list)
    for row in rows_of(
        select(
            AnchorNeed.segment_id, AnchorNeed.kind, AnchorNeed.noted_on, AnchorNeed.met_on
        ).where(AnchorNeed.segment_id.in_(here))
    ):
        is_supply = row.kind is NeedKind.SUPPLY
        found[row.segment_id].append(Needed(is_supply, row.noted_on, row.met_on))
    return found


def _named(actor: Actor, found: Sequence[Filled]) -> list[FilledGap]:
    segments = {
        row.id: row
        for row in rows_of(
            select(
                Segment.id, Segment.code, Segment.name, Segment.name_en, Segment.chain_id,
                Chain.code.label("chain_code"), Chain.name.label("chain"),
                Chain.name_en.label("chain_en"),
            )
            .join(Chain, Chain.id == Segment.chain_id)
            .where(among(Segment.id, sorted({each.segment_id for each in found})))
        )
    }  # fmt: skip
    titles = {
        row.id: row.title
        for row in rows_of(
            select(Lead.id, Lead.title).where(
                and_(among(Lead.id, sorted({each.lead_id for each in found})), may_see(actor))
            )
        )
    }
    return [FilledGap(each, segments[each.segment_id], titles.get(each.lead_id)) for each in found]
