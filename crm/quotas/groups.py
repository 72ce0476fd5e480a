"""Groups of companies: who stands above an investor, on which lists, and what the group signed here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm.core.bulk import among
from crm.core.db import db
from crm.enterprises.models import Enterprise, RankingEdition, RankingEntry, RankingList
from crm.leads.models import Lead, Milestone
from crm.leads.rules import CLOSED, AgreementType, MilestoneKind
from crm.quotas.rules import RankingMembership

HIGHEST = 8
"""How far up a group of companies shareholdings are followed."""


class Rankings:
    """Memberships of investors: their own, and those of the companies above them.

    A share held by way of others is the product along the way, as in 60 % of 60 % = 36 %;
    one unknown step makes the whole unknown.
    """

    def __init__(self, leads: Iterable[Row[*tuple[Any, ...]]], *, first_entries: bool) -> None:
        starts = {lead.investor_id for lead in leads} | {lead.list_enterprise_id for lead in leads}
        self.above = _group_above(starts - {None})
        everyone = set(self.above) | {parent for parent, _ in self.above.values()}
        self.entries = _entries({company for company in everyone if company is not None})
        self.signings = _signings_below(self.entries if first_entries else ())

    def of(self, lead: Row[*tuple[Any, ...]]) -> tuple[RankingMembership, ...]:
        if not self.entries:
            return ()
        holders: list[tuple[int, Decimal | None]] = []
        if lead.investor_id is not None:
            holders += self._upward(lead.investor_id, Decimal(1))
        named = lead.list_enterprise_id
        if named is not None and named != lead.investor_id:
            percent = lead.list_shareholding
            # What was stated of this project goes before what the register of companies says.
            stated = list(self._upward(named, None if percent is None else percent / 100))
            if percent is not None:
                taken = {company for company, _ in stated}
                holders = [holder for holder in holders if holder[0] not in taken]
            known = {company for company, share in holders if share is not None}
            holders += [holder for holder in stated if holder[0] not in known]
        return tuple(
            RankingMembership(
                shareholding=share, is_confirmed=True, **self._earlier(company, lead.id), **entry
            )
            for company, share in holders
            for entry in self.entries.get(company, ())
        )

    def _earlier(self, company: int, lead_id: int) -> dict[str, Any]:
        """The first signing of the company's group in the district, other than the lead's own."""
        for day, other_id in self.signings.get(company, ()):
            if other_id != lead_id:
                return {"earlier_lead_id": other_id, "earlier_signed_on": day}
        return {}

    def _upward(self, company: int, share: Decimal | None) -> Iterator[tuple[int, Decimal | None]]:
        seen: set[int] = set()
        at: int | None = company
        while at is not None and at not in seen and len(seen) <= HIGHEST:
            yield at, share
            seen.add(at)
            at, percent = self.above.get(at, (None, None))
            share = None if share is None or percent is None else share * percent / 100


def _group_above(companies: set[int]) -> dict[int, tuple[int | None, Decimal | None]]:
    """Parent and percent held by it, of these companies and of all above them."""
    if not companies:
        return {}
    base = (
        select(
            Enterprise.id,
            Enterprise.parent_id,
            Enterprise.parent_shareholding,
            literal(0).label("height"),
        )
        .where(among(Enterprise.id, companies))
        .cte("above", recursive=True)
    )
    parent = aliased(Enterprise)
    above = base.union(
        select(parent.id, parent.parent_id, parent.parent_shareholding, base.c.height + 1)
        .join(base, base.c.parent_id == parent.id)
        .where(base.c.height < HIGHEST)
    )
    rows = db.session.execute(select(above.c.id, above.c.parent_id, above.c.parent_shareholding))
    return {row.id: (row.parent_id, row.parent_shareholding) for row in rows}


def _entries(companies: set[int]) -> dict[int, list[dict[str, Any]]]:
    if not companies:
        return {}
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = db.session.execute(
        select(
            RankingEntry.enterprise_id,
            RankingEntry.document,
            RankingEdition.year,
            RankingEdition.published_on,
            RankingList.code,
            Enterprise.name,
        )
        .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .join(Enterprise, Enterprise.id == RankingEntry.enterprise_id)
        .where(among(RankingEntry.enterprise_id, companies))
        .order_by(RankingEntry.id)
    )
    for row in rows:
        found[row.enterprise_id].append(
            {
                "list_code": row.code,
                "edition_year": row.year,
                "published_on": row.published_on,
                "document": row.document,
                "company": row.name,
            }
        )
    return found


def _signings_below(companies: Collection[int]) -> dict[int, list[tuple[date, int]]]:
    """(day, lead id) of the projects signed by these companies and those below them, oldest first.

    A framework agreement is no signing, a phase is part of its contract's, and what was lost or
    handed on never came.
    """
    if not companies:
        return {}
    base = (
        select(Enterprise.id.label("top"), Enterprise.id, literal(0).label("depth"))
        .where(among(Enterprise.id, companies))
        .cte("below", recursive=True)
    )
    child = aliased(Enterprise)
    below = base.union(
        select(base.c.top, child.id, base.c.depth + 1)
        .join(base, base.c.id == child.parent_id)
        .where(base.c.depth < HIGHEST)
    )
    day = func.coalesce(Milestone.happened_on, Milestone.known_on)
    rows = db.session.execute(
        select(below.c.top, day, Lead.id)
        .join(Lead, or_(Lead.investor_id == below.c.id, Lead.list_enterprise_id == below.c.id))
        .join(Milestone, Milestone.lead_id == Lead.id)
        .where(
            Milestone.kind == MilestoneKind.SIGNED,
            Lead.contract_lead_id.is_(None),
            Lead.stage.not_in(CLOSED),
            or_(Lead.agreement_type.is_(None), Lead.agreement_type == AgreementType.FORMAL),
        )
        .distinct()
        .order_by(day, Lead.id)
    )
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for top, on, lead_id in rows:
        found[top].append((on, lead_id))
    return found
