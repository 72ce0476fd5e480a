"""Files of companies (企业名录): reading them, and telling new companies from known ones. Pure."""

from crm.enterprises.rules.roster.columns import (
    COLUMN_HEADS,
    RosterColumn,
    likeliest_roster,
    roster_columns,
)
from crm.enterprises.rules.roster.facts import Compared, Difference, compare_facts
from crm.enterprises.rules.roster.reading import (
    Roster,
    RosterFault,
    RosterMessage,
    RosterRow,
    once_each,
    read_roster,
)
from crm.enterprises.rules.roster.telling_apart import (
    Known,
    Namesake,
    Outcome,
    Told,
    tell_apart,
)

__all__ = [
    "COLUMN_HEADS",
    "Compared",
    "Difference",
    "Known",
    "Namesake",
    "Outcome",
    "Roster",
    "RosterColumn",
    "RosterFault",
    "RosterMessage",
    "RosterRow",
    "Told",
    "compare_facts",
    "likeliest_roster",
    "once_each",
    "read_roster",
    "roster_columns",
    "tell_apart",
]
