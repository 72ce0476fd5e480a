"""The editor of criteria: a tree built by plain forms, one step at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Fault, NotFound, Refused
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.leads.rules import Exclusion
from crm.quotas import services
from crm.quotas.choices import code_choices
from crm.quotas.comparing import sentence
from crm.quotas.forms import (
    ClauseForm,
    EventForm,
    OpenForm,
    StepForm,
    clause_form,
)
from crm.quotas.models import CriteriaVersion, Quota
from crm.quotas.rules import CATALOGUE, CountingEvent, parse_exclusions
from crm.quotas.rules.drafting import (
    DraftError,
    GroupKind,
    Node,
    Path,
    added,
    faults_in,
    group,
    kind_of,
    moved,
    moved_into,
    node_at,
    parts,
    removed,
    replaced,
    turned,
    walk,
    wrapped,
)
from crm.quotas.versions import computed_quota, draft_of
from crm.quotas.views import bp
from crm.quotas.views.criteria import in_both_languages, name_of
from crm.quotas.wording import exclusions_text, word


@bp.post("/criteria/<int:year>/<code>/draft")
@allow(Role.DIRECTOR)
def begin_draft(year: int, code: str) -> ResponseReturnValue:
    quota = computed_quota(year, code)
    try:
        with transaction():
            services.draft(g.actor, quota.id, clock.now())
    except Refused as refused:
        flash(refused.faults[0].text, "warn")
        return redirect(url_for("quotas.versions", year=year, code=code))
    return _to_editor(quota)


@bp.get("/criteria/<int:year>/<code>/draft")
@allow(Role.DIRECTOR)
def editor(year: int, code: str) -> ResponseReturnValue:
    quota, draft = quota_and_draft(year, code)
    opened = _Opened.asked()
    node = _node(draft, opened.path)
    if opened.panel == "add" and opened.clause:
        opened.form = clause_form(opened.clause, code_choices(), draft.version)
    elif opened.panel == "edit":
        opened.form = _filled_form(draft, node)
    return _editor_page(quota, draft, opened)


# ---------------------------------------------------------------- one step


@bp.post("/criteria/<int:year>/<code>/draft/add")
@allow(Role.DIRECTOR)
def add_condition(year: int, code: str) -> ResponseReturnValue:
    return _keep_condition(year, code, "add", lambda tree, at, node: added(tree, at, node))


@bp.post("/criteria/<int:year>/<code>/draft/edit")
@allow(Role.DIRECTOR)
def edit_condition(year: int, code: str) -> ResponseReturnValue:
    return _keep_condition(year, code, "edit", lambda tree, at, node: replaced(tree, at, node))


def _keep_condition(
    year: int, code: str, panel: str, step: Callable[[Node, Path, Node], Node]
) -> ResponseReturnValue:
    """Add or change one condition; what is wrong with it is told in its form, in its place."""
    quota, draft = quota_and_draft(year, code)
    opened = _Opened.asked(panel)
    node = _node(draft, opened.path)
    if panel == "add" and opened.clause is None:
        abort(400)
    form = opened.form = (
        clause_form(opened.clause, code_choices(), draft.version)
        if panel == "add" and opened.clause
        else _filled_form(draft, node)
    )
    said = form.node() if form.validate() else None
    if said is not None and attempt(
        form, lambda: _save(quota, form.version.data, lambda tree: step(tree, opened.path, said))
    ):
        return _to_editor(quota, opened.path if panel == "add" else opened.path[:-1])
    return _editor_page(quota, draft, opened)


STEPS: dict[str, Callable[[Node, Path, StepForm], Node]] = {
    "add-group": lambda tree, at, form: added(tree, at, group(form.kind.data)),
    "turn": lambda tree, at, form: turned(tree, at, form.kind.data),
    "wrap": lambda tree, at, form: wrapped(tree, at, form.kind.data),
    "up": lambda tree, at, _form: moved(tree, at, -1),
    "down": lambda tree, at, _form: moved(tree, at, 1),
    "move": lambda tree, at, form: moved_into(tree, at, form.into.data),
    "remove": lambda tree, at, _form: removed(tree, at),
}
"""The steps that need no fields of their own beyond the choice of a group."""


@bp.post("/criteria/<int:year>/<code>/draft/<step>")
@allow(Role.DIRECTOR)
def take_step(year: int, code: str, step: str) -> ResponseReturnValue:
    quota, draft = quota_and_draft(year, code)
    verb, form = STEPS.get(step), StepForm()
    if verb is None:
        abort(404)
    if not form.validate():
        abort(400)
    at = form.at.data
    done = attempt(form, lambda: _save(quota, form.version.data, lambda tree: verb(tree, at, form)))
    if done is None:
        return _editor_page(quota, draft, _Opened(refused=form))
    return _to_editor(quota, at[:-1])


@bp.get("/criteria/<int:year>/<code>/draft/<step>")
@allow(Role.DIRECTOR)
def after_step(year: int, code: str, step: str) -> ResponseReturnValue:
    """Where the page of a conflict leads back to: the draft as it is now."""
    quota, _draft = quota_and_draft(year, code)
    if step not in {*STEPS, "add", "edit", "event", "discard"}:
        abort(404)
    return _to_editor(quota)


@bp.post("/criteria/<int:year>/<code>/draft/event")
@allow(Role.DIRECTOR)
def set_event(year: int, code: str) -> ResponseReturnValue:
    quota, draft = quota_and_draft(year, code)
    form = EventForm()
    if form.validate() and attempt(form, lambda: _save_event(quota, form)):
        flash(_("已保存计数方式和不计入类型。"), "good")
        return _to_editor(quota)
    return _editor_page(quota, draft, _Opened(), form)


def _save_event(quota: Quota, form: EventForm) -> CriteriaVersion:
    barred = sorted(form.exclusions.data or [])

    def said(tree: Node) -> Node:
        bare = {key: value for key, value in tree.items() if key != "exclusions"}
        return bare if len(barred) == len(Exclusion) else {**bare, "exclusions": barred}

    return _save(quota, form.version.data, said, form.event.data)


def _save(
    quota: Quota,
    version: int | None,
    step: Callable[[Node], Node],
    event: CountingEvent | None = None,
) -> CriteriaVersion:
    """Keep the draft one step further. Raises Refused for a step that cannot be done, Stale."""
    draft = draft_of(quota.id)
    if draft is None:
        raise NotFound
    known = CountingEvent(draft.event or CountingEvent.SIGNED_AND_REGISTERED)
    try:
        changed = step(draft.criteria) if draft.version == version else draft.criteria
    except DraftError as error:
        raise Refused([Fault("", error.fault, word(error.fault))]) from None
    return services.save_draft(
        g.actor, quota.id, version or 0, changed, event or known, clock.now()
    )


@bp.post("/criteria/<int:year>/<code>/draft/discard")
@allow(Role.DIRECTOR)
def discard_draft(year: int, code: str) -> ResponseReturnValue:
    quota, _draft = quota_and_draft(year, code)
    form = StepForm()
    if not form.validate():
        abort(400)
    with transaction():
        services.discard(g.actor, quota.id, form.version.data or 0, clock.now())
    flash(_("已放弃草稿，现行口径没有变化。"), "good")
    return redirect(url_for("quotas.versions", year=year, code=code))


def quota_and_draft(year: int, code: str) -> tuple[Quota, CriteriaVersion]:
    quota = computed_quota(year, code)
    draft = draft_of(quota.id)
    if draft is None:
        raise NotFound
    return quota, draft


def _node(draft: CriteriaVersion, path: Path) -> Node:
    try:
        return node_at(draft.criteria, path)
    except DraftError:
        raise NotFound from None


def _to_editor(quota: Quota, at: Path = ()) -> ResponseReturnValue:
    """Back to the tree, at the group in which something changed."""
    anchor = f"node-{'-'.join(map(str, at))}" if at else None
    return redirect(url_for("quotas.editor", year=quota.year, code=quota.code, _anchor=anchor))


# ---------------------------------------------------------------- the page


@dataclass(slots=True)
class _Opened:
    """What is unfolded in the tree: a panel at one node, with the form of a condition or a choice."""

    path: Path = ()
    panel: str = ""
    clause: str | None = None
    form: ClauseForm | None = None
    refused: StepForm | None = None

    @classmethod
    def asked(cls, panel: str | None = None) -> "_Opened":
        form = OpenForm(request.values)
        if not form.validate():
            abort(400)
        clause = form.clause.data or None
        if clause is not None and clause not in CATALOGUE:
            abort(400)
        return cls(form.at.data, panel or form.panel.data or "", clause)


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node as the page shows it; `number` is its place as people count, `at` as forms send it."""

    at: str
    number: str
    kind: GroupKind | None
    text: str
    parts: tuple["TreeNode", ...]
    fault: str | None
    is_first: bool
    is_last: bool
    panel: str  # what is unfolded at it: add, edit, move, or nothing


