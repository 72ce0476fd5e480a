"""One project and one quota: what each level said and why, and the next step of whoever may take it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Role
from crm.core import clock
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.forms import BaseForm, attempt
from crm.core.guard import allow
from crm.core.web import moment_text
from crm.leads.access import lead_for
from crm.quotas.models import Quota
from crm.quotas.queries import verdicts_of
from crm.quotas.telling import subject, told
from crm.recognition import services
from crm.recognition.forms import AnswerForm, AppealForm, DecideForm, ProposeForm
from crm.recognition.models import Appeal, Decision
from crm.recognition.queries import Review, YearOfClaims, hands_of, to_review, year_of_claims
from crm.recognition.queries.manning import deciders_of
from crm.recognition.queries.pages import appeals_against, decisions_of, names_of, open_batches
from crm.recognition.rules import (
    Appealed,
    Claim,
    Crossing,
    Decided,
    Hand,
    Level,
    Task,
    WhyNot,
    task_of,
    waiting_for,
    why_not_appeal,
    why_not_decide,
    why_not_propose,
)
from crm.recognition.views import bp
from crm.recognition.views.index import quota_name
from crm.recognition.wording import TONES, joined, word

OF_BATCHES = {
    WhyNot.NO_BATCH,
    WhyNot.BATCH_CLOSED,
    WhyNot.BATCH_OTHER_LEVEL,
    WhyNot.BATCH_OTHER_YEAR,
    WhyNot.NO_DOCUMENT,
    WhyNot.DAY_AHEAD,
    WhyNot.EARLIER_THAN_LAST,
}
"""Reasons that choosing a batch settles: they are told when it is chosen."""


@dataclass(frozen=True, slots=True)
class Step:
    """A level at which this person may decide: the form, and what keeps from approving."""

    level: Level
    form: DecideForm
    why_not: tuple[WhyNot, ...]
    has_batches: bool
    is_next: bool  # it waits for this person; otherwise it would be a correction
    is_review: bool = False


@bp.get("/<int:lead_id>/<int:quota_id>")
@allow(*LEAD_READERS)
def case(lead_id: int, quota_id: int) -> ResponseReturnValue:
    return _page(lead_id, quota_id)


@bp.post("/<int:lead_id>/<int:quota_id>/propose")
@allow(*LEAD_WRITERS)
def propose(lead_id: int, quota_id: int) -> ResponseReturnValue:
    form = ProposeForm(prefix="propose")
    if form.validate():
        done = attempt(
            form,
            lambda: services.propose(
                g.actor, clock.now(), lead_id, quota_id, today=clock.today(), note=form.reason.data
            ),
        )
        if done is not None:
            flash(_("已申报，等待单位负责人审核。"), "good")
            return _back(lead_id, quota_id)
    return _page(lead_id, quota_id, propose=form), 422


@bp.post("/<int:lead_id>/<int:quota_id>/decide/<level>")
@allow(Role.UNIT_HEAD, Role.DIRECTOR)
def decide(lead_id: int, quota_id: int, level: str) -> ResponseReturnValue:
    if level not in list(Level):
        raise NotFound
    at = Level(level)
    form = _decide_form(at, _quota(quota_id).year)
    if form.validate():
        done = attempt(
            form,
            lambda: services.decide(
                g.actor,
                clock.now(),
                lead_id,
                quota_id,
                at,
                Decided(form.decided.data),
                today=clock.today(),
                batch_id=form.batch.data if "batch" in form else None,
                reason=form.reason.data,
            ),
        )
        if done is not None:
            flash(
                _("%(level)s已记录：%(decided)s。", level=word(at), decided=word(done.decided)),
                "good",
            )
            return _back(lead_id, quota_id)
    return _page(lead_id, quota_id, decide=(at, form)), 422


@bp.post("/decisions/<int:decision_id>/appeal")
@allow(Role.STAFF, Role.UNIT_HEAD)
def appeal(decision_id: int) -> ResponseReturnValue:
    decision = db.session.get(Decision, decision_id)
    if decision is None:
        raise NotFound
    form = AppealForm(prefix="appeal")
    return _said(
        form,
        decision,
        lambda: services.appeal(g.actor, clock.now(), decision_id, form.body.data),
        _("申诉已提交，等待局领导答复。"),
        appeal=form,
    )


@bp.post("/appeals/<int:appeal_id>/answer")
@allow(Role.DIRECTOR)
def answer(appeal_id: int) -> ResponseReturnValue:
    row = db.session.get(Appeal, appeal_id)
    if row is None:
        raise NotFound
    form = AnswerForm(prefix="answer")
    return _said(
        form,
        db.session.get_one(Decision, row.decision_id),
        lambda: services.answer(
            g.actor, clock.now(), appeal_id, form.answer.data, form.reason.data
        ),
        _("已答复。申诉成立的，请在批次中重新作出决定。"),
        answer=form,
    )


def _said(
    form: BaseForm, decision: Decision, verb: Callable[[], Any], done: str, **shown: Any
) -> ResponseReturnValue:
    lead_id, quota_id = decision.lead_id, decision.quota_id
    lead_for(g.actor, lead_id)
    if form.validate() and attempt(form, verb) is not None:
        flash(done, "good")
        return _back(lead_id, quota_id)
    return _page(lead_id, quota_id, **shown), 422


def _back(lead_id: int, quota_id: int) -> ResponseReturnValue:
    return redirect(url_for("recognition.case", lead_id=lead_id, quota_id=quota_id))


def _quota(quota_id: int) -> Quota:
    quota = db.session.get(Quota, quota_id)
    if quota is None or quota.criteria is None:
        raise NotFound
    return quota


def _decide_form(level: Level, year: int) -> DecideForm:
    form = DecideForm(prefix=level.value)
    form.of_level(level)
    if level is not Level.UNIT:
        form.batch.offer(batch_choices(open_batches(year, level)))
    return form


def batch_choices(batches: Sequence[Any]) -> Iterator[tuple[int, str]]:
    for row in batches:
        number = row.document_number or _("无文号")
        yield row.id, f"{row.title} · {row.decided_on:%Y-%m-%d} · {number}"


def _page(
    lead_id: int,
    quota_id: int,
    *,
    propose: ProposeForm | None = None,
    decide: tuple[Level, DecideForm] | None = None,
    appeal: AppealForm | None = None,
    answer: AnswerForm | None = None,
) -> str:
    lead = lead_for(g.actor, lead_id)
    quota = _quota(quota_id)
    today = clock.today()
    found = year_of_claims(quota.year, [lead_id])
    claim = found.claim(lead_id, quota_id, Level.UNIT)
    hand = hands_of(g.actor, [lead_id])[lead_id]
    trail = decisions_of(lead_id, quota_id)
    appeals = appeals_against([row.id for row in trail])
    verdict = next(
        (row for row in verdicts_of(lead_id, quota.year) if row.code == quota.code), None
    )
    pairs = [each for each in found.suspicions if lead_id in {each.pair.first, each.pair.second}]
    others = {each.pair.first + each.pair.second - lead_id: each for each in pairs}
    why_not = why_not_propose(claim, hand, today)
    open_appeal = next((each for each in appeals.values() if each.state is Appealed.OPEN), None)
    reviews = [each for each in to_review(quota.year, [lead_id]) if each.quota_id == quota_id]
    who = deciders_of([lead_id])[lead_id]
    hand = replace(hand, stands_in=not who.unit)
    task = task_of(
        claim,
        hand,
        today,
        appealed=appeals[trail[0].id].state if trail and trail[0].id in appeals else None,
        reviews=[each.level for each in reviews],
    )
    may_answer = g.actor.role is Role.DIRECTOR and not (hand.is_own or hand.is_sponsor)
    steps = _steps(
        found, lead_id, quota_id, hand, _next_level(claim, hand, task, reviews), decide, reviews
    )
    appealable = _appealable(claim, trail, appeals, hand)
    return render_template(
        "recognition/case.html",
        refused=_not_on_the_page(decide, steps, appeal, appealable, answer, open_appeal),
        lead=lead,
        quota=quota,
        name=quota_name(found.terms[quota_id]),
        year=quota.year,
        levels=[(level, found.said.get((lead_id, quota_id), {}).get(level)) for level in Level],
        tones=TONES,
        verdict=told(verdict) if verdict else None,
        trail=[_event(row, appeals.get(row.id)) for row in trail],
        reviews_told=_told_once(reviews),
        deciders=who if Level.UNIT in _waiting_levels(claim, reviews) else None,
        suspects=[
            (others[other], other, other_name)
            for other, other_name in names_of(g.actor, others).items()
        ],
        may_settle=may_answer,
        propose=(propose or ProposeForm(formdata=None, prefix="propose"))
        if propose or _may_show_proposal(claim, hand, why_not)
        else None,
        why_not=why_not,
        steps=steps,
        is_own=hand.is_own or hand.is_sponsor,
        appealable=appealable,
        appeal=appeal or AppealForm(formdata=None, prefix="appeal"),
        open_appeal=open_appeal if may_answer else None,
        movable=_movable(found, lead_id, quota_id, hand),
        answer=answer or AnswerForm(formdata=None, prefix="answer"),
    )


def _movable(found: YearOfClaims, lead_id: int, quota_id: int, hand: Hand) -> list[Level]:
    """The levels at which the project can be moved to another quota of the group."""
    term = found.terms[quota_id]
    if term.exclusive_group is None or term.is_closed:
        return []
    said = found.said.get((lead_id, quota_id), {})
    return [
        level
        for level in (Level.DISTRICT, Level.CITY)
        if level in hand.decides and level in said and said[level].decided is Decided.APPROVED
    ]


def _not_on_the_page(
    decide: tuple[Level, DecideForm] | None,
    steps: Sequence[Step],
    appeal: AppealForm | None,
    appealable: Any,
    answer: AnswerForm | None,
    open_appeal: Any,
) -> BaseForm | None:
    """The form that was refused, if the person has no such form on the page: its reasons are told."""
    if decide and decide[0] not in {step.level for step in steps}:
        return decide[1]
    if appeal and appealable is None:
        return appeal
    return answer if answer and open_appeal is None else None


def _may_show_proposal(claim: Claim, hand: Hand, why_not: Sequence[WhyNot]) -> bool:
    """Proposing is the unit's; whoever else may sees it only before anything was said."""
    if WhyNot.NOT_YOURS in why_not:
        return False
    is_of_unit = hand.is_own or (hand.role is Role.UNIT_HEAD and hand.is_of_unit)
    if claim.unit is None:
        return is_of_unit or not why_not
    return is_of_unit and not {WhyNot.ALREADY_PROPOSED, WhyNot.ALREADY_APPROVED} & set(why_not)


