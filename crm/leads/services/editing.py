"""Changing what a lead is: the full form, and the first screening."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.chains.services.companies import add_company
from crm.core.db import db
from crm.core.errors import Faults
from crm.core.money import is_suspicious
from crm.enterprises import services as enterprises
from crm.enterprises.models import Enterprise
from crm.leads import access
from crm.leads.models import Lead
from crm.leads.rules import Basis, FigureKind, FigureSource, missing_evidence
from crm.leads.services import marks
from crm.leads.services.figures import NewFigure, Stated, put, settle_investment, withdraw
from crm.leads.services.holdings import Holdings, facts_of, told_amounts
from crm.leads.services.local_entity import local_entity
from crm.leads.services.marks import refresh_words, touch
from crm.leads.services.placing import segment_faults
from crm.leads.services.versions import (
    COMPANIES,
    LINKED,
    company_names,
    contract_number,
    lead_to_change,
)
from crm.leads.wording import word


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
    lead, held = lead_to_change(actor, lead_id, version, base)
    owed = {missing.code for missing in missing_evidence(facts_of(lead, held), lead.stage)}
    names_before = company_names(lead)
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
        event = marks.record_changes(actor, at, "lead_edited", lead, more=more)
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
    if share is not None and not 0 < share <= 100:
        faults.add("list_shareholding", "share", _l("持股比例应大于0、不超过100"))
    if wanted.uscc and not wanted.companies.get("local_entity"):
        faults.add("local_entity", "local_entity", _l("填了统一社会信用代码，请同时写企业名称"))
    faults.found += segment_faults(
        wanted.links.get("segment"), wanted.links.get("chain"), lead.segment_id
    )
    if columns.get("chain_role") and wanted.links.get("chain") is None:
        faults.add("chain_role", "chain_role", _l("注明链上角色，请同时选择产业链"))
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
    if found is None and number == contract_number(lead):
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
            found[name] = enterprises.by_name(typed) or add_company(actor, at, typed, field=name)
    return found


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
    lead, _held = lead_to_change(actor, lead_id, version, base)
    if on > today:
        faults = Faults()
        faults.add("screened_on", "day_in_future", _l("日期晚于今天，请核对"))
        faults.raise_if_any()
    lead.screening_result, lead.screened_on = result, on
    marks.record_changes(actor, at, "lead_screened", lead)
    touch(lead)
    return lead
