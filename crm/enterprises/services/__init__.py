"""Writing companies: who they are, who owns them, whom to call there, where they are ranked."""

from crm.enterprises.services.contacts import (
    ContactEntry,
    add_contact,
    remove_contact,
    reveal_phone,
    save_contact,
)
from crm.enterprises.services.edition_companies import (
    ALL_ROWS,
    companies_to_register,
    register_rows,
)
from crm.enterprises.services.editions import EditionEntry, Taken, import_edition, look_at
from crm.enterprises.services.finding import company_meant
from crm.enterprises.services.identity import (
    COLUMNS,
    EnterpriseEntry,
    add,
    by_name,
    by_uscc,
    give_code,
    save,
    set_name_keys,
)
from crm.enterprises.services.matching import (
    Confirmed,
    confirm_exact,
    confirm_match,
    register_from_row,
    reject_match,
)
from crm.enterprises.services.proposing import propose_matches
from crm.enterprises.services.rankings import (
    Membership,
    confirm_membership,
    save_edition,
    withdraw_membership,
)
from crm.enterprises.services.roster_import import RosterTaken, import_roster
from crm.enterprises.services.roster_look import ALL_DOUBLES, RosterLook, look_at_roster, names_of
from crm.enterprises.services.signal_import import (
    ALL_COMPANIES,
    SignalLook,
    import_signals,
    look_at_signals,
)
from crm.enterprises.services.signals import (
    SignalEntry,
    correct_signal,
    log_signal,
    withdraw_signal,
)

__all__ = [
    "ALL_COMPANIES",
    "ALL_DOUBLES",
    "ALL_ROWS",
    "COLUMNS",
    "Confirmed",
    "ContactEntry",
    "EditionEntry",
    "EnterpriseEntry",
    "Membership",
    "RosterLook",
    "RosterTaken",
    "SignalEntry",
    "SignalLook",
    "Taken",
    "add",
    "add_contact",
    "by_name",
    "by_uscc",
    "companies_to_register",
    "company_meant",
    "confirm_exact",
    "confirm_match",
    "confirm_membership",
    "correct_signal",
    "give_code",
    "import_edition",
    "import_roster",
    "import_signals",
    "log_signal",
    "look_at",
    "look_at_roster",
    "look_at_signals",
    "names_of",
    "propose_matches",
    "register_from_row",
    "register_rows",
    "reject_match",
    "remove_contact",
    "reveal_phone",
    "save",
    "save_contact",
    "save_edition",
    "set_name_keys",
    "withdraw_membership",
    "withdraw_signal",
]
