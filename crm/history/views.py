"""The audit trail as people read it."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Enum

from crm.accounts.rules import DepartmentKind, Role
from crm.accounts.wording import DEPARTMENT_FIELD, DEPARTMENT_KIND, ROLE, WAY
from crm.accounts.wording import FIELD as ACCOUNT_FIELD
from crm.chains.wording import CHAIN_FIELD, NEED_FIELD, PRESENCE_FIELD
from crm.chains.wording import WORDS as CHAIN_WORDS
from crm.checkup.wording import FIELD as CHECKUP_FIELD
from crm.core.db import Base
from crm.core.forms import trimmed
from crm.core.guard import allow
from crm.core.language import is_chinese
from crm.core.lists import CursorError
from crm.core.web import mark
from crm.coverage.wording import FIELD as COVERAGE_FIELD
from crm.coverage.wording import TARGET_FIELD
from crm.dispatch.wording import FIELD as DISPATCH_FIELD
from crm.dispatch.wording import ITEM_FIELD
from crm.dispatch.wording import WORDS as DISPATCH_WORDS
from crm.enterprises.wording import CONTACT_FIELD, RANKING_FIELD, SIGNAL_FIELD
from crm.enterprises.wording import FIELD as ENTERPRISE_FIELD
from crm.enterprises.wording import WORDS as ENTERPRISE_WORDS
from crm.enterprises.wording import tell as enterprise_tell
from crm.history import queries
from crm.history.wording import ACTION, FIELD, SUBJECT
from crm.leads.queries import kept_secret, names_in
from crm.leads.wording import FIELDS as LEAD_FIELD
from crm.leads.wording import WORDS as LEAD_WORDS
from crm.outbox.wording import ENDPOINT_FIELD
from crm.outbox.wording import WORDS as OUTBOX_WORDS
from crm.quotas.comparing import sentence
from crm.quotas.rules import CriteriaError
from crm.quotas.wording import FIELD as QUOTA_FIELD
from crm.quotas.wording import WORDS as QUOTA_WORDS
from crm.recognition.wording import WORDS as RECOGNITION_WORDS
from crm.reminders.rules import ReminderKind
from crm.reminders.wording import (
    ABSENCE_FIELD,
    CHOICE_FIELD,
    SETTING_FIELD,
    kept_choice_word,
    kept_steps_word,
)
from crm.reminders.wording import ANSWER_FIELD as REMINDER_FIELD
from crm.reminders.wording import WORDS as REMINDER_WORDS

bp = Blueprint("history", __name__, url_prefix="/history")

FIELDS_OF: dict[str, dict[str, Any]] = {
    "users": ACCOUNT_FIELD,
    "departments": DEPARTMENT_FIELD,
    # A company's trail tells of its people, places on lists and signals too.
    "enterprises": {**CONTACT_FIELD, **RANKING_FIELD, **SIGNAL_FIELD, **ENTERPRISE_FIELD},
    "contacts": CONTACT_FIELD,
    "ranking_entries": RANKING_FIELD,
    "ranking_editions": RANKING_FIELD,
    "quotas": QUOTA_FIELD,
    "criteria_versions": QUOTA_FIELD,
    "quota_divisions": QUOTA_FIELD,
    "ranking_switches": QUOTA_FIELD,
    "checkup_settings": CHECKUP_FIELD,
    "coverage_settings": COVERAGE_FIELD,
    "target_dismissals": TARGET_FIELD,
    "reminders": REMINDER_FIELD,
    "instructions": DISPATCH_FIELD,
    "meetings": DISPATCH_FIELD,
    "meeting_items": ITEM_FIELD,
    "meeting_lines": ITEM_FIELD,
    "reminder_settings": SETTING_FIELD,
    "reminder_recipients": CHOICE_FIELD,
    "absences": ABSENCE_FIELD,
    "channel_endpoints": ENDPOINT_FIELD,
    "chains": CHAIN_FIELD,
    "chain_groups": CHAIN_FIELD,
    "segments": CHAIN_FIELD,
    "segment_links": CHAIN_FIELD,
    "presences": {**CHAIN_FIELD, **PRESENCE_FIELD},
    "anchor_needs": {**CHAIN_FIELD, **NEED_FIELD},
    "segment_fits": CHAIN_FIELD,
}
WORDS_OF: dict[Any, Any] = {
    Role: ROLE,
    DepartmentKind: DEPARTMENT_KIND,
    **ENTERPRISE_WORDS,
    **LEAD_WORDS,
    **RECOGNITION_WORDS,
    **QUOTA_WORDS,
    **REMINDER_WORDS,
    **DISPATCH_WORDS,
    **OUTBOX_WORDS,
    **CHAIN_WORDS,
}


ENTERPRISE_TOLD = {"kind", "amount_yuan", "region_code", "parent_shareholding"}
"""Facts told of a company that are no codes of its own columns."""


def field_word(table: str, name: str) -> Any:
    """What the pages call a fact of a subject; a name nobody worded stands as it is."""
    for words in (FIELDS_OF.get(table, {}), FIELD, LEAD_FIELD):
        if name in words:
            return words[name]
    return name


Names = Mapping[tuple[str, int], str]
"""The names of records by table and id, of those that have one and may be known."""


def value_word(table: str, name: str, value: Any, names: Names) -> Any:
    """A fact as people read it: a name, the word of a code, yes and no, a dash for nothing."""
    if value is None or value == "":
        return "—"
    if type(value) is int and (target := queries.target_of(table, name)):
        return names.get((target, value), f"#{value}")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return mark("、", ", ").join(value)
    if isinstance(value, (dict, list)):
        return structure_word(name, value)
    if table == "enterprises" and name in ENTERPRISE_TOLD:
        return enterprise_tell(name, value)
    if table == "reminder_settings" and name == "steps":
        return kept_steps_word(value)
    if table == "reminder_recipients" and name in tuple(ReminderKind):
        return kept_choice_word(value)
    if table == "reminder_recipients" and name == "way":
        return WAY.get(value, value)
    found = Base.metadata.tables.get(table)
    kind = found.c[name].type if found is not None and name in found.c else None
    # The trail keeps a code as its text, and a code equals its text.
    words = WORDS_OF.get(kind.enum_class, {}) if isinstance(kind, Enum) else {}
    return words.get(value, value)


def structure_word(name: str, value: Any) -> str:
    """What is no single value: criteria as their sentence, anything else as it is kept."""
    if name == "criteria" and isinstance(value, dict):
        try:
            return sentence(value)
        except CriteriaError:
            pass  # written by a version that knew other clauses
    return json.dumps(value, ensure_ascii=False)


@bp.get("/")
@allow(Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR, Role.ADMINISTRATOR, Role.AUDITOR)
def index() -> ResponseReturnValue:
    action = request.args.get("action", "").strip() or None
    who = trimmed(request.args.get("who", "")[:60])
    if action is not None and action not in ACTION:
        abort(400)
    condition = queries.readable(g.actor.role, g.actor.id, g.actor.department_id)
    try:
        page = queries.events(
            condition, actor_name=who, action=action, cursor=request.args.get("cursor")
        )
    except CursorError:
        abort(400)
    of = [(row.subject_type, row.subject_id) for row in page.rows if row.subject_id]
    secret = kept_secret(g.actor, [row.lead_id for row in page.rows if row.lead_id])
    names = names_in((*of, *queries.references(page.rows)), english=not is_chinese(), actor=g.actor)
    return render_template(
        "history/index.html",
        page=page,
        action=action,
        who=who,
        action_words=ACTION,
        subject_words=SUBJECT,
        names=names,
        secret=secret,
        field_word=field_word,
        value_word=value_word,
    )
