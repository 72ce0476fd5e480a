"""暂不考虑: putting a target aside for a while, the list of those put aside, and taking that back."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains import queries as chains
from crm.core import clock
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.coverage import access
from crm.coverage.forms import DismissForm, WithdrawDismissalForm
from crm.coverage.queries.dismissals import in_force, suited_in_chain
from crm.coverage.services import dismissals as services
from crm.coverage.views import bp
from crm.enterprises.queries import name_of


@bp.route("/targets/<code>/<int:enterprise_id>/dismiss", methods=["GET", "POST"])
@allow(*access.DISMISSERS)
def dismiss(code: str, enterprise_id: int) -> ResponseReturnValue:
    segment, name = chains.segment_named(code), name_of(enterprise_id)
    if segment is None or name is None:
        abort(404)
    back = _back(segment.code)
    form = DismissForm(is_for_chain="chain" in request.args)
    if form.validate_on_submit():
        ids = {segment.id}
        if form.is_for_chain.data:
            ids |= set(suited_in_chain(enterprise_id, segment.id))
        done = attempt(
            form,
            lambda: services.dismiss(
                g.actor, clock.now(), enterprise_id, ids, form.reason.data or "",
                form.days.data or 0, today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("“%(name)s”暂不列出，到期后自动恢复。", name=name), "success")
            return redirect(back)
    page = render_template(
        "coverage/dismiss.html", form=form, name=name, segment=segment, back=back
    )
    return page, form.status


def _back(code: str) -> str:
    """The list the person came from: the chain's, or the segment's."""
    chain = request.args.get("chain", "")
    if chain and chains.chain_named(chain) is not None:
        return url_for("coverage.targets_page", chain=chain)
    segment = request.args.get("segment", "")
    if segment and chains.segment_named(segment) is not None:
        code = segment
    return url_for("coverage.targets_page", segment=code)


@bp.get("/dismissals")
@allow(*access.READERS)
def dismissed() -> ResponseReturnValue:
    rows = in_force(clock.today())
    return render_template(
        "coverage/dismissals.html",
        rows=[_row(each) for each in rows],
        total=rows[0].total if rows else 0,
    )


def _row(row: Any) -> dict[str, Any]:
    return {"row": row, "may_withdraw": access.may_withdraw(g.actor, row.by_id)}


@bp.post("/dismissals/<int:dismissal_id>/withdraw")
@allow(*access.DISMISSERS)
def withdraw_dismissal(dismissal_id: int) -> ResponseReturnValue:
    form = WithdrawDismissalForm()
    if not form.validate_on_submit():
        abort(400)
    done = attempt(
        form,
        lambda: services.withdraw(g.actor, clock.now(), dismissal_id, form.version.data or 0),
    )
    if done is None:
        abort(400)
    flash(_("已恢复，重新列入目标企业。"), "success")
    return redirect(url_for("coverage.dismissed"))
