"""Who reads targets, makes leads of them, and puts companies aside.

What a company is worth to a segment is the district's knowledge, so whoever reads leads reads it; the
leads behind a reason are told through `crm.leads.access` alone (`queries/talks.py`).
"""

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Actor, Role

READERS = LEAD_READERS
DISMISSERS = LEAD_WRITERS


def may_withdraw(actor: Actor, dismissed_by: int | None) -> bool:
    """One's own, and everybody's for unit heads and bureau leaders."""
    if actor.role in {Role.UNIT_HEAD, Role.DIRECTOR, Role.SYSTEM}:
        return True
    return actor.role in DISMISSERS and actor.id == dismissed_by
