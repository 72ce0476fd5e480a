"""The administrator's pages: mails that did not go out, and the days off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Actor, Role
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import UnreadableFile
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.reminders import queries, services
from crm.reminders.forms import DayForm, YearForm, lines_of
from crm.reminders.rules import (
    DayKind,
    DeliveryState,
    is_silent,
    may_mark_sent,
    may_send_again,
    missing_years,
)
from crm.reminders.views import bp
from crm.reminders.wording import word

LOOKED_BACK = timedelta(days=14)
NEEDS_A_PERSON = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)
ON_THEIR_WAY = queries.UNSETTLED


@bp.get("/deliveries")
@allow(Role.ADMINISTRATOR)
def deliveries() -> ResponseReturnValue:
    today, sign = clock.today(), queries.last_sign_at()
    return render_template(
        "reminders/deliveries.html",
        today=today,
        problems=queries.deliveries_since(today - LOOKED_BACK, NEEDS_A_PERSON),
        waiting=queries.deliveries_since(today - LOOKED_BACK, ON_THEIR_WAY),
        sent=queries.deliveries_since(today, (DeliveryState.SENT,)),
        without_mail=queries.people_without_mail(today),
        last_sign_at=sign,
        is_silent=is_silent(sign, clock.now()),
        missing_years=missing_years(queries.work_calendar(), today),
        word=word,
        may_send_again=may_send_again,
        may_mark_sent=may_mark_sent,
    )


@bp.post("/deliveries/<int:delivery_id>/again")
@allow(Role.ADMINISTRATOR)
def send_again(delivery_id: int) -> ResponseReturnValue:
    return _settle(services.send_again, delivery_id, _("已放回发送队列，一分钟内发出。"))


@bp.post("/deliveries/<int:delivery_id>/sent")
@allow(Role.ADMINISTRATOR)
def mark_sent(delivery_id: int) -> ResponseReturnValue:
    return _settle(services.mark_sent, delivery_id, _("已记为送达。"))


def _settle(
    verb: Callable[[Actor, int, datetime], Any], delivery_id: int, done: str
) -> ResponseReturnValue:
    try:
        with transaction():
            verb(g.actor, delivery_id, clock.now())
    except Refused as refused:
        flash(refused.faults[0].text, "warn")
    else:
        flash(done, "good")
    return redirect(url_for("reminders.deliveries"))


@bp.get("/calendar")
@allow(Role.ADMINISTRATOR)
def calendar() -> ResponseReturnValue:
    return _calendar_page(DayForm(), YearForm())


@bp.post("/calendar")
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
    return redirect(url_for("reminders.calendar", year=day.year))


@bp.post("/calendar/<int:day_id>/remove")
@allow(Role.ADMINISTRATOR)
def remove_day(day_id: int) -> ResponseReturnValue:
    with transaction():
        day = services.remove_day(g.actor, day_id, clock.now())
    flash(_("已删除%(day)s，这一天恢复为按周一至周五计算。", day=day.isoformat()), "good")
    return redirect(url_for("reminders.calendar", year=day.year))


@bp.post("/calendar/import")
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
        return redirect(url_for("reminders.calendar", year=year))
    return _calendar_page(DayForm(formdata=None), form), 422


def _calendar_page(day_form: DayForm, year_form: YearForm) -> str:
    today = clock.today()
    asked = request.args.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    year = min(max(year, 2000), 2100)
    working = queries.work_calendar()
    return render_template(
        "reminders/calendar.html",
        year=year,
        years=sorted({today.year - 1, today.year, today.year + 1, year}),
        is_complete=working.covers(year),
        days=queries.calendar_days(year),
        day_form=day_form,
        year_form=year_form,
        missing_years=missing_years(working, today),
        word=word,
    )
