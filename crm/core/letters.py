"""What every mail of the product shares: its frame, its addresses, its sender and its number.

A feature gives a template (`mail/<name>.html` and its twin in plain text), a subject and its words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale
from werkzeug.routing import MapAdapter

from crm.config import Settings
from crm.core.days import written_day
from crm.core.mail import Letter, message_id


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses in a mail stand on their own: they begin with the address of the installation."""

    base_url: str
    _routes: MapAdapter = field(default_factory=lambda: current_app.url_map.bind("localhost"))

    def to(self, endpoint: str, **values: int | str) -> str:
        return f"{self.base_url}{self._routes.build(endpoint, values)}"

    def has(self, endpoint: str) -> bool:
        """Whether there is such a page."""
        return endpoint in current_app.view_functions


@dataclass(frozen=True, slots=True)
class Reader:
    """To whom a message goes; it has an address there."""

    name: str
    address: str
    locale: str


def letter(
    template: str,
    subject: str,
    words: Mapping[str, Any],
    reader: Reader,
    settings: Settings,
    *,
    kind: str,
    on: date,
    delivery_id: int,
    at: datetime,
    headers: Mapping[str, str] | None = None,
) -> Letter:
    """The letter of a delivery from `mail/<template>.html` and `.txt`, in its reader's language.

    `subject` is in that language already. The templates extend `mail/layout` and get, beside
    `words`: reader, office, locale, on, day (in words), links, subject.
    """
    office = settings.office_name if reader.locale.startswith("zh") else settings.office_name_en
    with force_locale(reader.locale):
        shown = {
            "reader": reader,
            "office": office,
            "locale": reader.locale,
            "on": on,
            "day": written_day(on, reader.locale),
            "links": Links(settings.base_url),
            "subject": subject,
            **words,
        }
        return Letter(
            message_id=message_id(
                kind, on.strftime("%Y%m%d"), delivery_id, sender=settings.mail_sender
            ),
            sender=settings.mail_sender,
            sender_name=office,
            address=reader.address,
            name=reader.name,
            subject=subject,
            text=render_template(f"mail/{template}.txt", **shown),
            html=render_template(f"mail/{template}.html", **shown),
            locale=reader.locale,
            at=at,
            headers=dict(headers or {}),
        )


def plain_letter(
    lines: Sequence[str],
    reader: Reader,
    settings: Settings,
    *,
    kind: str,
    on: date,
    delivery_id: int,
    at: datetime,
) -> Letter:
    """A message of a few lines for a messenger; the first of them is its subject as well."""
    office = settings.office_name if reader.locale.startswith("zh") else settings.office_name_en
    return Letter(
        message_id=message_id(
            kind, on.strftime("%Y%m%d"), delivery_id, sender=settings.mail_sender
        ),
        sender=settings.mail_sender,
        sender_name=office,
        address=reader.address,
        name=reader.name,
        subject=lines[0],
        text="\n".join(lines),
        html="",
        locale=reader.locale,
        at=at,
    )