def _steps(
    found: YearOfClaims,
    lead_id: int,
    quota_id: int,
    hand: Hand,
    next_level: Level | None,
    given: tuple[Level, DecideForm] | None,
    reviews: Sequence[Review],
) -> list[Step]:
    """The levels at which the person may decide: what waits for them first, then corrections."""
    steps = []
    reviewed = {each.level for each in reviews}
    for level in Level:
        claim = found.claim(lead_id, quota_id, level)
        today = clock.today()
        approve = why_not_decide(claim, level, Decided.APPROVED, hand, None, today)
        others = why_not_decide(claim, level, Decided.RETURNED, hand, None, today, has_reason=True)
        if set(others) - OF_BATCHES:
            continue
        is_given = given is not None and given[0] is level
        form = given[1] if given is not None and is_given else _decide_form(level, found.year)
        if level in reviewed:
            form.of_review()
        steps.append(
            Step(
                level,
                form,
                tuple(why for why in approve if why not in OF_BATCHES),
                level is Level.UNIT or bool(form.batch.choices[1:]),
                is_given or level is next_level or level in reviewed & hand.decides,
                level in reviewed,
            )
        )
    return sorted(steps, key=lambda step: not step.is_next)


NEXT_LEVEL = {Task.APPROVE: Level.UNIT, Task.CERTIFY: Level.DISTRICT, Task.CONFIRM: Level.CITY}


