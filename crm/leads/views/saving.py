"""What all writing pages share: one transaction, refusals beside the fields, conflicts in words."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import null, select

from crm.accounts.models import Department, User
from crm.calendar.queries import work_calendar
from crm.chains.models import Chain, Segment
from crm.chains.wording import named
from crm.core import clock, forms
from crm.core.db import db
from crm.core.errors import Stale
from crm.core.fields import YesNo
from crm.core.forms import BaseForm
from crm.core.web import moment_text
from crm.imports.services.deciding import close_answered
from crm.leads import access
from crm.leads.forms import EditForm, LeadForm
from crm.leads.models import Lead
from crm.leads.rules import AttachmentKind, Stage
from crm.leads.services.holdings import held_by
from crm.leads.services.papers import Upload
from crm.leads.services.versions import shown
from crm.leads.views import bp
from crm.leads.wording import word
from crm.places.models import Carrier, Street, Zone
from crm.quotas import services as quotas
from crm.reminders.services.planning import settle_what_is_over

TABLES = {
    "chain": Chain,
    "segment": Segment,
    "zone": Zone,
    "carrier": Carrier,
    "street": Street,
    "sponsor": User,
    "owner": User,
    "first_talk_department": Department,
    "department": Department,
}
"""Where the names of linked fields stand."""


@bp.context_processor
def words() -> dict[str, Any]:
    """`word(code)` in the templates of leads."""
    return {"word": word}


def attempt(form: BaseForm, lead_id: int | None, verb: Callable[[], Any]) -> Any:
    """Run a verb in one transaction and re-judge its lead: what it returned, None if refused.

    A refusal is shown in the form. So is what somebody else changed meanwhile, with the version
    that is now; the person's own words stay in the form.
    """

    def verb_and_verdicts() -> Any:
        done = verb()
        number = lead_id or (done.id if isinstance(done, Lead) else None)
        if number is not None:
            close_answered([number], at=clock.now(), today=clock.today())
            quotas.rejudge([number], today=clock.today(), at=clock.now())
            settle_what_is_over([number], clock.today(), work_calendar(), clock.now())
        return done

    try:
        return forms.attempt(form, verb_and_verdicts)
    except Stale as stale:
        if lead_id is None or not isinstance(form, LeadForm):
            raise
        tell_conflict(form, lead_id, stale)
        return None


def tell_conflict(form: LeadForm, lead_id: int, stale: Stale) -> None:
    """Put what the other changed, and the new version, into the form."""
    lead = access.lead_to_open(g.actor, lead_id)
    form.conflict = [
        {
            "label": label_of(change.field),
            "before": in_words(change.field, change.before),
            "after": in_words(change.field, change.after),
            "note": _("%(who)s于%(when)s修改", who=change.by, when=moment_text(change.at)),
        }
        for change in stale.changes
    ]
    form.keep_files()
    open_form(form, lead)


def open_form(form: LeadForm, lead: Lead) -> Mapping[str, Any]:
    """Give the form the version and the values the page shows now; returns the values."""
    values = shown(lead, held_by(lead))
    form.open_at(lead.version, values)
    return values


def label_of(name: str) -> str:
    """The words of a field, by its form; a few stand in no form."""
    unbound = getattr(EditForm, name, None)
    if unbound is not None:
        return str(unbound.kwargs.get("label") or unbound.args[0])
    return {
        "stage": _("阶段"),
        "owner": _("责任人"),
        "department": _("责任单位"),
        "is_sensitive": _("敏感项目"),
    }.get(name, name)


def in_words(name: str, value: Any) -> str:
    """A plain value as the forms show it."""
    if value is None or value == "":
        return ""
    if name in TABLES:
        table = TABLES[name]
        names = db.session.execute(
            select(table.name, getattr(table, "name_en", null())).where(table.id == value)
        ).one_or_none()
        return named(*names) if names else str(value)
    if name == "stage":
        return str(word(Stage(value)))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    unbound = getattr(EditForm, name, None)
    if unbound is not None and unbound.field_class is not YesNo:
        for choice in unbound.kwargs.get("choices") or ():
            if choice.value == value:
                return str(choice.label)
    return str(value)


def upload_in(form: BaseForm, name: str, kind: AttachmentKind) -> Upload | None:
    """The file a field of the form brought, None if it is empty."""
    brought = form[name].brought()
    return Upload(name, *brought, kind) if brought else None


def attachments_dir() -> Any:
    return current_app.extensions["settings"].attachments_dir


def to_lead(lead_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("leads.detail", lead_id=lead_id, _anchor=anchor))
