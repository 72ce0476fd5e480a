"""Changing what a lead is: the full form, the first screening, who works on it, who may see it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from crm.accounts.models import Department, User
from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Actor, Role
from crm.chains.models import Segment
from crm.core.db import db
from crm.core.errors import Faults
from crm.core.money import is_suspicious
from crm.enterprises import services as enterprises
from crm.enterprises.models import Enterprise
from crm.history import services as history
from crm.history.services import plain
from crm.leads import access
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import (
    Basis,
    FigureKind,
    FigureSource,
    MembershipKind,
    missing_evidence,
)
from crm.leads.services.figures import (
    NewFigure,
    Stated,
    put,
    settle_investment,
    withdraw,
)
from crm.leads.services.holdings import Holdings, facts_of, held_by, told_amounts
from crm.leads.services.marks import check_version, mark_on_behalf, refresh_words, touch
from crm.leads.wording import word

COLUMNS = (
    "title", "source", "referrer", "investor_is_unknown", "investor_category", "description",
    "chain_move", "industry_code", "site", "land_mu", "floor_area_m2", "path", "first_contact_on",
    "expected_sign_on", "is_days_order_confirmed", "next_action", "next_action_on",
    "review_result", "reviewed_on", "agreement_type", "is_physical", "is_headquarters",
    "headquarters_type", "nature", "origin", "promotion_mode", "tier", "confidence",
    "stats_place", "tax_place", "registered_place", "landing_address", "exclusion",
    "exclusion_note", "list_shareholding", "latest_progress", "problems", "coordination", "remark",
)  # fmt: skip
"""What the full form writes as it stands: field and column have one name."""

LINKED = {
    "chain": "chain_id",
    "segment": "segment_id",
    "zone": "zone_id",
    "carrier": "carrier_id",
    "street": "street_id",
    "sponsor": "sponsor_id",
    "first_talk_department": "first_talk_department_id",
}
"""Fields that choose from a list, and their columns."""

COMPANIES = {
    "investor": "investor_id",
    "list_enterprise": "list_enterprise_id",
    "local_entity": "legal_entity_id",
}
"""Fields in which a company is named, and their columns."""

AMOUNTS = tuple(kind.value for kind in FigureKind)


@dataclass(frozen=True, slots=True)
class Edit:
    """The full form. `amounts` holds the kinds whose text changed: None takes the talk back.

    `columns` and `links` by COLUMNS and LINKED, `companies` by COMPANIES (a name or None).
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, int | None] = field(default_factory=dict)
    companies: Mapping[str, str | None] = field(default_factory=dict)
    uscc: str | None = None
    contract_number: str | None = None
    amounts: Mapping[FigureKind, Stated | None] = field(default_factory=dict)
    revenue_basis: Basis | None = None
    is_size_confirmed: bool = False


def shown(lead: Lead, held: Holdings) -> dict[str, Any]:
    """What the forms show of a lead, as plain values by field name: the base of a comparison."""
    names = _company_names(lead)
    values = {name: shown_value(getattr(lead, name)) for name in COLUMNS}
    values |= {name: getattr(lead, column) for name, column in LINKED.items()}
    values |= {name: names.get(getattr(lead, column)) for name, column in COMPANIES.items()}
    told = told_amounts(held)
    values |= {kind.value: told[kind].stated_text if kind in told else None for kind in FigureKind}
    revenue = told.get(FigureKind.HEADQUARTERS_REVENUE)
    return values | {
        "uscc": held.uscc or None,
        "contract_number": _contract_number(lead),
        "revenue_basis": plain(revenue.basis) if revenue else None,
        "stage": plain(lead.stage),
        "owner": lead.owner_id,
        "department": lead.department_id,
        "is_sensitive": lead.is_sensitive,
    }


