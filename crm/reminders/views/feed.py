"""The calendar feed: its secret address on 我的提醒, and what calendars fetch there without signing in."""

from datetime import timedelta

from flask import current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.guard import PUBLIC, allow
from crm.core.limits import Limit
from crm.reminders.forms import VersionForm
from crm.reminders.queries.feed import days_of, reader_of
from crm.reminders.services import feed as services
from crm.reminders.views import bp, feeds

WRONG = Limit(60, timedelta(minutes=10))
"""Unknown addresses asked for from one place; a whole office may share it."""
FETCHED = Limit(120, timedelta(minutes=10))
"""How often one feed is fetched, by all the calendars of its person."""


@bp.post("/mine/feed")
@allow(*LEAD_WRITERS)
def make_feed() -> ResponseReturnValue:
    """Make the address, or a new one; the page that follows is the only one to show it."""
    version = _version()
    with transaction():
        token = services.make_feed(g.actor, version, clock.now())
    base = current_app.extensions["settings"].base_url
    address = base + url_for("feeds.calendar", token=token)
    return render_template("reminders/feed.html", address=address)


@bp.post("/mine/feed/revoke")
@allow(*LEAD_WRITERS)
def revoke_feed() -> ResponseReturnValue:
    version = _version()
    with transaction():
        services.revoke_feed(g.actor, version, clock.now())
    flash(_("已停用日历订阅，原地址立即失效。"), "good")
    return redirect(url_for("reminders.mine", _anchor="feed"))


def _version() -> int | None:
    form = VersionForm()
    return form.version.data if form.validate() else None


@feeds.get("/<token>.ics")
@allow(PUBLIC)
def calendar(token: str) -> ResponseReturnValue:
    """The feed of whoever has this address now; 404 for an unknown and a revoked one alike."""
    at, reader = clock.now(), reader_of(token)
    if reader is None:
        WRONG.count(request.remote_addr, at)
        raise NotFound
    FETCHED.count(reader.id, at)
    from crm.reminders.ics import MIMETYPE, written  # icalendar takes 4 MB

    content = written(days_of(reader), reader.locale, current_app.extensions["settings"])
    answer = make_response(content)
    answer.mimetype = MIMETYPE
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = "inline; filename=lianzhao.ics"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)
