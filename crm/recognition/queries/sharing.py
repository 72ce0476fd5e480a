"""Which projects may have something in common with a few: all that have, and not many more.

Comparing is for the rule (`rules/suspects.py`), over what is found here. Numbers are looked up in
their indexes; of titles, addresses and telephones only what could be equal is taken along.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, false, func, literal, or_, select, union
from sqlalchemy.orm import aliased

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.enterprises.models import Contact, Enterprise
from crm.leads.models import Lead
from crm.quotas.models import Verdict
from crm.quotas.rules import Outcome
from crm.recognition.rules.suspects import (
    PHONE_DIGITS,
    Known,
    address_end,
    base_title,
    plain_address,
    plain_name,
    plain_phone,
)

HIGHEST = 8
"""How far up a group of companies is followed, as for ranking lists."""

MARKS = " -+()"
"""What stands between the digits of a telephone number as a database takes it apart."""


def sharing(projects: Collection[Known]) -> set[int]:
    """The leads in a number of any year that may share a key with one of these; five queries."""
    return _by_numbers(projects) | _by_texts(projects)


def _counting() -> Select[int]:
    """All leads that stand in a number of a quota of any year."""
    return select(Verdict.lead_id).where(
        Verdict.verdict != Outcome.NO, Verdict.signed_from.is_not(None)
    )


def _by_numbers(projects: Collection[Known]) -> set[int]:
    """By investor, group, registered company, contract, contact, legal representative and the key of
    the title."""
    tops = _numbers(each.group_id or each.investor_id for each in projects)
    companies = _below(tops) | _numbers(each.investor_id for each in projects)
    entities = _numbers(each.entity_id for each in projects)
    reached = _companies_at({n for each in projects for n in map(plain_phone, each.phones) if n})
    reached |= _companies_of(
        {name for each in projects for name in map(plain_name, each.representatives) if name}
    )
    contracts = {each.contract_id or each.id for each in projects}
    titles = {each.title_key for each in projects if each.title_key}
    found = union(
        select(Lead.id).where(among(Lead.investor_id, companies | reached)),
        select(Lead.id).where(among(Lead.legal_entity_id, entities | reached)),
        select(Lead.id).where(among(Lead.contract_lead_id, contracts)),
        select(Lead.id).where(among(Lead.id, contracts)),
        select(Lead.id).where(among(Lead.title_key, titles)),
    ).subquery()
    rows = rows_of(select(found.c.id).where(found.c.id.in_(_counting())))
    return {row[0] for row in rows}


def _numbers(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value is not None}


def _below(tops: Collection[int]) -> set[int]:
    """These companies and all whose ownership chain may lead up to one of them."""
    if not tops:
        return set()
    base = (
        select(Enterprise.id, literal(0).label("depth"))
        .where(among(Enterprise.id, tops))
        .cte("below", recursive=True)
    )
    child = aliased(Enterprise)
    below = base.union(
        select(child.id, base.c.depth + 1)
        .join(base, base.c.id == child.parent_id)
        .where(base.c.depth <= HIGHEST + 1)  # the top is one above the last whose parent is read
    )
    return {row[0] for row in rows_of(select(below.c.id).distinct())}


def _companies_at(numbers: Collection[str]) -> set[int]:
    """Companies with a contact at one of these telephone numbers, as `plain_phone` reads them."""
    if not numbers:
        return set()
    rows = rows_of(
        select(Contact.enterprise_id, Contact.phone).where(
            Contact.phone.is_not(None),
            or_(among(_last_digits(), numbers), _is_unusual()),
        )
    )
    return {company for company, phone in rows if plain_phone(phone or "") in numbers}


def _companies_of(names: Collection[str]) -> set[int]:
    """Companies for which one of these people signs, as `plain_name` reads them."""
    if not names:
        return set()
    stated = Enterprise.legal_representative
    statement = select(Enterprise.id, stated).where(stated.is_not(None))
    # Chinese has no capitals: what is one name stands there as it is, but for marks and blanks.
    if len(names) <= FEW and all(name.upper() == name.lower() for name in names):
        statement = statement.where(or_(*(stated.like(_spread(name)) for name in names)))
    rows = rows_of(statement).all()
    return {company for company, name in rows if plain_name(name or "") in names}


def _last_digits() -> Any:
    """The last digits of a number written with digits and `MARKS` alone."""
    digits: Any = Contact.phone
    for mark in MARKS:
        digits = func.replace(digits, mark, "", type_=String)
    length = func.length(digits)
    return case(
        (length > PHONE_DIGITS, func.substr(digits, length - PHONE_DIGITS + 1, type_=String)),
        else_=digits,
    )


def _is_unusual() -> ColumnElement[bool]:
    """Whether anything else stands in the number: then the rule has to read it."""
    return func.trim(Contact.phone, "0123456789" + MARKS) != ""


def _by_texts(projects: Collection[Known]) -> set[int]:
    """By the title without its phase and by address: the texts of all counting leads are read, for a
    few projects of those alone that hold the same characters in the same order."""
    titles = {base for each in projects if (base := base_title(each.title))}
    addresses = {
        plain
        for each in projects
        for address in each.addresses
        if (plain := plain_address(address))
    }
    statement = (
        select(Lead.id, Lead.title, Lead.landing_address, Enterprise.address)
        .outerjoin(Enterprise, Enterprise.id == Lead.legal_entity_id)
        .where(Lead.id.in_(_counting()))
    )
    if len(projects) <= FEW:
        statement = statement.where(
            or_(
                false(),
                *(Lead.title.like(_spread(title)) for title in titles),
                *(Lead.landing_address.like(_spread(address)) for address in addresses),
                *(Enterprise.address.like(_spread(address)) for address in addresses),
            )
        )
    ends = {address_end(address) for address in addresses}
    return {
        lead_id
        for lead_id, title, landing, registered in rows_of(statement).all()
        if base_title(title) in titles
        or (landing and address_end(landing) in ends)
        or (registered and address_end(registered) in ends)
    }


FEW = 5


def _spread(key: str) -> str:
    """A pattern for every text from which the key is made by leaving things out."""
    return f"%{'%'.join(key)}%"
