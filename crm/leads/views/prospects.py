"""When a lead in talks is expected to sign, how often that was put off, how sure its owner is."""

from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.guard import allow
from crm.leads import access, queries
from crm.leads.forms import ProspectsForm
from crm.leads.rules import FRESH_DAYS, IN_TALKS, Stage, is_stale
from crm.leads.services import restating
from crm.leads.views import bp
from crm.leads.views.saving import attempt, open_form, to_lead
from crm.leads.wording import word

UNTIL_LANDING = (Stage.LEAD, *IN_TALKS, Stage.SIGNED)


def prospects(lead: Any) -> dict[str, Any] | None:
    """What the page of a lead says of its signing to come; None where nothing was ever stated."""
    stated = lead.expected_sign_on or lead.confidence or lead.expected_landing_on
    if lead.stage not in IN_TALKS and not stated:
        return None
    today = clock.today()
    is_open = lead.stage in IN_TALKS
    return {
        "day": lead.expected_sign_on,
        "is_overdue": bool(is_open and lead.expected_sign_on and lead.expected_sign_on < today),
        "landing_day": lead.expected_landing_on,
        "is_landing_overdue": bool(
            lead.stage in UNTIL_LANDING
            and lead.expected_landing_on
            and lead.expected_landing_on < today
        ),
        "slips": lead.signing_slips,
        "slip_days": lead.signing_slip_days,
        "changes": queries.signing_days_of(lead.id) if lead.signing_slips else (),
        "confidence": word(lead.confidence) if lead.confidence else None,
        "confidence_on": lead.confidence_on,
        "is_stale": bool(is_open and lead.confidence and is_stale(lead.confidence_on, today)),
        "fresh_days": FRESH_DAYS,
        "may_restate": is_open and lead.can_edit,
    }


@bp.route("/<int:lead_id>/prospects", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def restate(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = ProspectsForm()
    if form.validate_on_submit():
        done = attempt(
            form, lead_id,
            lambda: restating.restate(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data,
                form.expected_sign_on.data, form.confidence.data, today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已更新签约预期。"), "success")
            return to_lead(lead_id, "prospects")
    elif not form.is_submitted():
        open_form(form, lead)
        form.expected_sign_on.data = lead.expected_sign_on
        form.confidence.data = lead.confidence
    return render_template(
        "leads/restate.html", form=form, lead=access.lead_to_open(g.actor, lead_id)
    ), form.status
