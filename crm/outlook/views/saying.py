"""一句话口径: the line to read out, and remembering that it was told."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.outlook import queries, services
from crm.outlook.forms import TellForm
from crm.outlook.queries import Achieved, YearBooks
from crm.outlook.rules.saying import Differs, differing
from crm.outlook.telling import quota_lines, told_differences
from crm.outlook.views import bp
from crm.outlook.wording import line_text
from crm.quotas.queries import YearNumbers, year_numbers
from crm.quotas.telling import subject


def said_today(
    numbers: YearNumbers,
    books: YearBooks,
    achieved: Mapping[str, Achieved],
    names: Mapping[str, str],
) -> dict[str, Any]:
    """The line of today, what was told before, and what differs from the last telling."""
    before = queries.tellings(numbers.year)
    found: tuple[Differs, ...] = ()
    if before:
        said = queries.sayable(g.actor, numbers, books, achieved)
        found = differing(before[0].numbers, said)
    leads = queries.names_of(g.actor, {each for one in found for each in (*one.came, *one.went)})
    return {
        "line": line_text(quota_lines(numbers, books, achieved), names, numbers.on),
        "tellings": [each.row for each in before],
        "differs": told_differences(found, names, leads),
        "may_tell": g.actor.role is Role.DIRECTOR,
    }


@bp.route("/<int:year>/told", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def tell(year: int) -> ResponseReturnValue:
    """Note to whom today's line was told."""
    today = clock.today()
    numbers = year_numbers(g.actor, year, today)
    if not numbers.quotas:
        abort(404)
    names = {each.code: subject(each.label, each.label_en) for each in numbers.quotas}
    books = queries.books_of(g.actor, year, today)
    achieved = queries.achieved_of(g.actor, numbers)
    saying = said_today(numbers, books, achieved, names)
    form = TellForm()
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.tell(
                g.actor, clock.now(), year, today, saying["line"],
                queries.sayable(g.actor, numbers, books, achieved),
                shown=form.shown.data or "", told_to=form.told_to.data,
                occasion=form.occasion.data,
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已记下。下次数字不同时，会提示是哪些项目。"), "success")
            return redirect(url_for("outlook.index", year=year))
    form.shown.data = saying["line"]
    return render_template(
        "outlook/tell.html",
        form=form,
        saying=saying,
        heading=_("记下告知了谁"),
        about=None,
        back=url_for("outlook.index", year=year),
    ), form.status
