"""Who may see and change what stands on a chain.

Which firms stand where, and what the anchor firms need, is the district's common knowledge: whoever
reads leads reads it, and whoever works on leads keeps it true.
"""

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, LEDGER_IMPORTERS, Actor, Role

FIRM_READERS = LEAD_READERS
FIRM_KEEPERS = LEAD_WRITERS
FIRM_IMPORTERS = LEDGER_IMPORTERS


def may_keep_firms(actor: Actor) -> bool:
    return actor.role in FIRM_KEEPERS or actor.role is Role.SYSTEM


def may_import_firms(actor: Actor) -> bool:
    return actor.role in FIRM_IMPORTERS or actor.role is Role.SYSTEM