def _next_level(
    claim: Claim, hand: Hand, task: Task | None, reviews: Sequence[Review]
) -> Level | None:
    """At which level the next decision falls due; a bureau leader may step in for a unit's head."""
    if task is Task.REVIEW:
        return next(each.level for each in reviews if each.level in hand.decides)
    if task is not None:
        return NEXT_LEVEL.get(task)
    is_proposed = claim.unit is not None and claim.unit.decided is Decided.PROPOSED
    return Level.UNIT if is_proposed else None


def _told_once(reviews: Sequence[Review]) -> list[tuple[tuple[Crossing, ...], str]]:
    """What changed, and the levels that approved before it: the same change is told once."""
    levels: dict[tuple[Crossing, ...], list[str]] = {}
    for each in reviews:
        levels.setdefault(each.crossings, []).append(str(word(each.level)))
    return [(crossings, joined(names)) for crossings, names in levels.items()]


def _waiting_levels(claim: Claim, reviews: Sequence[Review]) -> set[Level]:
    waiting = waiting_for(claim, reviews=[each.level for each in reviews])
    return {level for _task, level in waiting}


def _appealable(claim: Claim, trail: Any, appeals: Any, hand: Hand) -> Any:
    """The decision in force that the person may appeal against, None if there is none."""
    seen = set()
    for row in trail:
        is_current = row.at_level not in seen
        seen.add(row.at_level)
        if not why_not_appeal(
            row.decided,
            hand,
            is_current=is_current,
            is_appealed=row.id in appeals,
            is_period_closed=claim.is_period_closed,
        ):
            return row
    return None


def _event(row: Any, appeal: Any) -> dict[str, Any]:
    tone, icon = TONES[row.decided]
    paper = " · ".join(text for text in (row.batch, row.document_number) if text)
    if row.other:
        name = subject(row.other, row.other_en)
        way = _("改计到%(name)s") if row.decided is Decided.MOVED else _("由%(name)s改计")
        paper = " · ".join(filter(None, (way % {"name": name}, paper)))
    lines = [text for text in (paper, row.reason and _("理由：%(text)s", text=row.reason)) if text]
    if appeal:
        lines.append(
            _("申诉（%(who)s，%(at)s）：%(text)s", who=appeal.by, at=moment_text(appeal.at)[:10],
              text=appeal.body)
        )  # fmt: skip
        if appeal.state is not Appealed.OPEN:
            lines.append(
                _("答复（%(who)s）：%(answer)s。%(text)s", who=appeal.answered_by,
                  answer=word(appeal.state), text=appeal.answer_reason)
            )  # fmt: skip
        else:
            lines.append(str(word(Appealed.OPEN)))
    return {
        "title": f"{word(row.at_level)} · {word(row.decided)}",
        "on": row.decided_on,
        "who": _("%(who)s，%(at)s记录", who=row.by, at=moment_text(row.recorded_at)),
        "text": "\n".join(lines),
        "icon": icon,
        "tone": tone,
        "href": url_for("recognition.batch", batch_id=row.batch_id) if row.batch_id else None,
    }
