"""换口径试算: who would flip, by name and why; then document number, day and signature."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import (
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.closing.queries.closed import closed_until
from crm.core import clock
from crm.core.db import db
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.sheets import Value, write_long_workbook
from crm.core.web import mark
from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.quotas import services
from crm.quotas.comparing import differences
from crm.quotas.flips import trial
from crm.quotas.forms import PublishForm, TrialForm
from crm.quotas.models import CriteriaVersion, Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import CountingEvent, Outcome, kept
from crm.quotas.rules.drafting import faults_in
from crm.quotas.services import Signature
from crm.quotas.services.staging import is_large
from crm.quotas.telling import Told, lacks_of, reason_text, sentence_of, told
from crm.quotas.trials import FlipRow, JudgedByWorker, JudgedNow, Said, Trial, judging_of
from crm.quotas.versions import Judged, judged_by, judged_leads
from crm.quotas.views import bp
from crm.quotas.views.criteria import in_both_languages, name_of
from crm.quotas.views.editor import quota_and_draft
from crm.quotas.wording import word

JUDGED_A_SECOND = 5000
"""Leads judged again and written, where every reason changes: 20 s for 100,000 on two cores."""

FIRST = 20
"""Names of a year on the page of the trial; all of them are a page and a workbook away."""

PAGE = 50

PART = 20_000
"""Rows of one workbook, half a minute at worst; more come in several, so that no request times out."""

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a workbook kept in memory; a larger one is written to a file that vanishes with it."""

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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


@bp.post("/criteria/<int:year>/<code>/draft/publish/trial")
@allow(Role.DIRECTOR)
def start_trial(year: int, code: str) -> ResponseReturnValue:
    """Have the worker judge a large district by the draft."""
    quota, _draft = quota_and_draft(year, code)
    form = TrialForm()
    if not form.validate():
        abort(400)
    version = form.version.data or 0
    asked = attempt(form, lambda: services.ask_for_trial(g.actor, quota.id, version, clock.now()))
    if asked is None:
        flash(_("口径已被改动或还有条件没有填完，请核对后再试算。"), "warn")
    return redirect(url_for("quotas.preview", year=year, code=code))


@bp.get("/criteria/<int:year>/<code>/draft/publish/<int:of_year>")
@allow(Role.DIRECTOR)
def flips(year: int, code: str, of_year: int) -> ResponseReturnValue:
    """Everybody who flips in a year, page by page."""
    quota, draft = quota_and_draft(year, code)
    found = _trial_of(quota, draft, of_year)
    start = (_number_asked("page") - 1) * PAGE
    rows = [_told_flip(found.quota, row) for row in found.trial.rows(start, PAGE)]
    seen = found.trial.count - found.trial.unseen
    page = start // PAGE + 1
    here = {"year": year, "code": code, "of_year": of_year}
    return render_template(
        "quotas/flips.html",
        quota=quota,
        name=name_of(quota),
        draft=draft,
        of_year=of_year,
        rows=rows,
        first=start + 1,
        seen=seen,
        unseen=found.trial.unseen,
        parts=_parts(seen),
        first_url=url_for("quotas.flips", **here) if page > 1 else None,
        next_url=url_for("quotas.flips", **here, page=page + 1) if start + PAGE < seen else None,
    )


def _parts(seen: int) -> int:
    """In how many workbooks so many rows come."""
    return -(-seen // PART)


def _number_asked(name: str) -> int:
    text = request.args.get(name, "1")
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:8]) < 10**6:
        abort(400)
    return int(text[:8])