def shown_value(value: Any) -> Any:
    """As `plain`, and a decimal without trailing zeros, whatever the database returned."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return plain(value)


def _company_names(lead: Lead) -> dict[int | None, str]:
    ids = {getattr(lead, column) for column in COMPANIES.values()} - {None}
    if not ids:
        return {}
    rows = db.session.execute(select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(ids)))
    return dict(iter(rows))


def _contract_number(lead: Lead) -> str | None:
    if lead.contract_lead_id is None:
        return None
    return db.session.scalar(
        select(Lead.receipt_number).where(Lead.id == lead.contract_lead_id)
    ) or str(lead.contract_lead_id)


def edit(
    actor: Actor,
    at: datetime,
    lead_id: int,
    version: int,
    base: Mapping[str, Any],
    wanted: Edit,
    *,
    today: date,
) -> Lead:
    """Save the full form.

    A changed amount becomes a new dated talk figure. What the stage requires may be owed (an
    imported lead), but nothing that is there may be emptied. Raises NotFound, Stale, Refused.
    """
    lead = access.lead_to_edit(actor, lead_id)
    held = held_by(lead)
    check_version(lead, version, base, shown(lead, held))
    owed = {missing.code for missing in missing_evidence(facts_of(lead, held), lead.stage)}
    names_before = _company_names(lead)
    faults = Faults()
    contract_id = _contract_lead(actor, lead, wanted.contract_number, faults)
    _check(lead, wanted, today, faults)
    faults.raise_if_any()
    companies = _companies(actor, at, lead, wanted)
    has_new_amounts = _put_amounts(actor, at, lead, held, wanted, today)
    with db.session.no_autoflush:
        for name, value in wanted.columns.items():
            setattr(lead, name, value)
        for name, number in wanted.links.items():
            setattr(lead, LINKED[name], number)
        more = []
        for name, company in companies.items():
            old = names_before.get(getattr(lead, COMPANIES[name]))
            setattr(lead, COMPANIES[name], company.id if company else None)
            more.append((name, old, company.name if company else None))
        lead.contract_lead_id = contract_id
        if lead.investor_id is not None:
            lead.investor_is_unknown = False
        held.uscc = _code_of(lead) or ""
        facts = facts_of(lead, held)
        for missing in missing_evidence(facts, lead.stage):
            if missing.code not in owed or missing.field in ("title", "source"):
                faults.add(missing.field, missing.code.value, word(missing.code))
        faults.raise_if_any()
        settle_investment(lead, held, today)
        refresh_words(lead)
        event = history.record_changes(
            actor, at, "lead_edited", lead, lead_id=lead.id, department_id=lead.department_id,
            note=mark_on_behalf(actor, lead), more=more,
        )  # fmt: skip
    if event is not None or has_new_amounts:
        touch(lead)
    db.session.flush()
    return lead


def _code_of(lead: Lead) -> str | None:
    if lead.legal_entity_id is None:
        return None
    return db.session.scalar(select(Enterprise.uscc).where(Enterprise.id == lead.legal_entity_id))


def _check(lead: Lead, wanted: Edit, today: date, faults: Faults) -> None:
    columns = wanted.columns
    for name in ("first_contact_on", "reviewed_on"):
        day = columns.get(name)
        if day and day > today:
            faults.add(name, "day_in_future", _l("日期晚于今天，请核对"))
    if columns.get("next_action_on") and not columns.get("next_action"):
        faults.add("next_action", "next_action", _l("写了时限，请同时写下一步做什么"))
    share = columns.get("list_shareholding")
    if share is not None and not 0 <= share <= 100:
        faults.add("list_shareholding", "share", _l("持股比例在0到100之间"))
    if wanted.uscc and not wanted.companies.get("local_entity"):
        faults.add("local_entity", "local_entity", _l("填了统一社会信用代码，请同时写企业名称"))
    segment_id = wanted.links.get("segment")
    if segment_id is not None:
        chain_id = db.session.scalar(select(Segment.chain_id).where(Segment.id == segment_id))
        if chain_id != wanted.links.get("chain"):
            faults.add("segment", "segment", _l("这个环节不属于所选的产业链"))
    total = wanted.amounts.get(FigureKind.TOTAL_INVESTMENT)
    if total and not wanted.is_size_confirmed and is_odd_size(total):
        faults.add("total_investment", "odd_size", ODD_SIZE)


ODD_SIZE = _l("金额不像通常的投资额，请核对单位；确认无误的，请勾选“金额无误”再保存")


def is_odd_size(stated: Stated) -> bool:
    """Whether a total investment looks like a slip of the unit; foreign amounts are not judged."""
    return stated.amount.currency == "CNY" and is_suspicious(stated.amount.value)


def _contract_lead(actor: Actor, lead: Lead, number: str | None, faults: Faults) -> int | None:
    """The lead whose contract this one is a phase of, by its receipt number or id."""
    if not number:
        return None
    condition = Lead.receipt_number == number
    if number.isascii() and number.isdigit() and len(number) < 16:
        condition = condition | (Lead.id == int(number))
    found = db.session.scalar(select(Lead.id).where(condition, access.may_see(actor)).limit(1))
    if found is None and number == _contract_number(lead):
        return lead.contract_lead_id  # set by somebody who may see it
    if found is None or found == lead.id:
        faults.add("contract_number", "contract", _l("找不到这个项目，请填写它的报备编号"))
        return None
    return found


def _companies(
    actor: Actor, at: datetime, lead: Lead, wanted: Edit
) -> dict[str, Enterprise | None]:
    """The named companies: known ones by name, else new ones. The local one also by its code."""
    found: dict[str, Enterprise | None] = {}
    for name, typed in wanted.companies.items():
        if name == "local_entity":
            found[name] = local_entity(actor, at, typed, wanted.uscc)
        elif typed is None:
            found[name] = None
        else:
            found[name] = enterprises.by_name(typed) or enterprises.add(
                actor, at, typed, field=name
            )
    return found


def local_entity(
    actor: Actor, at: datetime, name: str | None, code: str | None
) -> Enterprise | None:
    """The company registered here. Raises Refused when name and code belong to different ones."""
    if not name:
        return None
    known = enterprises.by_name(name)
    if known is None:
        return enterprises.add(actor, at, name, uscc=code, field="local_entity")
    if code:
        enterprises.give_code(actor, at, known, code)
    return known


def _put_amounts(
    actor: Actor, at: datetime, lead: Lead, held: Holdings, wanted: Edit, today: date
) -> bool:
    told = told_amounts(held)
    count = 0
    for kind, stated in wanted.amounts.items():
        count += 1
        if stated is None:
            for row in [
                f for f in held.figures if f.kind is kind and f.source is FigureSource.TALK
            ]:
                withdraw(actor, at, lead, held, row, None)
            continue
        basis = wanted.revenue_basis if kind is FigureKind.HEADQUARTERS_REVENUE else None
        old = told.get(kind)
        if old is not None and old.stated_text == stated.text and old.basis == basis:
            count -= 1
            continue
        put(actor, at, lead, held, NewFigure(kind, FigureSource.TALK, today, stated, basis))
    return count > 0


def screen(
    actor: Actor,
    at: datetime,
    lead_id: int,
    version: int,
    base: Mapping[str, Any],
    result: str,
    on: date,
    *,
    today: date,
) -> Lead:
    """Record the first screening (初步研判): a dated decision, not a stage. Raises Stale, Refused."""
    lead = access.lead_to_edit(actor, lead_id)
    check_version(lead, version, base, shown(lead, held_by(lead)))
    if on > today:
        faults = Faults()
        faults.add("screened_on", "day_in_future", _l("日期晚于今天，请核对"))
        faults.raise_if_any()
    lead.screening_result, lead.screened_on = result, on
    history.record_changes(
        actor, at, "lead_screened", lead, lead_id=lead.id, department_id=lead.department_id,
        note=mark_on_behalf(actor, lead),
    )  # fmt: skip
    touch(lead)
    return lead


@dataclass(frozen=True, slots=True)
class HandOver:
    """Who works on the lead from now on. `co_owners` is the whole list."""

    owner_id: int
    department_id: int | None
    co_owners: Collection[int] = ()
    note: str | None = None


def hand_over(
    actor: Actor, at: datetime, lead_id: int, version: int, base: Mapping[str, Any], to: HandOver
) -> Lead:
    """Change owner, department and co-owners; stage, history and authorship stay as they are.

    Raises NotFound, Stale, Refused (an owner who may not write leads).
    """
    lead = access.lead_to_edit(actor, lead_id)
    check_version(lead, version, base, shown(lead, held_by(lead)))
    faults = Faults()
    owner = db.session.get(User, to.owner_id)
    if owner is None or not owner.is_active or owner.role not in LEAD_WRITERS:
        faults.add("owner", "owner", _l("请选择能办理项目的在岗人员"))
    if to.department_id is not None and db.session.get(Department, to.department_id) is None:
        faults.add("department", "department", _l("请从列表中选择"))
    faults.raise_if_any()
    old = members(lead.id, MembershipKind.CO_OWNER)
    new = set(to.co_owners) - {to.owner_id}
    names = _people_names({lead.owner_id, to.owner_id} | old | new)
    note = to.note or mark_on_behalf(actor, lead)
    old_owner = lead.owner_id
    with db.session.no_autoflush:
        lead.owner_id, lead.department_id = to.owner_id, to.department_id
        _set_members(lead.id, MembershipKind.CO_OWNER, old, new)
        history.record_changes(
            actor, at, "lead_handed_over", lead,
            lead_id=lead.id, department_id=lead.department_id, note=note,
            more=[
                ("owner", names.get(old_owner), names.get(to.owner_id)),
                ("co_owners", _told(old, names), _told(new, names)),
            ],
        )  # fmt: skip
    touch(lead)
    return lead


def mark_sensitive(
    actor: Actor,
    at: datetime,
    lead_id: int,
    version: int,
    base: Mapping[str, Any],
    is_sensitive: bool,
    named: Collection[int],
) -> Lead:
    """Hide a lead from all but a named list, or show it again. Who marks it is always on the list.

    A sensitive lead is editable by its list alone (see `access`), so nobody else comes here.
    Raises NotFound, Stale.
    """
    lead = access.lead_to_edit(actor, lead_id)
    check_version(lead, version, base, shown(lead, held_by(lead)))
    old = members(lead.id, MembershipKind.NAMED)
    new = (set(named) | {actor.id}) if is_sensitive else set()
    names = _people_names(old | new)
    with db.session.no_autoflush:
        lead.is_sensitive = is_sensitive
        _set_members(lead.id, MembershipKind.NAMED, old, new)
        history.record_changes(
            actor, at, "lead_marked_sensitive" if is_sensitive else "lead_unmarked_sensitive",
            lead, lead_id=lead.id, department_id=lead.department_id,
            note=mark_on_behalf(actor, lead),
            more=[("named", _told(old, names), _told(new, names))],
        )  # fmt: skip
    touch(lead)
    return lead


def members(lead_id: int, kind: MembershipKind) -> set[int]:
    """The ids of the people beside the owner."""
    return set(
        db.session.scalars(
            select(LeadMember.user_id).where(LeadMember.lead_id == lead_id, LeadMember.kind == kind)
        )
    )


def _set_members(lead_id: int, kind: MembershipKind, old: set[int], new: set[int]) -> None:
    if old - new:
        db.session.execute(
            delete(LeadMember).where(
                LeadMember.lead_id == lead_id,
                LeadMember.kind == kind,
                LeadMember.user_id.in_(old - new),
            )
        )
    db.session.add_all(
        LeadMember(lead_id=lead_id, user_id=number, kind=kind) for number in sorted(new - old)
    )


def _people_names(ids: Collection[int | None]) -> dict[int, str]:
    wanted = {number for number in ids if number}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return dict(iter(rows))


def _told(ids: Collection[int], names: Mapping[int, str]) -> str | None:
    return "、".join(names[number] for number in sorted(ids) if number in names) or None


def people_to_choose(*, readers: bool = False) -> list[tuple[int, str]]:
    """(id, name and unit) of active people who may write leads, or read them."""
    roles: tuple[Role, ...] = LEAD_READERS if readers else LEAD_WRITERS
    rows = db.session.execute(
        select(User.id, User.name, Department.name)
        .outerjoin(Department, Department.id == User.department_id)
        .where(User.is_active, User.role.in_(roles))
        .order_by(Department.position, Department.id, User.name, User.id)
    )
    return [(number, f"{name}（{unit}）" if unit else name) for number, name, unit in rows]
