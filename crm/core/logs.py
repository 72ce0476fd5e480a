"""Lines of the log that people search and machines read: `event=sent delivery=12 attempt=1`."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any


def line(event: str, **values: Any) -> str:
    """One line of key=value; None is left out, lists are joined by commas, moments are ISO.

    For ids, codes and moments alone: names, addresses and what was written stay in the database.
    """
    told = {"event": event, **values}
    return " ".join(f"{key}={_plain(value)}" for key, value in told.items() if value is not None)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Collection) and not isinstance(value, str):
        return ",".join(_plain(each) for each in value)
    text = str(value)
    is_plain = text.isprintable() and text and not set(text) & set(' "=\\')
    return text if is_plain else json.dumps(text, ensure_ascii=False)
