"""Groups of companies: who stands above an investor, on which lists, and what the group signed here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm.core.bulk import among
from crm.core.db import db
from crm.enterprises.models import (
    Enterprise,
    FormerHolding,
    RankingEdition,
    RankingEntry,
    RankingList,
)
from crm.enterprises.rules.shareholding import HIGHEST, Link
from crm.enterprises.rules.shareholding import holders as holders_of
from crm.leads.models import Lead, Milestone
from crm.leads.rules import CLOSED, AgreementType, MilestoneKind
from crm.quotas.rules import RankingMembership


class Rankings:
    """Memberships of investors: their own, and those of the companies above them.

    Who held whom is asked as of the day of signing (`holders` says how), of a lead not signed as of
    the day it is judged for.
    """

    def __init__(self, leads: Iterable[Row[*tuple[Any, ...]]], *, first_entries: bool) -> None:
        starts = {lead.investor_id for lead in leads} | {lead.list_enterprise_id for lead in leads}
        self.links = _links_above(starts - {None})
        everyone = starts | {link.holder for links in self.links.values() for link in links}
        self.entries = _entries({company for company in everyone if company is not None})
        self.signings = _signings_below(self.entries if first_entries else ())

    def of(self, lead: Row[*tuple[Any, ...]], day: date | None) -> tuple[RankingMembership, ...]:
        """Of this lead's companies, as of the day; None is today."""
        if not self.entries:
            return ()
        holders: list[tuple[int, Decimal | None]] = []
        if lead.investor_id is not None:
            holders += holders_of(lead.investor_id, self.links, day)
        named = lead.list_enterprise_id
        if named is not None and named != lead.investor_id:
            percent = lead.list_shareholding
            # What was stated of this project goes before what the register of companies says.
            share = None if percent is None else percent / 100
            stated = list(holders_of(named, self.links, day, share))
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


def _links_above(companies: set[int]) -> dict[int, list[Link]]:
    """Who holds these companies and all above them, now and formerly."""
    found: dict[int, list[Link]] = defaultdict(list)
    asked: set[int] = set()
    new = companies
    while new:
        rows = _holdings(new)
        for company, holder, percent, since in {row[:4] for row in rows}:
            if holder is not None and company not in asked:
                found[company].append(Link(holder, percent, since))
        for company, *_present, holder, percent, from_on, until_on in rows:
            if holder is not None and company not in asked:
                found[company].append(Link(holder, percent, from_on, until_on))
        asked |= new | {row[0] for row in rows}
        new = {row[4] for row in rows if row[4] is not None} - asked
    return found


def _holdings(companies: set[int]) -> Sequence[Row[Any]]:
    """These companies and all that hold them now: each with its holding, and its former ones."""
    base = (
        select(
            Enterprise.id,
            Enterprise.parent_id,
            Enterprise.parent_shareholding,
            Enterprise.parent_since,
            literal(0).label("height"),
        )
        .where(among(Enterprise.id, companies))
        .cte("above", recursive=True)
    )
    parent = aliased(Enterprise)
    above = base.union(
        select(
            parent.id,
            parent.parent_id,
            parent.parent_shareholding,
            parent.parent_since,
            base.c.height + 1,
        )
        .join(base, base.c.parent_id == parent.id)
        .where(base.c.height < HIGHEST)
    )
    statement = (
        select(
            above.c.id,
            above.c.parent_id,
            above.c.parent_shareholding,
            above.c.parent_since,
            FormerHolding.parent_id,
            FormerHolding.parent_shareholding,
            FormerHolding.from_on,
            FormerHolding.until_on,
        )
        .outerjoin(FormerHolding, FormerHolding.enterprise_id == above.c.id)
        .distinct()
    )
    return db.session.execute(statement).all()


def companies_below(tops: Collection[int] | Select[int]) -> set[int]:
    """These companies (or those a Select of ids names) and all that are, or once were, below them."""
    if isinstance(tops, Select):
        found = _below(Enterprise.id.in_(tops))
    else:
        found = _below(among(Enterprise.id, tops)) if tops else {}
    companies = set(found)
    while new := {once for former in found.values() for once in former} - companies:
        found = _below(among(Enterprise.id, new))
        companies |= set(found)
    return companies


def _below(those: ColumnElement[bool]) -> dict[int, set[int]]:
    """Those companies and all below them now, each with the companies it held formerly."""
    base = (
        select(Enterprise.id, literal(0).label("depth")).where(those).cte("below", recursive=True)
    )
    child = aliased(Enterprise)
    below = base.union(
        select(child.id, base.c.depth + 1)
        .join(base, base.c.id == child.parent_id)
        .where(base.c.depth < HIGHEST)
    )
    found: dict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        select(below.c.id, FormerHolding.enterprise_id)
        .outerjoin(FormerHolding, FormerHolding.parent_id == below.c.id)
        .distinct()
    )
    for company, once in rows:
        found[company].update(() if once is None else (once,))
    return found


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
