"""链群: the groups the district promotes, each with its leader and lead bureau."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.chains import access
from crm.chains.forms.segments import GroupForm
from crm.chains.models import ChainGroup
from crm.chains.queries import chains as chains_offered
from crm.chains.queries import trees
from crm.chains.queries.editing import groups_listed, segments_in_groups
from crm.chains.services import groups as services
from crm.chains.views import bp
from crm.chains.views.changing import change_chains
from crm.chains.views.editing import LAST, taken_back, undoable
from crm.chains.wording import named
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.forms import BaseForm, number_in
from crm.core.guard import allow
from crm.coverage.services import reshaping


@bp.get("/groups")
@allow(*LEAD_READERS)
def groups() -> ResponseReturnValue:
    return _list()


def _list(refused: BaseForm | None = None) -> str:
    may_edit = access.may_edit_chains(g.actor)
    return render_template(
        "chains/groups.html",
        groups=groups_listed(),
        segments=segments_in_groups(),
        may_edit=may_edit,
        undoable=undoable(trees.last_changes_told_as(services.ACTIONS, LAST)) if may_edit else [],
        refused=refused,
        named=named,
    )


@bp.route("/groups/new", methods=["GET", "POST"], defaults={"group_id": None}, endpoint="new_group")
@bp.route("/groups/<int:group_id>", methods=["GET", "POST"])
@allow(*access.CHAIN_EDITORS)
def group(group_id: int | None) -> ResponseReturnValue:
    row = db.session.get(ChainGroup, group_id) if group_id is not None else None
    if group_id is not None and row is None:
        raise NotFound
    form = GroupForm(obj=row).offer(
        [
            (each.id, named(each.name, each.name_en))
            for each in chains_offered(row.chain_id if row else None)
        ],
        row.leader_id if row else None,
        row.department_id if row else None,
    )
    if row is not None and not form.is_submitted():
        form.chain.data, form.leader.data = row.chain_id, row.leader_id
        form.department.data = row.department_id
    if form.validate_on_submit():

        def change(it: reshaping.Reshaping) -> ChainGroup:
            if group_id is None:
                return services.add_group(it, form.entry())
            return services.edit_group(it, group_id, form.version.data, form.entry())

        done = change_chains(form, change)
        if done is not None:
            flash(_("已保存链群“%(name)s”。", name=done.name), "good")
            return redirect(url_for("chains.groups"))
    return render_template("chains/group.html", form=form, group=row), form.status


@bp.post("/groups/<int:group_id>/<any(up, down, remove):verb>")
@allow(*access.CHAIN_EDITORS)
def change_group(group_id: int, verb: str) -> ResponseReturnValue:
    form = BaseForm()
    version = number_in(request.form.get("version"))

    def change(it: reshaping.Reshaping) -> bool:
        if verb == "remove":
            services.remove_group(it, group_id, version)
        else:
            services.move_group(it, group_id, up=verb == "up")
        return True

    if form.validate() and change_chains(form, change):
        if verb == "remove":
            flash(_("链群已删除。"), "good")
        return redirect(url_for("chains.groups"))
    return _list(form), 422


@bp.post("/groups/undo")
@allow(*access.CHAIN_EDITORS)
def undo_group() -> ResponseReturnValue:
    form = BaseForm()
    if taken_back(form) is None:
        return _list(form), 422
    return redirect(url_for("chains.groups"))
