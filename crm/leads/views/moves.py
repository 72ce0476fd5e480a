"""Moving a lead from stage to stage, and recording the milestones of its path."""

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.errors import Fault
from crm.core.guard import allow
from crm.core.waiting import kept_fields
from crm.leads import access
from crm.leads.forms import MilestoneForm, MoveForm
from crm.leads.models import Lead
from crm.leads.rules import (
    FROM_SIGNING,
    MILESTONES_OF,
    OFF_RAMPS,
    ORDER,
    AttachmentKind,
    MilestoneKind,
    Stage,
    fields_of,
    milestones_for,
    why_not_advance,
)
from crm.leads.services import milestones, moves
from crm.leads.services.figures import Stated
from crm.leads.services.holdings import Holdings, facts_of, held_by
from crm.leads.services.moves import FILES
from crm.leads.services.papers import Upload
from crm.leads.views import bp
from crm.leads.views.editing import offer_choices
from crm.leads.views.saving import attachments_dir, attempt, open_form, to_lead, upload_in
from crm.leads.wording import word

INPUTS: dict[str, tuple[str, ...]] = {
    "start_proof": ("start_document", "start_file"),
    "operating_proof": ("operating_document", "operating_file"),
    "licensed_on": ("licensed_on", "licence_file"),
    "owner": (),
    "title": (),
    "investor": (),
    "source": (),
}
"""Fields of the gates that have other inputs on the move page, or none there."""