@bp.get("/criteria/<int:year>/<code>/draft/publish/<int:of_year>.xlsx")
@allow(Role.DIRECTOR)
def flips_workbook(year: int, code: str, of_year: int) -> ResponseReturnValue:
    """Everybody who flips in a year, with every condition that is met otherwise than before."""
    quota, draft = quota_and_draft(year, code)
    found = _trial_of(quota, draft, of_year)
    part = _number_asked("part")
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  send_file closes it
    widths = (8, 36, 14, 12, 40, 12, 40, 60)
    sheet = _("%(year)s年", year=of_year)
    write_long_workbook(out, [(sheet, widths, _workbook_rows(found, (part - 1) * PART))])
    size = out.tell()
    out.seek(0)
    name = _("%(name)s第%(n)s版试算", name=name_of(quota), n=draft.number)
    number = f"-{part}" if part > 1 else ""
    response = send_file(
        out, mimetype=EXCEL, as_attachment=True, download_name=f"{name}{of_year}{number}.xlsx"
    )
    response.content_length = size
    return response


def _workbook_rows(found: "_Found", start: int = 0) -> Iterator[Sequence[Value]]:
    yield (
        _("编号"), _("项目"), _("签约统计日期"), _("现行口径"), _("现行口径的理由"),
        _("新口径"), _("新口径的理由"), _("变化的条件"),
    )  # fmt: skip
    for row in found.trial.rows(start, PART):
        before, after = _sentence(row.before), _sentence(row.after)
        yield (
            row.lead_id,
            row.title,
            row.signed_on or _("在谈"),
            str(word(row.before.outcome)),
            before,
            str(word(row.after.outcome)),
            _why(row) or after,
            "\n".join(_leaves(row)),
        )


def _sentence(said: Said) -> str:
    lacks = lacks_of(said.outcome, said.branch, said.reasons)
    return sentence_of(said.outcome, said.branch, said.reasons, lacks)


def _leaves(row: FlipRow) -> Iterator[str]:
    """Every condition that is found otherwise than before, and those no longer asked."""
    before = dict.fromkeys((reason.passed, reason_text(reason)) for reason in row.before.reasons)
    after = dict.fromkeys((reason.passed, reason_text(reason)) for reason in row.after.reasons)
    signs = {True: _("达到"), False: _("未达到"), None: _("待补")}
    for passed, text in after:
        if (passed, text) not in before:
            yield f"{signs[passed]}{mark('：', ': ')}{text}"
    for passed, text in before:
        if (passed, text) not in after:
            yield f"{_('不再要求')}{mark('：', ': ')}{text}"


@dataclass(frozen=True, slots=True)
class _Done:
    text: str


def _publish(quota: Quota, form: PublishForm) -> _Done:
    signed = Signature(form.document_number.data or "", form.in_force_from.data, form.note.data)
    today = clock.today()
    judged = services.publish(
        g.actor,
        quota.id,
        form.version.data or 0,
        signed,
        today=today,
        at=clock.now(),
        closed_until=closed_until,
    )
    if judged is not None:
        return _Done(_("已发布并施行，重新判定后改变%(n)s条结果。", n=judged))
    if signed.in_force_from is not None and signed.in_force_from <= today:
        return _Done(_("已发布，正在后台重新判定；完成前各项数字仍按上一版口径。"))
    return _Done(_("已发布，自%(day)s起施行。", day=signed.in_force_from))


def _page(quota: Quota, draft: CriteriaVersion, form: PublishForm) -> ResponseReturnValue:
    faults = dict.fromkeys(fault for _path, fault in faults_in(draft.criteria))
    judged, in_background = judged_leads(quota.id), is_large(quota.id)
    progress = _progress(quota, draft) if in_background and not faults else None
    is_ready = not in_background or (progress is not None and progress.is_complete)
    trials = []
    if is_ready and not faults:
        trials = [_told_trial(each) for each in _trials(quota, draft)]
    page = render_template(
        "quotas/publish.html",
        quota=quota,
        name=name_of(quota),
        draft=draft,
        form=form,
        faults=[word(fault) for fault in faults],
        sentences=in_both_languages(draft.criteria),
        differences=differences(quota, draft),
        trials=trials,
        judged=judged,
        in_background=in_background,
        is_ready=is_ready,
        progress=progress,
        seconds=max(1, round(judged / JUDGED_A_SECOND)),
    )
    return page, form.status


