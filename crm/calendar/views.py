"""The administrator's page of the working calendar."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.calendar import queries, services
from crm.calendar.forms import DayForm, YearForm, lines_of
from crm.calendar.rules import DayKind, missing_years
from crm.calendar.wording import word
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import UnreadableFile
from crm.core.sheets.wording import WORDS as SHEET_WORDS

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.get("/")
@allow(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    return _calendar_page(DayForm(), YearForm())


@bp.post("/")
@allow(Role.ADMINISTRATOR)
def set_day() -> ResponseReturnValue:
    form = DayForm()
    if not form.validate():
        return _calendar_page(form, YearForm()), 422
    day = form.day.data
    try:
        with transaction():
            services.set_day(g.actor, day, DayKind(form.kind.data), form.name.data, clock.now())
    except Refused as refused:
        form.show(refused.faults)
        return _calendar_page(form, YearForm()), 422
    flash(_("已保存%(day)s。", day=day.isoformat()), "good")
    return redirect(url_for("calendar.index", year=day.year))


@bp.post("/<int:day_id>/remove")
@allow(Role.ADMINISTRATOR)
def remove_day(day_id: int) -> ResponseReturnValue:
    with transaction():
        day = services.remove_day(g.actor, day_id, clock.now())
    flash(_("已删除%(day)s，这一天恢复为按周一至周五计算。", day=day.isoformat()), "good")
    return redirect(url_for("calendar.index", year=day.year))


@bp.post("/import")
@allow(Role.ADMINISTRATOR)
def import_year() -> ResponseReturnValue:
    form = YearForm()
    if not form.validate():
        return _calendar_page(DayForm(formdata=None), form), 422
    upload = form.file.data
    try:
        lines = lines_of(upload.read(), upload.filename or "")
        with transaction():
            year, days = services.import_year(g.actor, lines, upload.filename or "", clock.now())
    except UnreadableFile as fault:
        form.file.errors = [SHEET_WORDS[type(fault.fault)][fault.fault]]
    except Refused as refused:
        form.show(refused.faults)
    else:
        flash(_("已导入%(year)s年：%(days)s天与周一至周五不同。", year=year, days=days), "good")
        return redirect(url_for("calendar.index", year=year))
    return _calendar_page(DayForm(formdata=None), form), 422


def _calendar_page(day_form: DayForm, year_form: YearForm) -> str:
    today = clock.today()
    asked = request.args.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    year = min(max(year, 2000), 2100)
    working = queries.work_calendar()
    return render_template(
        "calendar/index.html",
        year=year,
        years=sorted({today.year - 1, today.year, today.year + 1, year}),
        is_complete=working.covers(year),
        days=queries.calendar_days(year),
        day_form=day_form,
        year_form=year_form,
        missing_years=missing_years(working, today),
        word=word,
    )
