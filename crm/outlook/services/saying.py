"""Remembering what was told: the line, the leads behind each number, by whom and to whom."""

from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults
from crm.history import services as history
from crm.outlook.models import ToldLine
from crm.outlook.queries import kept_numbers
from crm.outlook.rules.saying import SaidOfQuota


def tell(
    actor: Actor,
    at: datetime,
    year: int,
    on: date,
    line: str,
    said: Sequence[SaidOfQuota],
    *,
    shown: str,
    told_to: str | None,
    occasion: str | None,
) -> ToldLine:
    """Note that the line was told. `shown` is the line the person read out; Refused if it is not `line`
    any more, because then other numbers were told than those of this moment."""
    faults = Faults()
    if not told_to:
        faults.add("told_to", "told_to", _l("请写明告知了谁"))
    if shown != line:
        faults.add("", "numbers_changed", _l("数字刚刚变了，请按新的一句话核对后再记"))
    faults.raise_if_any()
    row = ToldLine(
        year=year, on_day=on, line=line, numbers=kept_numbers(said), told_to=told_to,
        occasion=occasion, by_id=actor.id or None, at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    history.record(
        actor, at, "line_told", row, after={"line": line, "told_to": told_to, "occasion": occasion}
    )
    return row
