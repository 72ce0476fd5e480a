"""The trail of a record on its page."""

from collections.abc import Iterator, Mapping
from typing import Any

from crm.chains.wording import tell
from crm.history import queries as trail
from crm.history.wording import ACTION


def told_of(subject: str, subject_id: int, words: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What happened to a record in words, the newest first."""
    for event in trail.latest_of(subject, subject_id):
        before, after = event.before or {}, event.after or {}
        names = [each for each in dict.fromkeys((*before, *after)) if each in words]
        yield {
            "title": ACTION.get(event.action, event.action),
            "at": event.at,
            "who": event.actor_name,
            "note": event.note,
            "changes": [
                (words[each], tell(each, before.get(each)), tell(each, after.get(each)))
                for each in names
            ],
        }
