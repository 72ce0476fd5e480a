"""The exclusive group of a year: switched on, the proposed assignment, locks, publishing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.fields import as_choices
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.recognition import services
from crm.recognition.forms import GroupForm, LockForm, PublishForm
from crm.recognition.queries import YearOfClaims, year_of_claims
from crm.recognition.queries.assigning import Lock, Proposal, proposal
from crm.recognition.queries.pages import Name, names_of
from crm.recognition.views import bp
from crm.recognition.views.asking import year_asked
from crm.recognition.views.index import quota_name


@dataclass(frozen=True, slots=True)
class Row:
    """A project of the proposal: where it goes, where it fits, what holds it, where it was."""

    lead_id: int
    name: Name | None
    quota_id: int
    fits: tuple[int, ...]
    is_credited: bool
    lock: Lock | None
    published_in: int | None

    @property
    def is_moved(self) -> bool:
        return self.published_in is not None and self.published_in != self.quota_id


@bp.get("/assignment")
@allow(Role.DIRECTOR, Role.AUDITOR)
def assignment() -> ResponseReturnValue:
    year, _years = year_asked()
    return _page(year)


@bp.post("/assignment/group")
@allow(Role.DIRECTOR)
def make_exclusive() -> ResponseReturnValue:
    year, _years = year_asked()
    form = _group_form(year_of_claims(year, []))
    if form.validate():

        def verb() -> bool:
            services.make_exclusive(g.actor, clock.now(), year, form.quotas.data or [])
            return True

        if attempt(form, verb):
            flash(_("已保存。"), "good")
            return redirect(url_for("recognition.assignment", year=year))
    return _page(year, group=form), 422


@bp.post("/assignment/lock")
@allow(Role.DIRECTOR)
def lock() -> ResponseReturnValue:
    year, _years = year_asked()
    form = LockForm()
    made = proposal(year_of_claims(year), clock.today())
    if made is None:
        raise NotFound
    _offer(form, made, names_of(g.actor, made.contest.quota_of))
    if form.validate():
        done = attempt(
            form,
            lambda: services.lock(
                g.actor, clock.now(), year, form.lead.data, form.quota.data, form.reason.data
            ),
        )
        if done is not None:
            flash(_("已保存，方案已重新计算。"), "good")
            return redirect(url_for("recognition.assignment", year=year))
    return _page(year, lock=form), 422


@bp.post("/assignment/publish")
@allow(Role.DIRECTOR)
def publish() -> ResponseReturnValue:
    year, _years = year_asked()
    form = PublishForm()
    if form.validate():
        done = attempt(
            form,
            lambda: services.publish(
                g.actor,
                clock.now(),
                year,
                form.digest.data or "",
                form.note.data,
                today=clock.today(),
            ),
        )
        if done is not None:
            flash(_("分配方案已公布。"), "good")
            return redirect(url_for("recognition.assignment", year=year))
    return _page(year, publish=form), 422


def _offer(form: LockForm, made: Proposal, names: dict[int, Name]) -> None:
    form.lead.offer((lead_id, name.title) for lead_id, name in names.items())
    form.quota.offer((term.id, quota_name(term)) for term in made.terms)


def _group_form(found: YearOfClaims) -> GroupForm:
    form = GroupForm()
    form.quotas.choices = as_choices((term.id, quota_name(term)) for term in found.terms.values())
    return form


def _page(
    year: int,
    *,
    group: GroupForm | None = None,
    lock: LockForm | None = None,
    publish: PublishForm | None = None,
) -> str:
    found = year_of_claims(year)
    made = proposal(found, clock.today())
    if group is None:
        group = _group_form(found)
        group.quotas.data = [term.id for term in found.terms.values() if term.exclusive_group]
    publish = publish or PublishForm(formdata=None)
    names: dict[int, Name] = {}
    if made:
        publish.digest.data = made.digest
        names = names_of(g.actor, made.contest.quota_of)
        lock = lock or LockForm(formdata=None)
        _offer(lock, made, names)
    return render_template(
        "recognition/assignment.html",
        year=year,
        made=made,
        rows=list(_rows(found, made, names)) if made else [],
        counts=Counter(made.contest.quota_of.values()) if made else {},
        differing=_differing(made) if made else 0,
        quota_name=lambda quota_id: quota_name(found.terms[quota_id]),
        group=group,
        lock=lock,
        publish=publish,
        may_act=g.actor.role is Role.DIRECTOR,
    )


def _differing(made: Proposal) -> int:
    """Projects that stand elsewhere than published, or are new or gone since."""
    return len(made.contest.quota_of.items() ^ made.published.items()) - len(made.contest.changed)


def _rows(found: YearOfClaims, made: Proposal, names: dict[int, Name]) -> Iterator[Any]:
    """In the order of the quotas, then of the days they count on."""
    place = {term.id: number for number, term in enumerate(made.terms)}
    ids = set(place)
    credited = {
        (lead_id, quota_id)
        for (lead_id, _level), quotas in found.credits.items()
        for quota_id in quotas
    }
    rows = [
        Row(
            each.id,
            names.get(each.id),
            made.contest.quota_of[each.id],
            tuple(sorted(each.fits & ids, key=place.__getitem__)),
            any((each.id, quota_id) in credited for quota_id in ids),
            made.locks.get(each.id),
            made.published.get(each.id),
        )
        for each in made.contenders
        if each.id in made.contest.quota_of
    ]
    day = found.signed_from
    yield from sorted(
        rows, key=lambda row: (place[row.quota_id], day.get(row.lead_id, date.max), row.lead_id)
    )