@bp.route("/<int:lead_id>/advance", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def advance(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    held = held_by(lead)
    form = MoveForm()
    offer_choices(form, lead)
    to = target(lead, form.to.data if form.is_submitted() else request.args.get("to"))
    form.offer_reasons(to)
    inputs = inputs_for(lead, held, to)
    if form.validate_on_submit():
        move = move_in(form, to)
        done = attempt(
            form, lead_id,
            lambda: moves.advance(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data, move,
                today=clock.today(), folder=attachments_dir(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已推进到“%(stage)s”。", stage=word(done.stage)), "success")
            return to_lead(lead_id)
    elif not form.is_submitted():
        prefill(form, lead, held)
    lead = access.lead_to_open(g.actor, lead_id)
    form.to.data = to.value
    inputs = inputs | {field.short_name for field in form if field.errors}
    inputs = inputs | {field.short_name for field in kept_fields(form) if field.kept}
    link_elsewhere(form, lead_id)
    return render_template(
        "leads/advance.html", form=form, lead=lead, to=to, inputs=inputs,
        stages=stages_to_choose(lead), off_ramps=OFF_RAMPS, is_back=to.is_before(lead.stage),
    ), form.status  # fmt: skip


def target(lead: Lead, wanted: str | None) -> Stage:
    """The stage asked for; else the next one, or where a lead stood before it was parked."""
    if wanted in set(Stage):
        return Stage(wanted)
    if lead.stage.is_off_ramp:
        return lead.stage_before_off_ramp or Stage.CONTACTED
    place = ORDER.index(lead.stage)
    return ORDER[min(place + 1, len(ORDER) - 1)]


def stages_to_choose(lead: Lead) -> list[Stage]:
    return [stage for stage in (*ORDER, *OFF_RAMPS) if stage is not lead.stage]


def inputs_for(lead: Lead, held: Holdings, to: Stage) -> set[str]:
    """The inputs the move page shows: what is missing, and what the stage itself asks for."""
    if to.is_off_ramp:
        return {"reason", "note"} | ({"transferred_to"} if to is Stage.TRANSFERRED else set())
    if to.is_before(lead.stage):
        return {"note", "happened_on"}
    facts = facts_of(lead, held)
    asked = [missing.field for missing in why_not_advance(facts, to, on=clock.today())]
    asked += fields_of(to)
    found = {name for field in asked for name in INPUTS.get(field, (field,))}
    if to in (Stage.STARTED, Stage.OPERATING) and lead.path is None:
        found.add("path")
    if to not in FROM_SIGNING and to is not Stage.CONTACTED:
        found.add("happened_on")
    return (found | {"statistics_on", "note"}) & set(MoveForm()._fields)


def prefill(form: MoveForm, lead: Lead, held: Holdings) -> None:
    open_form(form, lead)
    for name in (
        "first_contact_on", "next_action", "next_action_on", "review_result", "expected_sign_on",
        "agreement_type", "path",
    ):  # fmt: skip
        form[name].data = getattr(lead, name)
    form.chain.data, form.segment.data = lead.chain_id, lead.segment_id
    form.signed_on.data = held.day_of(MilestoneKind.SIGNED)
    form.licensed_on.data = held.day_of(MilestoneKind.REGISTERED)
    form.happened_on.data = clock.today()


def link_elsewhere(form: MoveForm, lead_id: int) -> None:
    """Faults of fields that stand on other pages become links to them."""
    form.form_errors = [linked(fault, lead_id) for fault in form.form_errors]


def linked(fault: object, lead_id: int) -> object:
    if not isinstance(fault, Fault):
        return fault
    if fault.field == "stage":
        return fault.text
    if fault.field == "owner":
        href = url_for("leads.hand_over", lead_id=lead_id)
    else:
        href = url_for("leads.edit", lead_id=lead_id, _anchor=fault.field)
    return Markup('{} <a href="{}">{}</a>').format(str(fault.text), href, _("去补充"))


def move_in(form: MoveForm, to: Stage) -> moves.Move:
    """The form as the service takes it."""
    files: list[Upload] = []
    for name, kind in FILES.items():
        upload = upload_in(form, name, kind)
        if upload is not None:
            files.append(upload)
    return moves.Move(
        to=to,
        chain_id=form.chain.data,
        segment_id=form.segment.data,
        total_investment=stated(form, "total_investment"),
        agreement_amount=stated(form, "agreement_amount"),
        uploads=tuple(files),
        is_days_order_confirmed=bool(form.is_days_order_confirmed.data),
        **{
            name: form[name].data
            for name in (
                "happened_on", "statistics_on", "note", "reason", "transferred_to",
                "first_contact_on", "contact_person", "next_action", "next_action_on",
                "review_result", "expected_sign_on", "signed_on", "agreement_type",
                "local_entity", "uscc", "licensed_on", "path", "started_on", "start_document",
                "operating_on", "operating_document",
            )
        },
    )  # fmt: skip


def stated(form: MoveForm, name: str) -> Stated | None:
    field = form[name]
    return Stated(field.stated, field.amount) if field.amount and field.stated else None


@bp.route("/<int:lead_id>/milestone", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def milestone(lead_id: int) -> ResponseReturnValue:
    """One milestone, in whatever order things happened."""
    lead = access.lead_to_open(g.actor, lead_id)
    held = held_by(lead)
    form = MilestoneForm()
    kinds = list(MILESTONES_OF[lead.path] if lead.path else MilestoneKind)
    asked = form.kind.data if form.is_submitted() else request.args.get("kind")
    kind = MilestoneKind(asked) if asked in set(kinds) else None
    if kind is None:
        form.kind.data = ""
        return render_template(
            "leads/milestones.html", lead=lead, kinds=kinds, held=held.milestones
        ), form.status
    if form.validate_on_submit():
        new = milestones.NewMilestone(
            kind, form.happened_on.data, form.statistics_on.data, form.document.data
        )
        upload = upload_in(form, "file", paper_kind(kind))
        done = attempt(
            form, lead_id,
            lambda: milestones.record_milestone(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data, new,
                upload=upload, entity_name=form.local_entity.data, uscc=form.uscc.data,
                today=clock.today(), folder=attachments_dir(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已登记“%(kind)s”。", kind=word(kind)), "success")
            return to_lead(lead_id)
    elif not form.is_submitted():
        known = held.milestones.get(kind)
        values = open_form(form, lead)
        form.local_entity.data, form.uscc.data = values["local_entity"], values["uscc"]
        if known is not None:
            form.happened_on.data, form.statistics_on.data = known.happened_on, known.statistics_on
            form.document.data = known.document
    form.kind.data = kind.value
    return render_template(
        "leads/milestone.html", form=form, lead=access.lead_to_open(g.actor, lead_id), kind=kind,
        is_registration=kind is MilestoneKind.REGISTERED,
        carries_stage=any(kind in milestones_for(stage, lead.path) for stage in FROM_SIGNING),
    ), form.status  # fmt: skip


def paper_kind(kind: MilestoneKind) -> AttachmentKind:
    return {
        MilestoneKind.SIGNED: AttachmentKind.AGREEMENT,
        MilestoneKind.REGISTERED: AttachmentKind.LICENCE,
        MilestoneKind.FILED: AttachmentKind.FILING,
        MilestoneKind.LAND_SUPPLIED: AttachmentKind.LAND_PAPER,
        MilestoneKind.STARTED: AttachmentKind.PERMIT,
    }.get(kind, AttachmentKind.OTHER)
