"""换口径试算: who would flip, by name and why; then document number, day and signature."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.rules import Role
from crm.closing.queries.closed import closed_until
from crm.core import clock
from crm.core.bulk import among
from crm.core.db import db
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.web import mark
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.quotas import services
from crm.quotas.comparing import differences
from crm.quotas.flips import Flip, Trial, trial
from crm.quotas.forms import PublishForm
from crm.quotas.models import CriteriaVersion, Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import CountingEvent, Outcome, Standing, Verdict, kept
from crm.quotas.rules.drafting import faults_in
from crm.quotas.services import Signature
from crm.quotas.telling import Told, reason_text, told
from crm.quotas.versions import judged_leads
from crm.quotas.views import bp
from crm.quotas.views.criteria import in_both_languages, name_of
from crm.quotas.views.editor import quota_and_draft
from crm.quotas.wording import word

JUDGED_A_SECOND = 5000
"""Leads judged again and written, where every reason changes: 20 s for 100,000 on two cores."""

SHOWN = 200
"""Names on one page; of more, their number is told."""


@bp.get("/criteria/<int:year>/<code>/draft/publish")
@allow(Role.DIRECTOR)
def preview(year: int, code: str) -> ResponseReturnValue:
    quota, draft = quota_and_draft(year, code)
    form = PublishForm(data={"version": draft.version, "in_force_from": clock.today()})
    return _page(quota, draft, form)


@bp.post("/criteria/<int:year>/<code>/draft/publish")
@allow(Role.DIRECTOR)
def publish(year: int, code: str) -> ResponseReturnValue:
    quota, draft = quota_and_draft(year, code)
    form = PublishForm()
    if form.validate() and (done := attempt(form, lambda: _publish(quota, form))):
        flash(done.text, "good")
        return redirect(url_for("quotas.versions", year=year, code=code))
    return _page(quota, draft, form)


@dataclass(frozen=True, slots=True)
class _Done:
    text: str


def _publish(quota: Quota, form: PublishForm) -> _Done:
    signed = Signature(form.document_number.data or "", form.in_force_from.data, form.note.data)
    judged = services.publish(
        g.actor,
        quota.id,
        form.version.data or 0,
        signed,
        today=clock.today(),
        at=clock.now(),
        closed_until=closed_until,
    )
    if judged is None:
        return _Done(_("已发布，自%(day)s起施行。", day=signed.in_force_from))
    return _Done(_("已发布并施行，重新判定后改变%(n)s条结果。", n=judged))


def _page(quota: Quota, draft: CriteriaVersion, form: PublishForm) -> ResponseReturnValue:
    faults = dict.fromkeys(fault for _path, fault in faults_in(draft.criteria))
    judged = judged_leads(quota.id)
    page = render_template(
        "quotas/publish.html",
        quota=quota,
        name=name_of(quota),
        draft=draft,
        form=form,
        faults=[word(fault) for fault in faults],
        sentences=in_both_languages(draft.criteria),
        differences=differences(quota, draft),
        trials=[] if faults else [_told_trial(*each) for each in _trials(quota, draft)],
        judged=judged,
        seconds=max(1, round(judged / JUDGED_A_SECOND)),
    )
    return page, form.status


def _trials(quota: Quota, draft: CriteriaVersion) -> Iterator[tuple[Quota, Trial]]:
    """This year's quota, and last year's of the same code, judged by the draft."""
    event = CountingEvent(draft.event or CountingEvent.SIGNED_AND_REGISTERED)
    last_year = db.session.scalar(computed_quotas(quota.year - 1).where(Quota.code == quota.code))
    for found in (quota, last_year):
        if found is not None:
            on = min(clock.today(), found.closes)
            yield found, trial(found, draft.criteria, event, on)


# ---------------------------------------------------------------- in words


@dataclass(frozen=True, slots=True)
class _Number:
    """One of the three numbers before and after; `behind` is the list of the leads before."""

    label: str
    before: int
    after: int
    behind: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _ToldFlip:
    """`why` tells what decides now and did not before."""

    lead_id: int
    title: str
    signed_on: date | None
    before: Told
    after: Told
    why: str


@dataclass(frozen=True, slots=True)
class _ToldTrial:
    """A trial in words; `unseen` flips are sensitive leads whose names this person does not see."""

    year: int
    on: date
    numbers: list[_Number]
    turns: list[tuple[Outcome, Outcome, int]]
    flips: list[_ToldFlip]
    count: int
    unseen: int


def _told_trial(quota: Quota, found: Trial) -> _ToldTrial:
    ids = [flip.lead_id for flip in found.flips]
    visible = set(
        db.session.scalars(select(Lead.id).where(among(Lead.id, ids), may_see(g.actor)))
        if ids
        else ()
    )
    seen = [flip for flip in found.flips if flip.lead_id in visible]
    turns = Counter((flip.before.outcome, flip.after.outcome) for flip in found.flips)
    return _ToldTrial(
        year=found.year,
        on=found.before.on,
        numbers=list(_numbers(quota, found.before, found.after)),
        turns=[(*turn, count) for turn, count in sorted(turns.items(), key=_gains_first)],
        flips=[_told_flip(quota, flip) for flip in seen[:SHOWN]],
        count=len(found.flips),
        unseen=len(found.flips) - len(seen),
    )


_ORDER = list(Outcome)


def _gains_first(turn: tuple[tuple[Outcome, Outcome], int]) -> tuple[int, int]:
    (before, after), _count = turn
    return _ORDER.index(after), _ORDER.index(before)


def _numbers(quota: Quota, before: Standing, after: Standing) -> Iterator[_Number]:
    for event, label, was, becomes in (
        (CountedEvent.SIGNED, _("已签约"), before.signed, after.signed),
        (CountedEvent.REGISTERED, _("已注册"), before.registered, after.registered),
        (CountedEvent.STARTED, _("已开工"), before.started, after.started),
    ):
        behind = LeadFilter(quota=quota.code, year=quota.year, event=event)
        yield _Number(label, was.count, becomes.count, behind.url_args())


@dataclass(frozen=True, slots=True)
class _Stored:
    """A fresh verdict in the shape of a stored one."""

    label: str
    label_en: str | None
    verdict: Outcome
    branch: int | None
    reasons: list[dict[str, object]]


def _told_flip(quota: Quota, flip: Flip) -> _ToldFlip:
    def in_words(verdict: Verdict) -> Told:
        reasons = [kept(reason) for reason in verdict.reasons]
        stored = _Stored(quota.label, quota.label_en, verdict.outcome, verdict.branch, reasons)
        return told(stored)

    before, after = in_words(flip.before), in_words(flip.after)
    return _ToldFlip(
        flip.lead_id, flip.title, flip.signed_on, before, after, why=_why(flip) or after.sentence
    )


def _why(flip: Flip) -> str:
    """What keeps a lead out that was in before: the findings that are new, of the way it went in."""
    if flip.after.outcome is not Outcome.NO:
        return ""
    known = {reason_text(reason) for reason in flip.before.reasons}
    new = [
        (reason.branch, text)
        for reason in flip.after.reasons
        if not reason.passed and (text := reason_text(reason)) not in known
    ]
    same_way = [text for branch, text in new if branch == flip.before.branch]
    return mark("；", "; ").join(dict.fromkeys(same_way or [text for _branch, text in new]))
