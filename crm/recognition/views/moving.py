"""改计: a recognised project goes to another quota of the exclusive group by one decision."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.leads.access import lead_to_open
from crm.quotas.models import Quota
from crm.quotas.queries import verdicts_of
from crm.quotas.telling import told
from crm.recognition import services
from crm.recognition.forms import MoveForm
from crm.recognition.queries import terms_of_year
from crm.recognition.queries.pages import open_batches
from crm.recognition.rules import Level
from crm.recognition.views import bp
from crm.recognition.views.cases import batch_choices
from crm.recognition.views.index import quota_name
from crm.recognition.wording import word


@bp.route("/<int:lead_id>/<int:quota_id>/move/<level>", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def move(lead_id: int, quota_id: int, level: str) -> ResponseReturnValue:
    """One page, one reason, one document number; two rows in one transaction."""
    if level not in {Level.DISTRICT, Level.CITY}:
        raise NotFound
    at, lead, quota = Level(level), lead_to_open(g.actor, lead_id), db.session.get(Quota, quota_id)
    if quota is None or quota.criteria is None or quota.exclusive_group is None:
        raise NotFound
    terms = {
        term.id: term
        for term in terms_of_year(quota.year).values()
        if term.exclusive_group == quota.exclusive_group
    }
    others = [term for term in terms.values() if term.id != quota_id]
    if quota_id not in terms or not others:
        raise NotFound
    form = MoveForm()
    form.to.offer((term.id, quota_name(term)) for term in others)
    batches = open_batches(quota.year, at)
    form.batch.offer(batch_choices(batches))
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.move(
                g.actor,
                clock.now(),
                lead_id,
                quota_id,
                form.to.data,
                at,
                today=clock.today(),
                batch_id=form.batch.data,
                reason=form.reason.data,
            ),
        )
        if done is not None:
            name = quota_name(terms[form.to.data])
            flash(_("%(level)s已改计到%(name)s。", level=word(at), name=name), "good")
            return redirect(url_for("recognition.case", lead_id=lead_id, quota_id=form.to.data))
    elif not form.is_submitted() and len(others) == 1:
        form.to.data = others[0].id
    verdicts = {row.quota_id: row for row in verdicts_of(lead_id, quota.year)}
    return render_template(
        "recognition/move.html",
        form=form,
        lead=lead,
        quota=quota,
        level=at,
        name=quota_name(terms[quota_id]),
        has_batches=bool(batches),
        verdicts=[
            (quota_name(term), told(verdicts[term.id]) if term.id in verdicts else None)
            for term in (terms[quota_id], *others)
        ],
    ), form.status
