"""节点与责任单位: by when how much is due, and who answers for it. For bureau leaders."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from crm.accounts.queries import departments
from crm.accounts.rules import Role
from crm.core import clock
from crm.core.fields import Choice, SeenVersion, TextLine, code_choice
from crm.core.forms import BaseForm, attempt
from crm.core.guard import allow
from crm.quotas import queries, services
from crm.quotas.indicators import due_of
from crm.quotas.models import Quota
from crm.quotas.reported import owners_of
from crm.quotas.rules import (
    Curve,
    FigureError,
    Node,
    cutoff,
    months_of,
    read_figure,
)
from crm.quotas.services import Pacing
from crm.quotas.services.pacing import node_field
from crm.quotas.telling import subject
from crm.quotas.views import bp
from crm.quotas.wording import figure_text, month_text, typed_text, word


class PacingForm(BaseForm):
    version = SeenVersion()
    owner_department_id = Choice(
        _l("责任单位"), description=_l("该单位负责人可以报数"), empty=_l("未定")
    )
    monthly_cutoff_day = IntegerField(
        _l("每月截止日"),
        description=_l("当月的数最迟在这一天报，1到28"),
        validators=[
            InputRequired(_l("请填写1到28的数")),
            NumberRange(1, 28, _l("截止日应在1日到28日之间")),
        ],
    )
    curve = code_choice(_l("应达曲线"), Curve, word, description=_l("节点之间怎样推算应达"))


@bp.route("/<int:year>/<code>/pacing", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def pacing(year: int, code: str) -> ResponseReturnValue:
    quota = next((each for each in queries.year_quotas(year) if each.code == code), None)
    if quota is None:
        abort(404)
    owner = owners_of([quota.id]).get(quota.id)
    form = _form(quota, owner.department_id if owner else None)
    if form.validate_on_submit():
        wanted = _wanted(form, quota)
        if wanted is not None:
            quota_id, version = quota.id, form.version.data
            done = attempt(
                form,
                lambda: services.change_pacing(g.actor, quota_id, version, wanted, at=clock.now()),
            )
            if done is not None:
                flash(_("已保存，应达随之更新。"), "success")
                return redirect(url_for("quotas.detail", year=year, code=code))
    page = render_template(
        "quotas/pacing_form.html",
        form=form,
        quota=quota,
        year=year,
        name=subject(quota.label, quota.label_en or quota.name_en),
        target=figure_text(quota.target, quota.unit),
        rows=[
            (month, cutoff_of(quota, month), form[node_field(month)], due_text(quota, month))
            for month in months_of(quota.opens, quota.closes)
        ],
    )
    return page, form.status


def cutoff_of(quota: Quota, month: date) -> date:
    return cutoff(month, quota.monthly_cutoff_day, quota.closes)


def due_text(quota: Quota, month: date) -> str:
    return figure_text(due_of(quota, cutoff_of(quota, month)), quota.unit)


def _form(quota: Quota, owner_id: int | None) -> Any:
    """The form with a field for each month of the quota's period."""
    fields = {
        node_field(month): TextLine(month_text(month), longest=40)
        for month in months_of(quota.opens, quota.closes)
    }
    nodes = {node_field(node.due_on): typed_text(node.count, quota.unit) for node in quota.nodes}
    form = type("PacingForm", (PacingForm,), fields)(
        data={
            "version": quota.version,
            "owner_department_id": owner_id,
            "monthly_cutoff_day": quota.monthly_cutoff_day,
            "curve": quota.curve,
            **nodes,
        }
    )
    form.owner_department_id.offer((row.id, row.name) for row in departments())
    return form


def _wanted(form: Any, quota: Quota) -> Pacing | None:
    """What was typed; None with the faults beside the fields."""
    nodes = []
    for month in months_of(quota.opens, quota.closes):
        field = form[node_field(month)]
        if not field.data:
            continue
        try:
            count = read_figure(field.data, quota.unit)
        except FigureError as error:
            field.errors = [*field.errors, word(error.code)]
            continue
        if count != count.to_integral_value():
            field.errors = [*field.errors, _("应为整数")]
        on = cutoff(month, form.monthly_cutoff_day.data, quota.closes)
        nodes.append(Node(on, int(Decimal(count))))
    if any(form[node_field(month)].errors for month in months_of(quota.opens, quota.closes)):
        return None
    return Pacing(
        owner_department_id=form.owner_department_id.data,
        monthly_cutoff_day=form.monthly_cutoff_day.data,
        curve=form.curve.data or Curve.STRAIGHT,
        nodes=nodes,
    )