def _progress(quota: Quota, draft: CriteriaVersion) -> Judged | None:
    """How far the worker is with both years together; None where nobody asked it."""
    known = [judged_by(draft.id, each.id) for each in _both_years(quota)]
    asked = [each for each in known if each is not None]
    if len(asked) < len(known):
        return None
    return Judged(sum(each.done for each in asked), sum(each.total for each in asked))


@dataclass(frozen=True, slots=True)
class _Found:
    quota: Quota
    trial: Trial


def _both_years(quota: Quota) -> list[Quota]:
    """This year's quota, and last year's of the same code."""
    last_year = db.session.scalar(computed_quotas(quota.year - 1).where(Quota.code == quota.code))
    return [quota] if last_year is None else [quota, last_year]


def _trials(quota: Quota, draft: CriteriaVersion) -> Iterator[_Found]:
    in_background = is_large(quota.id)
    for found in _both_years(quota):
        yield _judged(found, draft, in_background=in_background)


def _trial_of(quota: Quota, draft: CriteriaVersion, of_year: int) -> _Found:
    """The trial of one of the two years; 404 for another, or where it is not complete."""
    found = next((each for each in _both_years(quota) if each.year == of_year), None)
    if found is None or faults_in(draft.criteria):
        abort(404)
    in_background = is_large(quota.id)
    if in_background:
        progress = judged_by(draft.id, found.id)
        if progress is None or not progress.is_complete:
            abort(404)
    return _judged(found, draft, in_background=in_background)


def _judged(found: Quota, draft: CriteriaVersion, *, in_background: bool) -> _Found:
    on = min(clock.today(), found.closes)
    judging = judging_of(draft.id, found.id) if in_background else None
    if judging is not None:
        return _Found(found, JudgedByWorker(g.actor, found, judging, on))
    event = CountingEvent(draft.event or CountingEvent.SIGNED_AND_REGISTERED)
    return _Found(found, JudgedNow(g.actor, trial(found, draft.criteria, event, on)))


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


def _told_trial(found: _Found) -> _ToldTrial:
    one = found.trial
    return _ToldTrial(
        year=one.year,
        on=one.on,
        numbers=list(_numbers(found)),
        turns=[(*turn, count) for turn, count in sorted(one.turns.items(), key=_gains_first)],
        flips=[_told_flip(found.quota, row) for row in one.rows(0, FIRST)],
        count=one.count,
        unseen=one.unseen,
    )


_ORDER = list(Outcome)


def _gains_first(turn: tuple[tuple[Outcome, Outcome], int]) -> tuple[int, int]:
    (before, after), _count = turn
    return _ORDER.index(after), _ORDER.index(before)


def _numbers(found: _Found) -> Iterator[_Number]:
    events = (
        (CountedEvent.SIGNED, _("已签约")),
        (CountedEvent.REGISTERED, _("已注册")),
        (CountedEvent.STARTED, _("已开工")),
    )
    quota = found.quota
    for (event, label), (was, becomes) in zip(events, found.trial.numbers, strict=True):
        behind = LeadFilter(quota=quota.code, year=quota.year, event=event)
        yield _Number(label, was, becomes, behind.url_args())


@dataclass(frozen=True, slots=True)
class _Stored:
    """A fresh verdict in the shape of a stored one."""

    label: str
    label_en: str | None
    verdict: Outcome
    branch: int | None
    reasons: list[dict[str, object]]


def _told_flip(quota: Quota, flip: FlipRow) -> _ToldFlip:
    def in_words(said: Said) -> Told:
        reasons = [kept(reason) for reason in said.reasons]
        stored = _Stored(quota.label, quota.label_en, said.outcome, said.branch, reasons)
        return told(stored)

    before, after = in_words(flip.before), in_words(flip.after)
    return _ToldFlip(
        flip.lead_id, flip.title, flip.signed_on, before, after, why=_why(flip) or after.sentence
    )


def _why(flip: FlipRow) -> str:
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
