"""The administrator's page of the outbox: what did not go out, and why."""

from datetime import timedelta

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.calendar.rules import missing_years
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.outbox import queries, services
from crm.outbox.rules import DeliveryState, is_silent, may_send_again
from crm.outbox.views import bp
from crm.outbox.wording import word
from crm.reminders.queries.mails import people_without_mail

LOOKED_BACK = timedelta(days=14)


@bp.get("/")
@allow(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    today, sign, at = clock.today(), queries.last_sign_at(), clock.now()
    return render_template(
        "outbox/deliveries.html",
        problems=queries.deliveries_since(today - LOOKED_BACK, (DeliveryState.FAILED,)),
        waiting=queries.deliveries_since(today - LOOKED_BACK, queries.UNSETTLED),
        sent=queries.deliveries_since(today, (DeliveryState.SENT,)),
        without_mail=people_without_mail(today),
        last_sign_at=sign,
        is_silent=is_silent(sign, at),
        missing_years=missing_years(work_calendar(), today),
        word=word,
        may_send_again=lambda row: may_send_again(queries.standing(row), at),
    )


@bp.post("/<int:delivery_id>/again")
@allow(Role.ADMINISTRATOR)
def send_again(delivery_id: int) -> ResponseReturnValue:
    try:
        with transaction():
            services.send_again(g.actor, delivery_id, clock.now())
    except Refused as refused:
        flash(refused.faults[0].text, "warn")
    else:
        flash(_("已放回发送队列，一分钟内发出。"), "good")
    return redirect(url_for("outbox.index"))
