"""Files somebody sent before anything of them is saved: kept an hour, for that person alone.

Either the person looks at what is in them first, or the form they came with was refused.
"""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app, g
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import FileField
from wtforms.validators import StopValidation

from crm.core import clock

MINUTES = 60
LONGEST_NAME = 120
MOST = 12
"""Of one person at one time; the oldest gives way. Two refused moves, each with all its files."""


class Expired(Exception):
    """The mark is not one of ours, not this person's, too old, or its file is gone."""


@dataclass(frozen=True, slots=True)
class WaitingFiles:
    """Those of one page. `purpose` keeps the marks of one page from opening the files of another."""

    purpose: str

    @property
    def folder(self) -> Path:
        waiting: Path = current_app.extensions["settings"].waiting_dir
        return waiting / self.purpose

    def keep(self, data: bytes, by: int, **told: Any) -> str:
        """Put a file aside; the mark to ask for it again. Those nobody confirmed are forgotten."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        others = sorted(self.folder.glob(f"{by}-*"), key=_written_at)
        for each in others[: max(0, len(others) - MOST + 1)]:
            each.unlink(missing_ok=True)
        name = f"{by}-{secrets.token_hex(16)}"
        (self.folder / name).write_bytes(data)
        return self._signer().dumps({**told, "name": name, "by": by})

    def fetch(self, mark: str, by: int) -> tuple[bytes, Mapping[str, Any]]:
        """The file and what was told of it. Raises Expired."""
        told = self._told(mark, by)
        try:
            return (self.folder / told["name"]).read_bytes(), told
        except OSError as error:
            raise Expired from error

    def forget(self, mark: str, by: int) -> None:
        """It was taken in. Raises Expired."""
        (self.folder / self._told(mark, by)["name"]).unlink(missing_ok=True)

    def _told(self, mark: str, by: int) -> Mapping[str, Any]:
        try:
            told: Mapping[str, Any] = self._signer().loads(mark, max_age=MINUTES * 60)
        except BadData as error:
            raise Expired from error
        if told["by"] != by:
            raise Expired
        return told

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=self.purpose)


def sweep(folder: Path) -> int:
    """Forget the files in it that nobody can ask for any more; how many."""
    oldest = clock.now().timestamp() - 2 * MINUTES * 60
    late = [each for each in folder.rglob("*") if each.is_file() and _written_at(each) < oldest]
    for each in late:
        each.unlink(missing_ok=True)
    return len(late)


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # somebody else swept it meanwhile
        return float("inf")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a refused form: the mark that brings it back, and the name it came under."""

    mark: str
    filename: str


class KeptFileField(FileField):
    """A file that need not be chosen again when its form is refused.

    The page that comes back carries a ticked box with the mark of the file (`kept`); whoever
    unticks it, or chooses another file, drops it. A mark that is too old is a fault of the field.
    """

    kept: Kept | None = None
    mark = ""
    _content: tuple[str, bytes] | None = None

    @property
    def mark_name(self) -> str:
        """The name of the box."""
        return f"{self.name}_kept"

    def process(self, formdata: Any, *given: Any, **more: Any) -> None:
        super().process(formdata, *given, **more)
        self.mark = formdata.get(self.mark_name, "") if formdata else ""

    def pre_validate(self, form: Any) -> None:
        try:
            self.brought()
        except Expired:
            raise StopValidation(_("先前收到的文件已过期，请重新选择")) from None

    def brought(self) -> tuple[str, bytes] | None:
        """The name and the bytes, sent now or with the form that was refused. Raises Expired."""
        if self._content is None:
            if getattr(self.data, "filename", None):
                self._content = (self.data.filename, self.data.read())
            elif self.mark:
                content, told = _refused().fetch(self.mark, g.actor.id)
                self._content = (told["filename"], content)
        return self._content

    def keep(self) -> None:
        """The form is refused: put the file aside, unless the file itself is what is wrong."""
        if self.errors or self.kept or self._content is None:
            return
        filename, content = self._content
        self.forget()
        told = filename.replace("\\", "/").rpartition("/")[2][-LONGEST_NAME:]
        self.kept = Kept(_refused().keep(content, g.actor.id, filename=told), told)

    def forget(self) -> None:
        """It was taken in, or another one took its place."""
        if self.mark:
            with suppress(Expired):
                _refused().forget(self.mark, g.actor.id)
            self.mark = ""


def kept_fields(form: Iterable[Any]) -> list[KeptFileField]:
    return [field for field in form if isinstance(field, KeptFileField)]


def _refused() -> WaitingFiles:
    return WaitingFiles("refused-form")