def _tree(draft: CriteriaVersion, opened: _Opened) -> TreeNode:
    faults = {path: str(word(fault)) for path, fault in faults_in(draft.criteria)}

    def shown(node: Node, path: Path, of: int) -> TreeNode:
        below, kind = parts(node), kind_of(node)
        return TreeNode(
            at=".".join(map(str, path)),
            number=".".join(str(place + 1) for place in path),
            kind=kind,
            text="" if kind else sentence(node),
            parts=tuple(
                shown(part, (*path, place), len(below)) for place, part in enumerate(below)
            ),
            fault=faults.get(path),
            is_first=not path or path[-1] == 0,
            is_last=not path or path[-1] == of - 1,
            panel=opened.panel if opened.path == path else "",
        )

    return shown(draft.criteria, (), 1)


def _editor_page(
    quota: Quota, draft: CriteriaVersion, opened: _Opened, event_form: EventForm | None = None
) -> ResponseReturnValue:
    groups = [
        (".".join(map(str, path)), f"{'.'.join(str(n + 1) for n in path)} {word(kind)}".strip())
        for path, node in walk(draft.criteria)
        if (kind := kind_of(node)) and path[: len(opened.path)] != opened.path
    ]
    failing = opened.form or opened.refused or event_form
    page = render_template(
        "quotas/editor.html",
        quota=quota,
        name=name_of(quota),
        draft=draft,
        tree=_tree(draft, opened),
        opened=opened,
        word=word,
        clauses=[(name, word(kind.name)) for name, kind in CATALOGUE.items()],
        kinds=[(kind.value, word(kind)) for kind in GroupKind],
        groups=groups,
        sentences=in_both_languages(draft.criteria),
        exclusions=exclusions_text(parse_exclusions(draft.criteria)),
        event_form=event_form or EventForm(formdata=None, data=_besides(draft)),
    )
    return page, failing.status if failing else 200


def _besides(draft: CriteriaVersion) -> dict[str, Any]:
    return {
        "version": draft.version,
        "event": CountingEvent(draft.event or CountingEvent.SIGNED_AND_REGISTERED),
        "exclusions": [each.value for each in parse_exclusions(draft.criteria)],
    }


def _filled_form(draft: CriteriaVersion, node: Node) -> ClauseForm:
    if kind_of(node) is not None:
        raise NotFound
    return clause_form(node["clause"], code_choices(), draft.version, node)
