"""集中签约: the days on which several leads are to sign together."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.fields import as_choices
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.outlook import queries, services
from crm.outlook.forms import CeremonyForm
from crm.outlook.queries import PlannedCeremony
from crm.outlook.views import bp


@bp.get("/ceremonies")
@allow(*LEAD_READERS)
def ceremonies() -> ResponseReturnValue:
    return render_template(
        "outlook/ceremonies.html",
        ceremonies=list(reversed(queries.ceremonies(g.actor))),
        may_plan=g.actor.role is Role.DIRECTOR,
    )


@bp.route("/ceremonies/new", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def plan_ceremony() -> ResponseReturnValue:
    form = CeremonyForm()
    del form.is_cancelled
    offer_leads(form, None)
    if form.validate_on_submit():
        wanted = wanted_in(form)
        done = attempt(
            form,
            lambda: services.plan_ceremony(g.actor, clock.now(), wanted, today=clock.today()),
        )
        if done is not None:
            flash(_("已安排集中签约。"), "success")
            return redirect(url_for("outlook.ceremonies"))
    return page_of(form, _("安排集中签约"))


@bp.route("/ceremonies/<int:ceremony_id>", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def change_ceremony(ceremony_id: int) -> ResponseReturnValue:
    found = next((each for each in queries.ceremonies(g.actor) if each.id == ceremony_id), None)
    if found is None:
        abort(404)
    form = CeremonyForm()
    offer_leads(form, found)
    if form.validate_on_submit():
        wanted = wanted_in(form)
        done = attempt(
            form,
            lambda: services.change_ceremony(
                g.actor, clock.now(), ceremony_id, form.version.data or 0, wanted,
                today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已更新集中签约。"), "success")
            return redirect(url_for("outlook.ceremonies"))
    elif not form.is_submitted():
        for name in ("version", "title", "held_on", "slip_percent", "slip_days", "is_cancelled"):
            form[name].data = getattr(found, name)
        form.leads.data = [each.lead_id for each in found.leads]
    return page_of(form, _("修改集中签约"))


def offer_leads(form: CeremonyForm, ceremony: PlannedCeremony | None) -> None:
    """The leads in talks, and those that stand on the ceremony already."""
    offered = dict(queries.signable(g.actor))
    for each in ceremony.leads if ceremony else ():
        offered.setdefault(each.lead_id, each.title if each.is_seen else _("敏感项目"))
    form.leads.choices = as_choices(offered.items())


def wanted_in(form: CeremonyForm) -> services.NewCeremony:
    is_cancelled = bool(form.is_cancelled.data) if "is_cancelled" in form else False
    return services.NewCeremony(
        form.title.data, form.held_on.data, form.slip_percent.data, form.slip_days.data,
        form.leads.data or (), is_cancelled,
    )  # fmt: skip


def page_of(form: CeremonyForm, heading: str) -> Any:
    return render_template(
        "outlook/ceremony.html", form=form, heading=heading, about=None,
        back=url_for("outlook.ceremonies"), back_label=_("集中签约"),
    ), form.status  # fmt: skip
