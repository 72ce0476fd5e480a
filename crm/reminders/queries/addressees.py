"""To whom a message about one thing goes: the person, or their delegate who may know of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.accounts.models import User
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.outbox.rules import Problem, why_not_mail
from crm.reminders.queries import live


@dataclass(frozen=True, slots=True)
class Addressee:
    """One reader. `problem`: why no mail can go to them; `on_behalf_of`: who is away."""

    person_id: int
    name: str
    address: str | None
    locale: str
    problem: Problem | None
    on_behalf_of: str | None = None


def people_to_write_to(ids: Collection[int]) -> dict[int, Addressee]:
    """These people as they are now, by id; those there are not are left out."""
    if not ids:
        return {}
    rows = rows_of(
        select(User.id, User.name, User.email, User.is_active, User.locale).where(
            among(User.id, sorted(set(ids)))
        )
    )
    return {
        row.id: Addressee(
            row.id, row.name, row.email, row.locale, why_not_mail(row.email, row.is_active)
        )
        for row in rows
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
            one = found[reader]
            told[person] = Addressee(
                one.person_id, one.name, one.address, one.locale, one.problem, found[person].name
            )
    return told
