"""The lists behind the sums of the board: a project stands in them once for each quota."""

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.quotas.telling import subject
from crm.recognition.queries.counted import counted_in
from crm.recognition.rules import Counting
from crm.recognition.views import bp
from crm.recognition.views.asking import year_asked
from crm.recognition.wording import COUNTING

PAGE = 100
LONGEST_NUMBER = 9


@bp.get("/counted")
@allow(*LEAD_READERS)
def counted() -> ResponseReturnValue:
    year, _years = year_asked()
    counting, start = _counting(), _start()
    page = counted_in(g.actor, year, counting, clock.today(), start=start, limit=PAGE)
    following = start + PAGE
    return render_template(
        "recognition/counted.html",
        year=year,
        counting=counting,
        name=COUNTING[counting],
        kinds=[
            {
                "label": COUNTING[each],
                "href": url_for("recognition.counted", year=year, by=each.value),
                "active": each is counting,
            }
            for each in Counting
        ],
        page=page,
        subject=subject,
        is_event=counting in {Counting.REPEAT, Counting.ONCE},
        first_url=url_for("recognition.counted", year=year, by=counting.value) if start else None,
        next_url=url_for("recognition.counted", year=year, by=counting.value, start=following)
        if following < page.total
        else None,
    )


def _counting() -> Counting:
    text = request.args.get("by", Counting.REPEAT.value)
    if text not in list(Counting):
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name="by", value=text[:60]))
    return Counting(text)


def _start() -> int:
    text = request.args.get("start", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_NUMBER:
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name="start", value=text[:60]))
    return int(text)
