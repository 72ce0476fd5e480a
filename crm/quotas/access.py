"""Who may report an indicator's figures, divide a target, and set what is due by when."""

from crm.accounts.rules import Actor, Role


def may_set_pacing(actor: Actor) -> bool:
    return actor.role is Role.DIRECTOR


def may_divide(actor: Actor) -> bool:
    """Divide targets, and type figures of the year before."""
    return actor.role is Role.DIRECTOR


def may_switch_ranking(actor: Actor) -> bool:
    return actor.role in {Role.DIRECTOR, Role.ADMINISTRATOR}


def may_report(actor: Actor, owner_department_id: int | None) -> bool:
    """The head of the department that answers for the indicator, and the bureau leader."""
    if actor.role is Role.DIRECTOR:
        return True
    return (
        actor.role is Role.UNIT_HEAD
        and owner_department_id is not None
        and actor.department_id == owner_department_id
    )
