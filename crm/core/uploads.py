"""Files somebody sends to be looked at first: put aside, and read again when they are confirmed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Generic, TypeVar

from flask import abort, current_app, g, request
from flask_babel import gettext as _

from crm.core.errors import Refused
from crm.core.sheets import Limits, Sheet, UnreadableFile, read_sheets
from crm.core.sheets.grid import SheetFault
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.core.waiting import WaitingFiles

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


Chosen = TypeVar("Chosen")


class Uploads(Generic[Chosen]):
    """Those of one page.

    `choose` picks the sheet, or the sheets, to read; `check` raises Refused for what cannot be read;
    `unreadable` has the page's own words for a fault, None where the general ones do.
    """

    def __init__(
        self,
        purpose: str,
        choose: Callable[[Sequence[Sheet]], Chosen],
        check: Callable[[Chosen], object],
        unreadable: Callable[[SheetFault], Any] = lambda _fault: None,
    ) -> None:
        self.purpose, self._choose, self._check = purpose, choose, check
        self._unreadable = unreadable

    def put_aside(self, form: Any) -> str | None:
        """The mark of the file sent with a form; None, with why in the form, where it is not taken."""
        sent = request.files.get("file")
        filename = PurePath((sent.filename or "").replace("\\", "/")).name[-200:] if sent else ""
        if sent is None or not filename:
            form.file.errors = [_("请选择文件")]
            return None
        data = sent.read()
        try:
            self._check(self._sheet(data, filename))
        except UnreadableFile as error:
            words = self._unreadable(error.fault) or SHEET_WORDS[SheetFault][error.fault]
            form.file.errors = [f"{words} ({error.detail})" if error.detail else str(words)]
            return None
        except Refused as refused:
            form.show(refused.faults)
            return None
        return WaitingFiles(self.purpose).keep(data, g.actor.id, file=filename)

    def again(self, mark: str) -> tuple[Chosen, Mapping[str, Any]]:
        """The file that was put aside, and what was told of it. Raises Expired."""
        data, told = WaitingFiles(self.purpose).fetch(mark, g.actor.id)
        return self._sheet(data, told["file"]), told

    def forget(self, mark: str) -> None:
        WaitingFiles(self.purpose).forget(mark, g.actor.id)

    def _sheet(self, data: bytes, filename: str) -> Chosen:
        settings = current_app.extensions["settings"]
        limits = Limits(file_bytes=settings.upload_limit_mb * 1024 * 1024)
        return self._choose(read_sheets(data, filename, limits))


HIGHEST_ROW = 1_048_576
"""Of a sheet of Excel."""


def picked_rows(highest: int = HIGHEST_ROW) -> set[int]:
    """The rows of a file that were ticked beside it."""
    picked = request.form.getlist("pick")
    if not all(each.isascii() and each.isdigit() and len(each) < 8 for each in picked):
        abort(400)
    return {int(each) for each in picked if int(each) <= highest}
