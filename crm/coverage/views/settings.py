"""链图设置: the thresholds of a segment's status and the weights of targets."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.coverage.forms import settings_form
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import TERMS, Part
from crm.coverage.services.settings import change_settings
from crm.coverage.views import bp
from crm.coverage.wording import unit_word, word


@bp.route("/settings", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def settings() -> ResponseReturnValue:
    held, version = settings_held()
    form = settings_form(held, version)
    if form.validate_on_submit():
        done = attempt(
            form, lambda: change_settings(g.actor, clock.now(), form.version.data, form.wanted())
        )
        if done is not None:
            flash(_("已保存，各环节按新的设置判定。"), "success")
            return redirect(url_for("chains.index"))
    parts = [
        (
            word(part),
            [(form.number(n), unit_word(n)) for n, terms in TERMS.items() if terms.part is part],
        )
        for part in Part
    ]
    page = render_template(
        "coverage/settings.html", form=form, parts=[each for each in parts if each[1]]
    )
    return page, form.status
