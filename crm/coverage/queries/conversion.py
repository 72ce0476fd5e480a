"""How leads become projects and companies, by chain or by segment: this year and in all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, case, func, select

from crm.accounts.rules import Actor
from crm.chains.models import Chain, Segment
from crm.core.db import rows_of
from crm.leads.models import Lead, Milestone
from crm.leads.queries import EVENT_DAY, first_reaches
from crm.leads.rules import MilestoneKind
from crm.quotas.queries import reach

STEPS = (MilestoneKind.SIGNED, MilestoneKind.REGISTERED)


@dataclass(frozen=True, slots=True)
class Conversion:
    """Leads ever entered, those that signed and registered, and how many of them this year."""

    leads: int = 0
    signed: int = 0
    registered: int = 0
    signed_this_year: int = 0
    registered_this_year: int = 0

    @property
    def signing_percent(self) -> int | None:
        """Of all leads ever entered, how many have signed; whole per cent, None without leads."""
        return _percent(self.signed, self.leads)

    @property
    def landing_percent(self) -> int | None:
        """Of all that signed, how many have registered here."""
        return _percent(self.registered, self.signed)


def _percent(part: int, whole: int) -> int | None:
    return (200 * part + whole) // (2 * whole) if whole else None


def chains_told() -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, code, name, name_en, is_retired) of all chains in their order: lost leads stay where they were."""
    return rows_of(
        select(*_told(Chain)).order_by(Chain.retired_on.is_not(None), Chain.position, Chain.id)
    ).all()


def segments_told(chain_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The same of the segments of a chain."""
    return rows_of(
        select(*_told(Segment))
        .where(Segment.chain_id == chain_id)
        .order_by(Segment.retired_on.is_not(None), Segment.position, Segment.id)
    ).all()


def _told(place: type[Chain] | type[Segment]) -> tuple[Any, ...]:
    retired = place.retired_on.is_not(None).label("is_retired")
    return place.id, place.code, place.name, place.name_en, retired


def conversion(
    actor: Actor, since: date, until: date, *, chain_id: int | None = None
) -> Mapping[int | None, Conversion]:
    """By chain, or by segment of one chain (None: on none): three statements.

    Counts what a person's official numbers count (`quotas.queries.reach`), so that each number
    is its list and the sentence above it.
    """
    place = Lead.chain_id if chain_id is None else Lead.segment_id
    conditions: list[Any] = [] if chain_id is None else [Lead.chain_id == chain_id]
    within = reach(actor)
    if within is not None:
        conditions.append(within)
    found: defaultdict[int | None, dict[str, int]] = defaultdict(dict)
    for at, count in rows_of(select(place, func.count()).where(*conditions).group_by(place)):
        found[at]["leads"] = count
    for kind in STEPS:
        this_year = func.sum(case((EVENT_DAY.between(since, until), 1), else_=0))
        for at, count, recent in rows_of(
            select(place, func.count(), this_year)
            .join(Lead, Lead.id == Milestone.lead_id)
            .where(first_reaches(kind), *conditions)
            .group_by(place)
        ):
            found[at][kind.value] = count
            found[at][f"{kind.value}_this_year"] = int(recent)
    return {at: Conversion(**numbers) for at, numbers in found.items()}
