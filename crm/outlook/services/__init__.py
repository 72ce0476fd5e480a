"""What changes the outlook."""

from crm.outlook.services.archiving import archive_week, keep, monday_of
from crm.outlook.services.books import move_book
from crm.outlook.services.ceremonies import NewCeremony, change_ceremony, plan_ceremony
from crm.outlook.services.saying import tell

__all__ = [
    "NewCeremony",
    "archive_week",
    "change_ceremony",
    "keep",
    "monday_of",
    "move_book",
    "plan_ceremony",
    "tell",
]
