"""Whose absences somebody may note, and who may be told instead of whom. The one place that knows.

Everybody notes their own. A unit head does so for the people of the unit, who may have fallen ill;
the administrator for everybody, because a bureau leader asks for it. Told instead are people who
work on leads: whoever cannot open a lead could do nothing about it.
"""

from sqlalchemy import ColumnElement, false, or_, true

from crm.accounts.models import User
from crm.accounts.rules import LEAD_WRITERS, Actor, Role


def may_arrange_for(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition on `users` for whose absences this person may note and change."""
    own = User.id == actor.id
    match actor.role:
        case Role.SYSTEM:
            return true()
        case Role.ADMINISTRATOR:
            return User.role.in_(LEAD_WRITERS)
        case Role.UNIT_HEAD if actor.department_id:
            unit = User.department_id == actor.department_id
            return or_(own, unit & User.role.in_(LEAD_WRITERS))
        case Role.STAFF | Role.UNIT_HEAD | Role.DIRECTOR:
            return own
        case _:
            return false()


def may_stand_in() -> ColumnElement[bool]:
    """The SQL condition on `users` for who may be told instead of somebody."""
    return User.is_active & User.role.in_(LEAD_WRITERS)
