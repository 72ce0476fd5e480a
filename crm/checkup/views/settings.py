"""水分体检设置: which questions are asked, under which limits, and how many each kind would ask."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.checkup.forms import SettingsForm, settings_form
from crm.checkup.queries.examined import Checkup, checkup_of, counts_of
from crm.checkup.rules import LIMITS_OF, CheckupSettings, FindingCode
from crm.checkup.services.settings import change_settings, check
from crm.checkup.views import bp
from crm.checkup.wording import unit_word
from crm.core import clock
from crm.core.errors import Refused
from crm.core.forms import attempt
from crm.core.guard import allow


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question: its fields, how many it asks now, and how many under what was typed."""

    code: FindingCode
    asks: Any
    limits: tuple[tuple[Any, Any], ...]  # the field, its unit
    now: int
    tried: int | None

    @property
    def apart(self) -> str:
        """By how many the typed limits differ: +3, −1, nothing where they do not."""
        difference = 0 if self.tried is None else self.tried - self.now
        return f"{'+' if difference > 0 else '−'}{abs(difference)}" if difference else ""


@bp.route("/settings", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def settings() -> ResponseReturnValue:
    checkup = checkup_of(g.actor, clock.today().year)
    form = settings_form(checkup.settings, checkup.settings_version)
    tried = None
    if form.validate_on_submit():
        wanted = form.wanted()
        if "preview" in request.form:
            tried = _tried(form, checkup, wanted)
        else:
            done = attempt(
                form,
                lambda: change_settings(g.actor, clock.now(), form.version.data, wanted),
            )
            if done is not None:
                flash(_("已保存，体检按新的设置提出问题。"), "success")
                return redirect(url_for("checkup.index"))
    kinds = list(_kinds(form, checkup, tried))
    page = render_template(
        "checkup/settings.html",
        form=form,
        kinds=kinds,
        year=checkup.year,
        now=sum(kind.now for kind in kinds),
        tried=None if tried is None else sum(tried.values()),
        unseen=checkup.examined.unseen,
    )
    return page, form.status if tried is None else 200


def _tried(
    form: SettingsForm, checkup: Checkup, wanted: CheckupSettings
) -> dict[FindingCode, int] | None:
    """How many questions each kind would ask; None with the faults beside the fields."""
    try:
        check(wanted)
    except Refused as refused:
        form.show(refused.faults)
        return None
    return counts_of(checkup.under(wanted))


def _kinds(
    form: SettingsForm, checkup: Checkup, tried: dict[FindingCode, int] | None
) -> Iterator[Kind]:
    for code in FindingCode:
        yield Kind(
            code,
            form.asks(code),
            tuple((form.limit(name), unit_word(name)) for name in LIMITS_OF[code]),
            checkup.counts[code],
            tried[code] if tried else None,
        )
