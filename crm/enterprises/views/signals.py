"""Signs of expansion: all of them, and logging, correcting and withdrawing one of a company."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.core.money import Unit, yuan_in
from crm.core.web import mark
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import Number
from crm.enterprises import access, queries, services
from crm.enterprises.forms import SignalForm, SignalWithdrawForm
from crm.enterprises.models import Enterprise, ExpansionSignal
from crm.enterprises.queries import SignalFilter
from crm.enterprises.rules.signals import FULL_WEIGHT, SignalKind, signal_weight
from crm.enterprises.views import bp
from crm.enterprises.wording import WORDS, weight_text

LONGEST_SEARCH = 100


def weighed(rows: Sequence[Any]) -> tuple[list[dict[str, Any]], str]:
    """Signs as pages show them, with the percentage they still weigh today and whether the reader may
    change them; and how the weight comes about, in words. Scores go by the same half-life.
    """
    if not rows:
        return [], ""
    today, days = clock.today(), settings_held()[0][Number.SIGNAL_HALF_LIFE_DAYS]
    told = [
        {
            "row": row,
            "kind": WORDS[SignalKind][row.kind],
            "weight": weight_text(signal_weight(row.kind, row.happened_on, today, days)),
            "may_change": access.may_change_signal(g.actor, row.by_id),
        }
        for row in rows
    ]
    full = mark("、", ", ").join(
        f"{WORDS[SignalKind][kind]} {round(100 * most)}%" for kind, most in FULL_WEIGHT.items()
    )
    return told, _("当天的分量：%(told)s；此后每%(days)s天减半。", told=full, days=days)


@bp.get("/signals")
@allow(*LEAD_READERS)
def signals() -> ResponseReturnValue:
    wanted = _filter_asked()
    try:
        page = queries.page_of_signals(wanted, request.args.get("cursor"))
    except CursorError:
        abort(400)
    is_whole = page.is_first and page.next_cursor is None
    total = len(page.rows) if is_whole else queries.count_of_signals(wanted)
    rows, weight_words = weighed(page.rows)
    return render_template(
        "enterprises/signals.html",
        page=page,
        rows=rows,
        total=f"{COUNT_LIMIT}+" if total > COUNT_LIMIT else total,
        wanted=wanted,
        kept={
            "q": wanted.text,
            "kind": wanted.kind.value if wanted.kind else None,
            "withdrawn": "yes" if wanted.is_withdrawn else None,
        },
        kinds=[(member.value, words) for member, words in WORDS[SignalKind].items()],
        kind_words=WORDS[SignalKind],
        weight_words=weight_words,
        may_log=access.may_log_signals(g.actor),
    )


def _filter_asked() -> SignalFilter:
    """The filter in the address; a value that is none of ours is refused with 400."""
    text = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH] or None
    kind, withdrawn = request.args.get("kind") or None, request.args.get("withdrawn") or None
    if kind is not None and kind not in tuple(SignalKind):
        abort(400)
    if withdrawn not in (None, "yes"):
        abort(400)
    return SignalFilter(text, SignalKind(kind) if kind else None, withdrawn == "yes")


@bp.route(
    "/<int:enterprise_id>/signals/new",
    methods=["GET", "POST"],
    defaults={"signal_id": None},
    endpoint="signal_new",
)
@bp.route("/<int:enterprise_id>/signals/<int:signal_id>", methods=["GET", "POST"])
@allow(*access.SIGNAL_LOGGERS)
def signal(enterprise_id: int, signal_id: int | None) -> ResponseReturnValue:
    company, known = _signal_for(enterprise_id, signal_id)
    form = SignalForm(obj=known, amount=_in_yi(known))
    if form.validate_on_submit():
        saved = attempt(form, lambda: _save(form, enterprise_id, signal_id))
        if saved is not None:
            flash(_("已保存扩产信号。"), "success")
            return redirect(_panel_of(enterprise_id))
    page = render_template(
        "enterprises/signal.html", form=form, company=company, signal=known, today=clock.today()
    )
    return page, form.status


def _save(form: SignalForm, enterprise_id: int, signal_id: int | None) -> ExpansionSignal:
    at = clock.now()
    if signal_id is None:
        return services.log_signal(g.actor, at, enterprise_id, form.entry())
    return services.correct_signal(
        g.actor, at, enterprise_id, signal_id, form.entry(), version=form.version.data
    )


@bp.route("/<int:enterprise_id>/signals/<int:signal_id>/withdraw", methods=["GET", "POST"])
@allow(*access.SIGNAL_LOGGERS)
def signal_withdraw(enterprise_id: int, signal_id: int) -> ResponseReturnValue:
    company, known = _signal_for(enterprise_id, signal_id)
    form = SignalWithdrawForm(obj=known)
    if form.validate_on_submit():
        done = attempt(form, lambda: _withdraw(form, enterprise_id, signal_id))
        if done is not None:
            flash(_("已撤回，不再计入。"), "success")
            return redirect(_panel_of(enterprise_id))
    page = render_template(
        "enterprises/signal_withdraw.html",
        form=form,
        company=company,
        signal=known,
        kind=WORDS[SignalKind][known.kind] if known else "",
    )
    return page, form.status


def _withdraw(form: SignalWithdrawForm, enterprise_id: int, signal_id: int) -> bool:
    services.withdraw_signal(
        g.actor, clock.now(), enterprise_id, signal_id, form.reason.data or "",
        version=form.version.data or 0,
    )  # fmt: skip
    return True


def _signal_for(
    enterprise_id: int, signal_id: int | None
) -> tuple[Enterprise, ExpansionSignal | None]:
    """The company, and the sign if the actor may change it. Raises NotFound."""
    company = queries.by_id(enterprise_id)
    known = queries.signal_of(enterprise_id, signal_id) if signal_id else None
    if company is None or (signal_id and known is None):
        raise NotFound
    if known is not None and not access.may_change_signal(g.actor, known.by_id):
        raise NotFound
    return company, known


def _in_yi(known: ExpansionSignal | None) -> str | None:
    """The known amount in the unit of the field."""
    if known is None or known.amount_yuan is None:
        return None
    return str(yuan_in(known.amount_yuan, Unit.YI))


def _panel_of(enterprise_id: int) -> str:
    return url_for("enterprises.detail", enterprise_id=enterprise_id, _anchor="signals")
