"""The administrator's page of the outbox: what did not go out, and why."""

from datetime import timedelta

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.calendar.rules import missing_years
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.enterprises.rules import mask_phone
from crm.outbox import queries, services
from crm.outbox.rules import Channel, DeliveryState, Problem, is_silent, may_send_again
from crm.outbox.views import bp
from crm.outbox.wording import ago, part_word, problem_word, word
from crm.reminders.queries.mails import people_unreached

LOOKED_BACK = timedelta(days=14)


@bp.get("/")
@allow(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    today, signs, at = clock.today(), queries.signs(), clock.now()
    sign = signs.get(queries.WORKER)
    return render_template(
        "outbox/deliveries.html",
        problems=queries.deliveries_since(today - LOOKED_BACK, (DeliveryState.FAILED,)),
        waiting=queries.deliveries_since(today - LOOKED_BACK, queries.UNSETTLED),
        unreached=people_unreached(today),
        last_sign_at=sign,
        at=at,
        signs=[
            (name, signs[name])
            for name in sorted(signs, key=lambda name: (name != queries.WORKER, name))
        ],
        leases=queries.leases(),
        queue=queries.queue_depth(at),
        failures=queries.failures_since(today - LOOKED_BACK, at),
        days=queries.days_back(today, LOOKED_BACK.days),
        channels=queries.channels_since(today - LOOKED_BACK),
        ago=ago,
        part_word=part_word,
        is_silent=is_silent(sign, at),
        missing_years=missing_years(work_calendar(), today),
        word=word,
        mask=mask_phone,
        problem_word=problem_word,
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


@bp.post("/again")
@allow(Role.ADMINISTRATOR)
def send_failed_again() -> ResponseReturnValue:
    """All that failed on one channel for one reason, as the page counts them."""
    problem, channel = request.form.get("problem", ""), request.form.get("channel", "")
    if problem not in list(Problem) or channel not in list(Channel):
        abort(400)
    with transaction():
        again = services.send_failed_again(
            g.actor, clock.now(), Problem(problem),
            channel=Channel(channel), since=clock.today() - LOOKED_BACK,
        )  # fmt: skip
    if again:
        said = ngettext(
            "已把%(num)s条放回发送队列，一分钟内发出。",
            "已把%(num)s条放回发送队列，一分钟内发出。",
            len(again),
        )
        flash(said, "good")
    else:
        flash(_("没有可以重发的消息，请刷新页面查看最新状态。"), "warn")
    return redirect(url_for("outbox.index"))
