"""渠道: the administrator's page of group robots and gateways."""

from datetime import timedelta

from flask import current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.limits import Limit
from crm.core.mail import Letter, NotDelivered, message_id
from crm.outbox import channels as services
from crm.outbox.forms import endpoint_form
from crm.outbox.queries import reach_of
from crm.outbox.robots import Endpoint, RobotTransport
from crm.outbox.rules import PERSONAL
from crm.outbox.views import robots
from crm.outbox.wording import ENDPOINT_KIND

TRIED = Limit(10, timedelta(minutes=10))
"""Test messages to one endpoint; robots take twenty messages a minute."""
PATIENCE = 5.0
"""Seconds a person waits for the answer to a test message."""


@robots.get("/")
@allow(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    return render_template(
        "outbox/channels.html",
        rows=services.endpoints(),
        host_of=services.host_of,
        kind_words=ENDPOINT_KIND,
        personal=PERSONAL,
    )


@robots.route("/new", methods=["GET", "POST"], defaults={"endpoint_id": None})
@robots.route("/<int:endpoint_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def endpoint(endpoint_id: int | None) -> ResponseReturnValue:
    row = services.endpoint_of(endpoint_id) if endpoint_id else None
    form = endpoint_form(row)
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: services.save_endpoint(
                g.actor, endpoint_id, form.entry(), form.version.data, clock.now()
            ),
        )
        if saved is not None:
            flash(_("已保存渠道“%(name)s”。", name=saved.name), "good")
            return redirect(url_for("channels.index"))
    page = render_template(
        "outbox/channel.html", form=form, row=row, host=services.host_of(row.url) if row else ""
    )
    return page, form.status


@robots.post("/<int:endpoint_id>/test")
@allow(Role.ADMINISTRATOR)
def try_out(endpoint_id: int) -> ResponseReturnValue:
    """Send a test message now and say what the other side answered."""
    at = clock.now()
    TRIED.count(endpoint_id, at)
    row = services.endpoint_of(endpoint_id)
    if not row.is_on:
        raise NotFound
    address: str | None = row.name
    if row.channel in PERSONAL:
        address = reach_of([g.actor.id])[g.actor.id].address(row.channel)
    if address is None:
        flash(_("测试消息发给您本人，请先在您的账号里填上手机号或政务通讯账号。"), "warn")
        return redirect(url_for("channels.index"))
    settings = current_app.extensions["settings"]
    letter = Letter(
        message_id=message_id(
            "test", endpoint_id, int(at.timestamp()), sender=settings.mail_sender
        ),
        sender=settings.mail_sender,
        sender_name=settings.office_name,
        address=address,
        name=row.name,
        subject=_("链招：测试消息"),
        text=_("链招：测试消息。收到这条消息，说明渠道已经接通。"),
        html="",
        locale=g.actor.locale,
        at=at,
    )  # fmt: skip
    way = RobotTransport(Endpoint(row.channel, row.url, row.secret), timeout=PATIENCE)
    try:
        way.deliver(letter, lambda: None)
    except NotDelivered as failure:
        flash(_("测试消息没有发出：%(said)s", said=failure.detail[:200]), "warn")
    else:
        is_own = row.channel in PERSONAL
        said = (
            _("测试消息已发给您本人，请查收。") if is_own else _("测试消息已发出，请到群里查看。")
        )
        flash(said, "good")
    with transaction():
        services.note_trial(g.actor, row, at)
    return redirect(url_for("channels.index"))
