"""What changes the outlook."""

from crm.outlook.services.books import move_book

__all__ = ["move_book"]
