"""To whom a message about one thing goes: the person, or their delegate who may know of it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from crm.accounts.models import User
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.outbox.queries import REACH, reach_from
from crm.outbox.rules import CHANNELS_OF, Channel, Problem, Reach, why_not
from crm.reminders.queries import live


@dataclass(frozen=True, slots=True)
class Addressee:
    """One reader and where to reach them; `on_behalf_of`: who is away."""

    person_id: int
    name: str
    locale: str
    reach: Reach
    on_behalf_of: str | None = None

    @property
    def address(self) -> str | None:
        """Where mails go."""
        return self.reach.address(Channel.MAIL)

    def problem(self, channel: Channel) -> Problem | None:
        """What stands in the way of a message by that channel.

        A delegate who wants no text messages is reached by none that was noted for another.
        """
        is_wanted = channel is Channel.MAIL or channel in CHANNELS_OF[self.reach.way]
        return why_not(self.reach, channel) if is_wanted else Problem.NO_ADDRESS


def people_to_write_to(ids: Collection[int]) -> dict[int, Addressee]:
    """These people as they are now, by id; those there are not are left out."""
    if not ids:
        return {}
    rows = rows_of(
        select(User.id, User.name, User.locale, *REACH).where(among(User.id, sorted(set(ids))))
    )
    return {
        key: Addressee(key, name, locale, reach_from(reach)) for key, name, locale, *reach in rows
    }


def readers_of(ids: Collection[int], today: date) -> dict[int, Addressee]:
    """By the person meant, who reads it today: their delegate while they are away."""
    readers = live.readers(sorted(set(ids)), today)
    found = people_to_write_to({*readers.keys(), *readers.values()})
    told = {}
    for person, reader in readers.items():
        if reader not in found:
            continue
        if reader == person or person not in found:
            told[person] = found[reader]
        else:
            told[person] = replace(found[reader], on_behalf_of=found[person].name)
    return told
