"""Who may see and change what about a company.

A company's card (names, code, ownership, parent, rankings) is public knowledge: whoever reads leads
reads it, and whoever works on leads keeps it in order, signs of expansion too; an entry of somebody
else is corrected or withdrawn by unit heads and bureau leaders. What the district does with the company is
not: its leads are seen through `crm.leads.access` alone, and the people to talk to there by those who
see one of its leads, by whoever registered the company, and by bureau leaders and the auditor. The
auditor reads contacts but never a whole telephone number. Standing on a ranking decides what counts,
so a unit head or a bureau leader confirms it.
"""

from collections.abc import Collection

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Actor, Role

READERS = LEAD_READERS
EDITORS = LEAD_WRITERS
COMPANY_IMPORTERS = (Role.UNIT_HEAD, Role.DIRECTOR)
SIGNAL_LOGGERS = LEAD_WRITERS
RANKING_CONFIRMERS = (Role.UNIT_HEAD, Role.DIRECTOR)
PHONE_READERS = (Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR, Role.DISTRICT_LEADER)


def may_edit(actor: Actor) -> bool:
    return actor.role in EDITORS or actor.role is Role.SYSTEM


def may_import(actor: Actor) -> bool:
    """Take in a file of companies."""
    return actor.role in COMPANY_IMPORTERS or actor.role is Role.SYSTEM


def may_log_signals(actor: Actor) -> bool:
    return actor.role in SIGNAL_LOGGERS or actor.role is Role.SYSTEM


def may_change_signal(actor: Actor, by_id: int | None) -> bool:
    """Correct or withdraw a sign that `by_id` logged."""
    if actor.role in (Role.UNIT_HEAD, Role.DIRECTOR, Role.SYSTEM):
        return True
    return may_log_signals(actor) and by_id is not None and by_id == actor.id


def may_confirm_ranking(actor: Actor) -> bool:
    return actor.role in RANKING_CONFIRMERS or actor.role is Role.SYSTEM


def may_read_contacts(
    actor: Actor, *, registered_by: Collection[int | None], sees_a_lead: bool
) -> bool:
    """`registered_by`: who entered the company (or the contact in question)."""
    return actor.sees_all or sees_a_lead or actor.id in registered_by


def may_reveal_phones(actor: Actor) -> bool:
    """Beside `may_read_contacts`: which roles may see a whole number at all."""
    return actor.role in PHONE_READERS
