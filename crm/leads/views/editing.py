"""The full form, and the first screening."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import BooleanField
from wtforms.fields import SelectChoice

from crm.accounts.queries import departments, leaders
from crm.accounts.rules import LEAD_WRITERS
from crm.chains.queries import chains, segments
from crm.chains.wording import named
from crm.core import clock
from crm.core.guard import allow
from crm.leads import access
from crm.leads.forms import (
    EditForm,
    MoveForm,
    NumberField,
    ScreeningForm,
)
from crm.leads.models import Lead
from crm.leads.rules import required_fields
from crm.leads.services import editing
from crm.leads.services.editing import ODD_SIZE
from crm.leads.services.figures import Stated
from crm.leads.services.versions import COLUMNS, COMPANIES, LINKED, shown_value
from crm.leads.views import bp
from crm.leads.views.saving import attempt, in_words, open_form, to_lead
from crm.places.queries import carriers, streets, zones

ASIDE = {"version", "base", "csrf_token", "confirm_size"}


@bp.route("/<int:lead_id>/edit", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def edit(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = EditForm()
    offer_choices(form, lead)
    if form.validate_on_submit():
        wanted = edit_in(form, lead)
        done = attempt(
            form, lead_id,
            lambda: editing.edit(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data, wanted,
                today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已保存。"), "success")
            return to_lead(lead_id)
        if form.status == 409:
            form = merged(form, access.lead_to_open(g.actor, lead_id))
    elif not form.is_submitted():
        form = filled(lead)
    lead = access.lead_to_open(g.actor, lead_id)
    form.mark_required(required_fields(lead.stage))
    return render_template(
        "leads/edit.html", form=form, lead=lead, shows_amounts=not lead.stage.is_signed,
        is_odd=ODD_SIZE in form.total_investment.errors,
    ), form.status  # fmt: skip


def offer_choices(form: EditForm | MoveForm, lead: Lead) -> None:
    """The lists a lead's fields choose from; what is retired only where the lead stands on it."""
    of_chain = {row.id: named(row.name, row.name_en) for row in chains(lead.chain_id)}
    form.chain.offer(of_chain.items())
    form.segment.offer(
        (row.id, f"{of_chain[row.chain_id]} · {named(row.name, row.name_en)}")
        for row in segments(lead.segment_id)
        if row.chain_id in of_chain
    )
    if isinstance(form, EditForm):
        form.zone.offer((row.id, named(row.name, row.name_en)) for row in zones())
        form.carrier.offer(tuple(row) for row in carriers())
        form.street.offer(tuple(row) for row in streets())
        form.first_talk_department.offer(tuple(row) for row in departments())
        form.sponsor.offer((row.id, row.name) for row in leaders())


def filled(lead: Lead) -> EditForm:
    """The form as the lead stands."""
    form = EditForm(formdata=None)
    offer_choices(form, lead)
    values = open_form(form, lead)
    for name, field in form._fields.items():
        if name in ASIDE:
            continue
        if name in COLUMNS and not isinstance(field, NumberField):
            field.data = getattr(lead, name)
        else:
            field.data = values.get(name)
    keep_chosen(form, lead)
    return form


def keep_chosen(form: EditForm, lead: Lead) -> None:
    """A leader or unit that is no longer offered stays chosen until somebody changes it."""
    for name in ("sponsor", "first_talk_department"):
        chosen = getattr(lead, LINKED[name])
        field = form[name]
        if chosen is not None and all(choice.value != chosen for choice in field.choices):
            field.choices = [*field.choices, SelectChoice(chosen, in_words(name, chosen))]


def merged(mine: EditForm, lead: Lead) -> EditForm:
    """After a conflict: what I touched stays mine, everything else is what it is now."""
    theirs = filled(lead)
    base = mine.base_sent
    for name, field in mine._fields.items():
        if name in ASIDE:
            continue
        if name not in base or plain_in(field) != base[name]:
            theirs[name].data = field.data
            theirs[name].raw_data = getattr(field, "raw_data", None)
    theirs.conflict = mine.conflict
    return theirs


def plain_in(field: Any) -> Any:
    """What a field holds, as the base tells it."""
    return bool(field.data) if isinstance(field, BooleanField) else shown_value(field.data)


def edit_in(form: EditForm, lead: Lead) -> editing.Edit:
    """The form as the service takes it; amounts only where their text was changed."""
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        field = form[name]
        columns[name] = field.number if isinstance(field, NumberField) else field.data
    base: Mapping[str, Any] = form.base.data
    amounts = {
        kind: Stated(field.stated, field.amount) if field.amount and field.stated else None
        for kind, field in form.amounts()
        if field.data != base.get(kind.value)
        or (kind == "headquarters_revenue" and basis_changed(form))
    }
    return editing.Edit(
        columns=columns,
        links={name: form[name].data for name in LINKED},
        companies={name: form[name].data for name in COMPANIES},
        uscc=form.uscc.data,
        contract_number=form.contract_number.data,
        amounts={} if lead.stage.is_signed else amounts,
        revenue_basis=form.revenue_basis.data,
        is_size_confirmed=bool(form.confirm_size.data),
    )


def basis_changed(form: EditForm) -> bool:
    return bool(form.base.data.get("revenue_basis") != shown_value(form.revenue_basis.data))


@bp.route("/<int:lead_id>/screening", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def screening(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = ScreeningForm()
    if form.validate_on_submit():
        done = attempt(
            form, lead_id,
            lambda: editing.screen(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data,
                form.screening_result.data, form.screened_on.data, today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已记录初步研判。"), "success")
            return to_lead(lead_id)
    elif not form.is_submitted():
        open_form(form, lead)
        form.screening_result.data = lead.screening_result
        form.screened_on.data = lead.screened_on or clock.today()
    return render_template(
        "leads/screening.html", form=form, lead=access.lead_to_open(g.actor, lead_id)
    ), form.status
