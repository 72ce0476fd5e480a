"""分解任务: the year's quotas divided among units or leaders in one table; and the ranking switch."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.fields import SeenVersion, TextBlock, TextLine
from crm.core.forms import BaseForm, attempt
from crm.core.guard import allow
from crm.quotas import queries, services
from crm.quotas.division import Holder, division_of, holders, ranking_of, shares_of, switchings_of
from crm.quotas.models import Quota
from crm.quotas.rules import Among, Divided, Modality
from crm.quotas.services import Shares
from crm.quotas.services.dividing import share_field
from crm.quotas.telling import subject
from crm.quotas.views import bp
from crm.quotas.views.years import year_asked, year_tabs
from crm.quotas.wording import divided_text, target_text, typed_text, word


class DivisionForm(BaseForm):
    version = SeenVersion()
    document_number = TextLine(_l("文号"), longest=100, description=_l("例如区招商办〔2026〕3号"))
    note = TextBlock(_l("说明"), longest=500)


class RankingForm(BaseForm):
    version = SeenVersion()
    is_on = BooleanField(
        _l("开启排名"),
        description=_l("开启后，按单位和按包挂领导的分解表可按完成率排列，并标明已开启"),
    )


@bp.route("/<int:year>/division/<among>", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def division(year: int, among: str) -> ResponseReturnValue:
    quotas = [each for each in queries.year_quotas(year) if each.criteria is not None]
    if not quotas or among not in list(Among):
        abort(404)
    kind = Among(among)
    rows = holders(kind)
    shares = shares_of([each.id for each in quotas], kind)
    known = division_of(year, kind)
    form = _form(quotas, rows, shares, known)
    if form.validate_on_submit():
        wanted = Shares(
            {
                (quota.id, row.id): form[share_field(quota.id, row.id)].data
                for quota in quotas
                if quota.frozen_at is None
                for row in rows
            },
            form.document_number.data,
            form.note.data,
        )
        version = form.version.data
        is_changed = attempt(
            form,
            lambda: services.divide(g.actor, clock.now(), year, kind, version, wanted),
        )
        if is_changed is not None:
            flash(_("已保存任务分解。") if is_changed else _("没有改动。"), "success")
            return redirect(url_for("quotas.breakdown", year=year, by=kind.value))
    page = render_template(
        "quotas/division.html",
        form=form,
        year=year,
        among=kind,
        quotas=quotas,
        rows=rows,
        heads=[_head(each, _shown(form, each, rows)) for each in quotas],
        field_of=lambda quota, row: form[share_field(quota.id, row.id)],
        name_of=lambda row: subject(row.name, row.name_en),
        tabs=[
            {
                "label": word(each),
                "href": url_for("quotas.division", year=year, among=each.value),
                "active": each is kind,
            }
            for each in Among
        ],
    )
    return page, form.status


def _shown(form: Any, quota: Quota, rows: Sequence[Holder]) -> int:
    """The sum of what stands in the fields; what is no number counts nothing."""
    texts = (form[share_field(quota.id, row.id)].data or "" for row in rows)
    return sum(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19)


def _head(quota: Quota, shared: int) -> dict[str, Any]:
    divided = Divided(quota.target, shared)
    apart = divided.shared - divided.target
    return {
        "name": subject(quota.label, quota.label_en or quota.name_en),
        "target": target_text(Modality(quota.modality), quota.target, quota.unit),
        "divided": divided,
        "text": divided_text(divided, quota.unit),
        "sum": divided.shared,
        "apart": f"{apart:+d}".replace("-", "−") if apart else "0",
    }


def _form(
    quotas: Sequence[Quota],
    rows: Sequence[Holder],
    shares: Mapping[int, Mapping[int, int]],
    known: Any,
) -> Any:
    """The form with a field for each unit or leader and each quota."""
    fields, data = {}, {}
    for quota in quotas:
        label = subject(quota.label, quota.label_en or quota.name_en)
        for row in rows:
            name = share_field(quota.id, row.id)
            disabled = {"disabled": True} if quota.frozen_at else {}
            fields[name] = TextLine(
                f"{subject(row.name, row.name_en)} · {label}", longest=40, render_kw=disabled
            )
            share = shares.get(quota.id, {}).get(row.id)
            data[name] = None if share is None else typed_text(share, quota.unit)
    if known is not None:
        data |= {
            "version": known.version,
            "document_number": known.document_number,
            "note": known.note,
        }
    return type("DivisionForm", (DivisionForm,), fields)(data=data)


@bp.route("/ranking", methods=["GET", "POST"])
@allow(Role.DIRECTOR, Role.ADMINISTRATOR)
def ranking() -> ResponseReturnValue:
    years = queries.quota_years()
    year = year_asked(years)
    known = ranking_of(year)
    form = RankingForm(data={"version": known.version, "is_on": known.is_on})
    if form.validate_on_submit():
        version, is_on = form.version.data, form.is_on.data

        def switch() -> bool:
            services.switch_ranking(g.actor, clock.now(), year, version, is_on=is_on)
            return True

        if attempt(form, switch):
            flash(_("已开启排名。") if is_on else _("已关闭排名。"), "success")
            return redirect(url_for("quotas.ranking", year=year))
    page = render_template(
        "quotas/ranking.html",
        form=form,
        year=year,
        tabs=year_tabs("quotas.ranking", years, year),
        ranking=known,
        switchings=switchings_of(known),
    )
    return page, form.status
