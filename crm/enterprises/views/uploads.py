"""Files of companies and of what is told of them, sent to be looked at first."""

from collections.abc import Callable, Sequence

from crm.core.sheets import Sheet
from crm.core.uploads import XLSX
from crm.core.uploads import Uploads as AnyUploads
from crm.enterprises.wording import unreadable_roster

__all__ = ["XLSX", "Uploads"]


class Uploads(AnyUploads[Sheet]):
    """Those of one page, each one sheet (`crm.core.uploads`)."""

    def __init__(
        self,
        purpose: str,
        choose: Callable[[Sequence[Sheet]], Sheet],
        check: Callable[[Sheet], object],
    ) -> None:
        super().__init__(purpose, choose, check, unreadable_roster)
