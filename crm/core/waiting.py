"""Files somebody sent and looks at before anything of them is saved: kept an hour, for that person."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from crm.core import clock

MINUTES = 60


class Expired(Exception):
    """The mark is not one of ours, not this person's, too old, or its file is gone."""


@dataclass(frozen=True, slots=True)
class WaitingFiles:
    """Where they wait. `purpose` keeps the marks of one page from opening the files of another."""

    folder: Path
    purpose: str

    def keep(self, data: bytes, by: int, **told: Any) -> str:
        """Put a file aside; the mark to ask for it again. Those nobody confirmed are forgotten."""
        self.folder.mkdir(parents=True, exist_ok=True)
        oldest = clock.now().timestamp() - 2 * MINUTES * 60
        for each in self.folder.iterdir():
            if each.stat().st_mtime < oldest:
                each.unlink(missing_ok=True)
        name = secrets.token_hex(16)
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
