"""Two projects that look like one, side by side, and the certifier's word."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.fields import as_choices
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.leads.access import lead_for
from crm.leads.queries.page import lead_in_words
from crm.quotas import services as quotas
from crm.recognition import services
from crm.recognition.forms import RulingForm
from crm.recognition.queries import hands_of, suspicions
from crm.recognition.rules import Ruling
from crm.recognition.views import bp
from crm.recognition.views.asking import year_asked


@bp.get("/suspects/<int:first_id>/<int:second_id>")
@allow(*LEAD_READERS)
def suspects(first_id: int, second_id: int) -> ResponseReturnValue:
    return _page(first_id, second_id, RulingForm(formdata=None))


@bp.post("/suspects/<int:first_id>/<int:second_id>")
@allow(Role.DIRECTOR)
def settle(first_id: int, second_id: int) -> ResponseReturnValue:
    _in_order(first_id, second_id)
    form = RulingForm()
    if form.validate():
        phase, whole = (
            (first_id, second_id) if form.ruling.data == "first" else (second_id, first_id)
        )
        is_distinct = form.ruling.data == Ruling.DISTINCT.value
        ruling = Ruling.DISTINCT if is_distinct else Ruling.LINKED

        def verb() -> Any:
            done = services.rule_on(g.actor, clock.now(), phase, whole, ruling, form.reason.data)
            quotas.rejudge([first_id, second_id], today=clock.today(), at=clock.now())
            return done

        if attempt(form, verb) is not None:
            flash(_("已记录。"), "good")
            return redirect(url_for("recognition.index"))
    return _page(first_id, second_id, form), 422


def _in_order(first_id: int, second_id: int) -> None:
    if first_id >= second_id:
        raise NotFound


def _page(first_id: int, second_id: int, form: RulingForm) -> str:
    _in_order(first_id, second_id)
    leads = [lead_for(g.actor, each) for each in (first_id, second_id)]
    year, _years = year_asked()
    found = next(
        (each for each in suspicions(year) if (each.pair.first, each.pair.second) == (first_id, second_id)),
        None,
    )  # fmt: skip
    if found is None:
        abort(404)
    hands = hands_of(g.actor, [first_id, second_id])
    is_barred = any(hand.is_own or hand.is_sponsor for hand in hands.values())
    first, second = leads
    form.ruling.choices = as_choices(
        [
            (Ruling.DISTINCT.value, _("两个独立项目，分别计数")),
            ("second", _("“%(phase)s”是“%(whole)s”的分期", phase=second.title, whole=first.title)),
            ("first", _("“%(phase)s”是“%(whole)s”的分期", phase=first.title, whole=second.title)),
        ]
    )
    return render_template(
        "recognition/suspects.html",
        found=found,
        leads=[lead_in_words(g.actor, each.id) for each in leads],
        form=form,
        year=year,
        may_settle=g.actor.role is Role.DIRECTOR and not is_barred,
        is_barred=is_barred,
    )
