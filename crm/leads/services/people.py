"""Who works on a lead, and who may see it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from crm.accounts.models import Department, User
from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Actor, Role
from crm.core.db import db
from crm.core.errors import Faults
from crm.history import services as history
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind
from crm.leads.services import marks
from crm.leads.services.marks import mark_on_behalf, touch
from crm.leads.services.versions import lead_to_change


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
    lead, _held = lead_to_change(actor, lead_id, version, base)
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
    note = to.note or mark_on_behalf(actor, lead)  # as whoever owned it until now sees it
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
    lead, _held = lead_to_change(actor, lead_id, version, base)
    old = members(lead.id, MembershipKind.NAMED)
    new = (set(named) | {actor.id}) if is_sensitive else set()
    names = _people_names(old | new)
    with db.session.no_autoflush:
        lead.is_sensitive = is_sensitive
        _set_members(lead.id, MembershipKind.NAMED, old, new)
        action = "lead_marked_sensitive" if is_sensitive else "lead_unmarked_sensitive"
        marks.record_changes(
            actor, at, action, lead, more=[("named", _told(old, names), _told(new, names))]
        )
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
