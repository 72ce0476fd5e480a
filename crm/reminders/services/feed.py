"""The address of a person's calendar feed: made, made anew, revoked. Services never commit, doors do."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Stale
from crm.history import services as history
from crm.reminders.models import CalendarFeed
from crm.reminders.rules.feed import hashed


def make_feed(actor: Actor, version: int | None, at: datetime) -> str:
    """Give the actor's feed a new address; its secret, which nobody can read again.

    The address before works no longer. `version` None: there was none when the page was opened.
    Raises Stale.
    """
    row = _own(actor, version)
    token = secrets.token_urlsafe(32)
    if row is None:
        row = CalendarFeed(user_id=actor.id)
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:  # another window of theirs was quicker by a moment
            raise Stale from None
    else:
        row.version += 1
    row.token_hash, row.made_at = hashed(token), at
    _record(actor, at, "calendar_feed_made", row)
    return token


def revoke_feed(actor: Actor, version: int | None, at: datetime) -> None:
    """End the actor's feed at once. Raises Stale."""
    row = _own(actor, version)
    if row is None or row.token_hash is None:
        return
    row.token_hash, row.made_at = None, None
    row.version += 1
    _record(actor, at, "calendar_feed_revoked", row)


def _own(actor: Actor, version: int | None) -> CalendarFeed | None:
    row = db.session.scalar(
        select(CalendarFeed).where(CalendarFeed.user_id == actor.id).with_for_update()
    )
    if (row.version if row else None) != version:
        raise Stale(row)
    return row


def _record(actor: Actor, at: datetime, action: str, row: CalendarFeed) -> None:
    event = history.record(actor, at, action, row)
    event.subject_id = actor.id
