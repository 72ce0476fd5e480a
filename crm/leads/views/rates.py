"""Exchange rates: read by everybody who reads leads, kept by bureau leaders."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.fields import DayField
from crm.core.forms import BaseForm, trimmed
from crm.core.guard import allow
from crm.core.lists import CursorError
from crm.leads import rates as service
from crm.leads.rules.rates import QuotedRate, read_rate
from crm.leads.services.figures import settle_investments
from crm.leads.views import bp
from crm.quotas.facts import leads_in_currency
from crm.quotas.services import rejudge


class RateForm(BaseForm):
    currency = SelectField(_l("币种"), validators=[InputRequired(_l("请选择币种"))])
    quoted_on = DayField(_l("日期"), validators=[InputRequired(_l("请填写日期"))])
    rate = StringField(
        _l("汇率"),
        filters=[trimmed],
        description=_l("1外币折合的人民币元，例如7.0951；公布的是100外币时请除以100"),
        validators=[InputRequired(_l("请填写汇率")), Length(max=20)],
    )
    replaces = BooleanField(_l("更正已有汇率"))

    def offer(self) -> "RateForm":
        self.currency.choices = [
            ("", _l("请选择")),
            *((code, f"{code} {words}") for code, words in service.CURRENCIES.items()),
        ]
        return self

    def validate_rate(self, field: StringField) -> None:
        if field.data and read_rate(field.data) is None:
            raise ValidationError(_l("汇率应大于0、最多6位小数，是1外币折合的人民币元"))


class RateFileForm(BaseForm):
    file = FileField(
        _l("CSV文件"),
        description=_l("标题行date,currency,cny_per_unit，每行一个，例如2026-11-20,USD,7.0951"),
    )
    replaces = BooleanField(_l("更正已有汇率"))

    def validate_file(self, field: FileField) -> None:
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_l("请选择文件"))


@bp.get("/rates")
@allow(*LEAD_READERS)
def rates() -> ResponseReturnValue:
    currency = request.args.get("currency") or None
    if currency is not None and currency not in service.CURRENCIES:
        abort(400)
    try:
        page = service.page_of(currency, request.args.get("cursor"))
    except CursorError:
        abort(400)
    return render_template(
        "leads/rates.html",
        page=page,
        currency=currency,
        currencies=service.CURRENCIES,
        plain=service.plain,
        may_edit=g.actor.role is Role.DIRECTOR,
    )


@bp.route("/rates/new", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def rate_new() -> ResponseReturnValue:
    form = RateForm().offer()
    if form.validate_on_submit():
        at = clock.now()
        rate = read_rate(form.rate.data or "")
        wanted = QuotedRate(form.currency.data, form.quoted_on.data, rate)
        try:
            with transaction():
                service.set_rate(
                    g.actor, at, wanted, replaces=form.replaces.data, today=clock.office_day(at)
                )
                judge_again([wanted.currency], at)
        except Refused as refused:
            form.show(refused.faults)
        else:
            flash(_("已登记汇率，相关外币项目已重新判定。"), "success")
            return redirect(url_for("leads.rates", currency=wanted.currency))
    page = render_template("leads/rate_form.html", form=form, heading=_("登记汇率"))
    return page, form.status


@bp.route("/rates/import", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def rates_import() -> ResponseReturnValue:
    form = RateFileForm()
    if form.validate_on_submit():
        at = clock.now()
        content = form.file.data.read(service.LONGEST_FILE + 1)
        try:
            with transaction():
                done = service.import_rates(
                    g.actor, at, content, replaces=form.replaces.data, today=clock.office_day(at)
                )
                judge_again(done.currencies, at)
        except Refused as refused:
            form.show(refused.faults)
        else:
            flash(
                _(
                    "已导入：新增%(added)s条，更正%(changed)s条，未变%(unchanged)s条。",
                    added=done.added, changed=done.changed, unchanged=done.unchanged,
                ),
                "success",
            )  # fmt: skip
            return redirect(url_for("leads.rates"))
    page = render_template("leads/rate_form.html", form=form, heading=_("导入汇率"))
    return page, form.status


def judge_again(currencies: Any, at: Any) -> None:
    """Amounts in these currencies are worth something else now."""
    ids = {lead_id for currency in currencies for lead_id in leads_in_currency(currency)}
    settle_investments(ids, clock.today())
    rejudge(sorted(ids), today=clock.today(), at=at)
