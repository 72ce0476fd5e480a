"""What changes the outlook."""

from crm.outlook.services.archiving import archive_week, keep, monday_of
from crm.outlook.services.books import MOVERS, move_book
from crm.outlook.services.ceremonies import NewCeremony, change_ceremony, plan_ceremony
from crm.outlook.services.saying import tell

__all__ = [
    "MOVERS",
    "NewCeremony",
    "archive_week",
    "change_ceremony",
    "keep",
    "monday_of",
    "move_book",
    "plan_ceremony",
    "tell",
]
