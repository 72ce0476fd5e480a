"""Moving a lead between the three books, with a reason."""

from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.core.errors import Faults, Refused, Stale, TheirChange
from crm.leads import access
from crm.leads.services import marks
from crm.outlook.models import BookMove
from crm.outlook.queries import entry_of
from crm.outlook.rules.books import Book, why_not_move
from crm.outlook.wording import word

MOVERS = (Role.DIRECTOR, Role.UNIT_HEAD)
"""Who moves leads between the books, of those they may change."""


def move_book(
    actor: Actor,
    at: datetime,
    lead_id: int,
    year: int,
    to: Book | None,
    reason: str | None,
    seen_move: int,
    *,
    today: date,
) -> BookMove:
    """Put a lead into a book, or (None) back to where the rule puts it.

    `seen_move` is the last decision the person was shown. Raises NotFound, Stale, Refused.
    """
    lead = access.lead_to_edit(actor, lead_id)
    entry = entry_of(actor, year, lead_id, today)
    faults = Faults()
    if entry is None:
        faults.add("", "in_no_book", _l("这个项目不在谈，或者不可能计入本年指标，不在三本账内"))
        raise Refused(faults.found)
    if entry.seen_move != seen_move:
        last = entry.decision
        raise Stale(
            lead,
            [
                TheirChange(
                    "book",
                    word(last.from_book),
                    word(last.book or last.proposed),
                    last.by or "",
                    last.at,
                )
            ]
            if last
            else (),
        )
    if not reason:
        faults.add("reason", "reason", _l("请写明调整理由"))
    if to is None:
        if not entry.is_moved:
            faults.add("book", "already_there", _l("这个项目本来就按规则列账"))
    elif to is entry.book:
        faults.add("book", "already_there", _l("这个项目已经在这本账里"))
    elif why_not_move(entry.prospect, to) is not None:
        faults.add("book", "near_miss", _l("按口径还不能计入的项目只列储备"))
    faults.raise_if_any()
    move = BookMove(
        year=year, lead_id=lead_id, from_book=entry.book, book=to, proposed=entry.proposal.book,
        reason=reason, by_id=actor.id or None, at=at,
    )  # fmt: skip
    db.session.add(move)
    db.session.flush()
    marks.record(
        actor, at, "book_moved", lead, move,
        before={"book": entry.book}, after={"book": to or entry.proposal.book, "year": year},
        note=reason,
    )  # fmt: skip
    return move
