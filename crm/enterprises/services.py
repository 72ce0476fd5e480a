"""Writing companies: adding one, telling it apart from those known, its contacts."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import (
    clean_uscc,
    is_uscc,
    loose_name,
    normalise_name,
    normalise_phone,
    pinyin_initials,
    search_text,
)
from crm.history import services as history
from crm.history.services import Doer


def by_name(name: str) -> Enterprise | None:
    """The company of that name, however it is typed: the first registered of several."""
    key = normalise_name(name)[:120]
    if not key:
        return None
    return db.session.scalar(
        select(Enterprise).where(Enterprise.name_norm == key).order_by(Enterprise.id).limit(1)
    )


def by_uscc(code: str) -> Enterprise | None:
    """The company with that unified social credit code."""
    return db.session.scalar(select(Enterprise).where(Enterprise.uscc == clean_uscc(code)))


def set_name_keys(enterprise: Enterprise) -> None:
    """Bring the derived keys in line with the names and the code."""
    names = (enterprise.name, enterprise.short_name, enterprise.name_en)
    former = (enterprise.former_names or "").splitlines()
    enterprise.name_norm = normalise_name(enterprise.name)[:120]
    enterprise.name_loose = loose_name(enterprise.name)[:120]
    enterprise.pinyin_initials = pinyin_initials(enterprise.name)[:120]
    enterprise.search_text = search_text(
        *names, *former, enterprise.uscc, enterprise.pinyin_initials,
        pinyin_initials(enterprise.short_name or ""),
    )  # fmt: skip


def add(
    actor: Doer,
    at: datetime,
    name: str,
    *,
    uscc: str | None = None,
    same_name_reason: str | None = None,
    field: str = "investor",
) -> Enterprise:
    """A new company. `field` is the form field its name was typed in.

    Raises Refused: same_name (the name is known; give `same_name_reason` or take the known one),
    uscc (not a code), same_uscc (the code belongs to a known company; no reason helps).
    """
    faults: list[Fault] = []
    known = by_name(name)
    if known is not None and not (same_name_reason or "").strip():
        faults.append(
            Fault(field, "same_name", _l("已有同名企业，请选用；确属另一家的，请写明理由"))
        )
    code = clean_uscc(uscc) if uscc else None
    if code:
        faults += why_not_code(code, None)
    if faults:
        raise Refused(faults)
    enterprise = Enterprise(name=name, uscc=code, created_by_id=actor.id or None, created_at=at)
    set_name_keys(enterprise)
    _flush_new(enterprise)
    history.record(
        actor, at, "enterprise_added", enterprise,
        after={"name": name, "uscc": code}, note=same_name_reason,
    )  # fmt: skip
    return enterprise


def why_not_code(code: str, own_id: int | None) -> list[Fault]:
    """Why this code cannot be the code of company `own_id` (None: of a new one)."""
    if not is_uscc(code):
        return [Fault("uscc", "uscc", _l("统一社会信用代码不正确，请逐位核对"))]
    owner = by_uscc(code)
    if owner is not None and owner.id != own_id:
        return [same_code(owner.name)]
    return []


def same_code(name: str) -> Fault:
    return Fault(
        "uscc",
        "same_uscc",
        _l("该统一社会信用代码已登记在“%(name)s”名下，请选用这家企业", name=name),
    )


def _flush_new(enterprise: Enterprise) -> None:
    """Two people may add one code in the same moment: the second is told, not failed."""
    try:
        with db.session.begin_nested():
            db.session.add(enterprise)
            db.session.flush()
    except IntegrityError:
        raise Refused([same_code(enterprise.name)]) from None


def give_code(actor: Doer, at: datetime, enterprise: Enterprise, code: str) -> None:
    """Set the code of a company that has none. Raises Refused as `add` does, or if it has another."""
    code = clean_uscc(code)
    if enterprise.uscc == code:
        return
    faults = why_not_code(code, enterprise.id)
    if enterprise.uscc:
        faults.append(
            Fault("uscc", "other_uscc", _l("这家企业登记的是另一个统一社会信用代码，请核对"))
        )
    if faults:
        raise Refused(faults)
    enterprise.uscc = code
    set_name_keys(enterprise)
    history.record_changes(actor, at, "enterprise_changed", enterprise)
    enterprise.version += 1
    db.session.flush()


def add_contact(
    actor: Doer, at: datetime, enterprise_id: int, name: str, phone: str | None = None
) -> Contact:
    """A person at a company; one already known by name and phone is not added twice."""
    number = (normalise_phone(phone) or phone) if phone else None
    known = db.session.scalar(
        select(Contact)
        .where(Contact.enterprise_id == enterprise_id, Contact.name == name)
        .where(Contact.phone == number if number else Contact.phone.is_(None))
        .limit(1)
    )
    if known is not None:
        return known
    contact = Contact(
        enterprise_id=enterprise_id,
        name=name,
        phone=number,
        created_by_id=actor.id or None,
        created_at=at,
    )
    db.session.add(contact)
    db.session.flush()
    history.record(actor, at, "contact_added", contact, after={"name": name})
    return contact
