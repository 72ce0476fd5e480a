"""Who may change the chains themselves, and who may see and change what stands on them.

Which firms stand where, and what the anchor firms need, is the district's common knowledge: whoever
reads leads reads it, and whoever works on leads keeps it true.
"""

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, LEDGER_IMPORTERS, Actor, Role

CHAIN_EDITORS = (Role.DIRECTOR,)
"""Bureau leaders: they run the task forces (专班), and a merger moves everybody's leads."""
CONFIRMERS = (Role.DIRECTOR, Role.DISTRICT_LEADER)

FIRM_READERS = LEAD_READERS
FIRM_KEEPERS = LEAD_WRITERS
FIRM_IMPORTERS = LEDGER_IMPORTERS
FIT_DECIDERS = LEAD_WRITERS


def may_keep_firms(actor: Actor) -> bool:
    return actor.role in FIRM_KEEPERS or actor.role is Role.SYSTEM


def may_import_firms(actor: Actor) -> bool:
    return actor.role in FIRM_IMPORTERS or actor.role is Role.SYSTEM


def may_edit_chains(actor: Actor) -> bool:
    return actor.role in (*CHAIN_EDITORS, Role.SYSTEM)


def may_confirm(actor: Actor, leader_id: int | None) -> bool:
    """Bureau leaders, and a chain's own leader (链长), who heads its task force."""
    return may_edit_chains(actor) or (actor.role is Role.DISTRICT_LEADER and leader_id == actor.id)


def may_place_companies(actor: Actor) -> bool:
    """Say which segments a company, local or not, belongs to."""
    return actor.role in FIT_DECIDERS or actor.role is Role.SYSTEM
