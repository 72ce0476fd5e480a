"""The people to talk to at a company. Whole telephone numbers leave a trace when they are shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale, TooOften
from crm.enterprises.access import may_read_contacts, may_reveal_phones
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import mask_phone, normalise_phone
from crm.enterprises.wording import CONTACT_FIELD
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import Doer

REVEALS_ALLOWED = 20
REVEALS_WITHIN = timedelta(minutes=10)
REVEALED = "phone_revealed"
CHANGED = "contact_changed"


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A person at a company, as typed."""

    name: str
    position: str | None = None
    phone: str | None = None
    email: str | None = None
    note: str | None = None


def add_contact(
    actor: Doer, at: datetime, enterprise_id: int, name: str, phone: str | None = None
) -> Contact:
    """A person at a company; one already known by name and phone is not added twice.

    For doors that take what stands there (entry of a lead, ledgers): a number that cannot be read
    is kept as written.
    """
    number = (normalise_phone(phone) or phone.strip()[:40]) if phone else None
    known = db.session.scalar(
        select(Contact)
        .where(Contact.enterprise_id == enterprise_id, Contact.name == name)
        .where(Contact.phone == number if number else Contact.phone.is_(None))
        .limit(1)
    )
    if known is not None:
        return known
    return _add(actor, at, enterprise_id, ContactEntry(name, phone=number))


def save_contact(
    actor: Doer,
    at: datetime,
    enterprise_id: int,
    contact_id: int | None,
    entry: ContactEntry,
    *,
    version: int | None = None,
) -> Contact:
    """Add (`contact_id` None) or change a person. An empty phone on a change keeps the known one.

    Raises Refused (phone), Stale, NotFound (also for a contact of another company).
    """
    number = normalise_phone(entry.phone) if entry.phone else None
    if entry.phone and number is None:
        text = _l("看不懂这个电话；可以写13800001001、0531-88881234、+49 89 123456")
        raise Refused([Fault("phone", "phone", text)])
    told = ContactEntry(entry.name, entry.position, number, entry.email, entry.note)
    if contact_id is None:
        if db.session.get(Enterprise, enterprise_id) is None:
            raise NotFound
        return _add(actor, at, enterprise_id, told)
    contact = _contact(enterprise_id, contact_id, version)
    for key in ("name", "position", "email", "note"):
        setattr(contact, key, getattr(told, key))
    if number is not None:
        contact.phone = number
    before, after = history.changed_fields(contact)
    if after:
        _record(actor, at, CHANGED, contact, before, after)
        contact.version += 1
    db.session.flush()
    return contact


def remove_contact(
    actor: Doer, at: datetime, enterprise_id: int, contact_id: int, *, version: int | None = None
) -> None:
    """Raises Stale, NotFound."""
    contact = _contact(enterprise_id, contact_id, version)
    _record(actor, at, "contact_removed", contact, {"name": contact.name}, None)
    db.session.delete(contact)
    db.session.flush()


def reveal_phone(
    actor: Actor, contact_id: int, at: datetime, *, sees_a_lead: bool, lead_id: int | None = None
) -> Contact:
    """The contact with its whole number, for this one look; the trail tells who looked.

    `sees_a_lead`: whether the actor sees a lead of the company; `lead_id`: the one whose history
    tells it. Raises NotFound for whoever may not
    know the contact, TooOften above 20 numbers in 10 minutes.
    """
    contact = db.session.get(Contact, contact_id)
    if contact is None or not contact.phone:
        raise NotFound
    registrar = db.session.scalar(
        select(Enterprise.created_by_id).where(Enterprise.id == contact.enterprise_id)
    )
    known_to = (registrar, contact.created_by_id)
    if not may_reveal_phones(actor) or not may_read_contacts(
        actor, registered_by=known_to, sees_a_lead=sees_a_lead
    ):
        raise NotFound
    if trail.how_often(actor.id, REVEALED, at - REVEALS_WITHIN) >= REVEALS_ALLOWED:
        raise TooOften(int(REVEALS_WITHIN.total_seconds()))
    _record(actor, at, REVEALED, contact, None, {"name": contact.name}, lead_id)
    return contact


def _contact(enterprise_id: int, contact_id: int, version: int | None) -> Contact:
    contact = db.session.scalar(
        select(Contact)
        .where(Contact.id == contact_id, Contact.enterprise_id == enterprise_id)
        .with_for_update()
    )
    if contact is None:
        raise NotFound
    if version is not None and contact.version != version:
        events = trail.latest_of(
            "enterprises", enterprise_id, (CHANGED,), contact.version - version
        )
        raise Stale(contact, trail.their_changes(events, CONTACT_FIELD))
    return contact


def _add(actor: Doer, at: datetime, enterprise_id: int, entry: ContactEntry) -> Contact:
    contact = Contact(
        enterprise_id=enterprise_id,
        name=entry.name,
        position=entry.position,
        phone=entry.phone,
        email=entry.email,
        note=entry.note,
        created_by_id=actor.id or None,
        created_at=at,
        version=1,
    )
    db.session.add(contact)
    db.session.flush()
    _record(actor, at, "contact_added", contact, None, {"name": entry.name, "phone": entry.phone})
    return contact


def _record(
    actor: Doer,
    at: datetime,
    action: str,
    contact: Contact,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
    lead_id: int | None = None,
) -> None:
    """Told in the company's own trail; a number stands there masked."""

    def masked(values: dict[str, object] | None) -> dict[str, object] | None:
        if values is None or not values.get("phone"):
            return values
        return {**values, "phone": mask_phone(str(values["phone"]))}

    company = db.session.get(Enterprise, contact.enterprise_id)
    note = contact.name if after is None or "name" not in after else None
    history.record(
        actor, at, action, company,
        before=masked(before), after=masked(after), note=note, lead_id=lead_id,
    )  # fmt: skip
