"""The history of a lead in words: what each change was before and is now."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Boolean, Enum

from crm.accounts.rules import LEAD_READERS
from crm.core.db import Base
from crm.core.guard import allow
from crm.core.language import is_chinese
from crm.core.lists import CursorError
from crm.core.web import mark, moment_text, money_text
from crm.history.queries import references, target_of
from crm.history.wording import ACTION, FIELD, SUBJECT
from crm.leads import queries
from crm.leads.models import Lead
from crm.leads.views import bp
from crm.leads.wording import FIELDS as LEAD_FIELD
from crm.leads.wording import WORDS as LEAD_WORDS
from crm.leads.wording import field_word
from crm.recognition.wording import WORDS as RECOGNITION_WORDS

WORDS: dict[type[StrEnum], Any] = {**LEAD_WORDS, **RECOGNITION_WORDS}
SHOWN_ELSEWHERE = {"lead_id", "id", "stored_name", "sha256", "media_type"}


@bp.get("/<int:lead_id>/history")
@allow(*LEAD_READERS)
def history(lead_id: int) -> ResponseReturnValue:
    lead = queries.lead_heading(g.actor, lead_id)
    cursor = request.args.get("after")
    try:
        page = queries.events_of(lead_id, cursor)
    except CursorError:
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name="after", value=str(cursor)[:60]))
    names = queries.names_in(references(page.rows), english=not is_chinese())
    return render_template(
        "leads/history.html", lead=lead, page=page, events=list(entries(page.rows, names))
    )


def entries(
    events: Sequence[Any], names: Mapping[tuple[str, int], str]
) -> Iterator[dict[str, Any]]:
    """Each event as the page shows it, its changes as (field, before, after) in words."""
    for event in events:
        before, after = event.before or {}, event.after or {}
        changes = [
            (
                field_word(name) if name in LEAD_FIELD else FIELD.get(name, name),
                *(
                    in_words(event.subject_type, name, facts.get(name), names)
                    for facts in (before, after)
                ),
            )
            for name in dict.fromkeys((*before, *after))
            if name not in SHOWN_ELSEWHERE
        ]
        subject = SUBJECT.get(event.subject_type, event.subject_type)
        action = ACTION.get(event.action, event.action)
        yield {
            "title": action if event.subject_type == "leads" else f"{subject} · {action}",
            "at": moment_text(event.at),
            "who": event.actor_name,
            "address": event.address,
            "note": event.note,
            "changes": changes,
        }


def in_words(table: str, column: str, value: Any, names: Mapping[tuple[str, int], str]) -> str:
    """A value of the trail as people read it: names for ids, words for codes, amounts with unit."""
    if value is None or value == "":
        return ""
    if (target := target_of(table, column)) and type(value) is int:
        return names.get((target, value), f"#{value}")
    return told(column, value, table=table)


def told(column: str, value: Any, *, table: str = Lead.__tablename__) -> str:
    """A fact in words. Codes may come as members or, from the trail, as their text."""
    if isinstance(value, StrEnum):
        return str(WORDS[type(value)][value]) if type(value) in WORDS else value.value
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return mark("、", ", ").join(str(each) for each in value)
    found = Base.metadata.tables.get(table)
    kind = found.c[column].type if found is not None and column in found.c else None
    if isinstance(kind, Enum) and kind.enum_class in WORDS:
        try:
            return str(WORDS[kind.enum_class][kind.enum_class(value)])
        except ValueError:
            return str(value)
    if isinstance(kind, Boolean):
        return _("是") if value else _("否")
    if column.endswith("_yuan") and type(value) is int:
        return money_text(value)
    return str(value)
