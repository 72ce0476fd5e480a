"""Registering a company by its name, with the segments it may belong to suggested at once."""

from datetime import datetime

from crm.accounts.rules import Actor
from crm.chains.services.suggesting import suggest_for
from crm.enterprises import services as enterprises
from crm.enterprises.models import Enterprise


def add_company(
    actor: Actor,
    at: datetime,
    name: str,
    *,
    uscc: str | None = None,
    same_name_reason: str | None = None,
    field: str = "investor",
) -> Enterprise:
    """A new company, as `enterprises.add`. Raises Refused as that does."""
    company = enterprises.add(
        actor, at, name, uscc=uscc, same_name_reason=same_name_reason, field=field
    )
    suggest_for([company.id])
    return company
