"""水分体检: what the records of counted projects raise, and what was answered."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.checkup.forms import AnswerForm
from crm.checkup.queries.examined import Checkup, checkup_of
from crm.checkup.rules import Finding, FindingCode
from crm.checkup.services.answering import answer
from crm.checkup.views import bp
from crm.checkup.wording import finding_text, word
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.quotas.queries import quota_years


def year_asked(text: str) -> int:
    """The year of an address; this year without one. 404 for a year without quotas."""
    if not text:
        return clock.today().year
    if not text.isascii() or not text.isdigit() or int(text[:5]) not in quota_years():
        abort(404)
    return int(text)


def shown(checkup: Checkup, finding: Finding) -> dict[str, Any]:
    unit = checkup.examined.units.get(finding.department_id or 0, "")
    people = {checkup.examined.owners.get(lead_id) for lead_id in finding.lead_ids} - {None}
    return {
        "finding": finding,
        "text": finding_text(finding, unit),
        "leads": [(lead_id, checkup.titles[lead_id]) for lead_id in finding.lead_ids],
        "owners": sorted({person for person, _unit in people if person}),
        "answer": checkup.answers.get(finding.key),
    }


PAGE = 50


def _page(
    checkup: Checkup, findings: Sequence[Finding], name: str, kind: FindingCode | None
) -> dict[str, Any]:
    """Some of the questions as the page lists them, and the addresses of the others."""
    year = checkup.year
    if kind is not None:
        findings = [each for each in findings if each.code is kind]
    text = request.args.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        abort(400)
    total = len(findings)
    begin = min(int(text), max(0, total - 1) // PAGE * PAGE)
    is_last = begin + PAGE >= total
    return {
        "rows": [shown(checkup, each) for each in findings[begin : begin + PAGE]],
        "total": total,
        "first_url": url_for("checkup.index", year=year, kind=kind) if begin else None,
        "next_url": None
        if is_last
        else url_for("checkup.index", year=year, kind=kind, **{name: begin + PAGE}),
    }


LONGEST_NUMBER = 9


@bp.get("/")
@allow(Role.DIRECTOR, Role.AUDITOR)
def index() -> ResponseReturnValue:
    year = year_asked(request.args.get("year", "").strip())
    kind = _kind_asked(request.args.get("kind", "").strip())
    checkup = checkup_of(g.actor, year)
    return render_template(
        "checkup/index.html",
        year=year,
        checkup=checkup,
        kinds=_kinds(checkup, kind),
        open=_page(checkup, checkup.open, "after", kind),
        answered=_page(checkup, checkup.answered, "answered_after", kind),
        off=[word(code) for code in FindingCode if code in checkup.settings.off],
        word=word,
    )


def _kind_asked(text: str) -> FindingCode | None:
    if text and text not in list(FindingCode):
        abort(400)
    return FindingCode(text) if text else None


def _kinds(checkup: Checkup, kind: FindingCode | None) -> list[dict[str, Any]]:
    """Tabs: all questions, and each kind that asks any, with how many."""

    def tab(label: Any, code: FindingCode | None, count: int) -> dict[str, Any]:
        href = url_for("checkup.index", year=checkup.year, kind=code)
        return {"label": label, "href": href, "active": code is kind, "count": count}

    of_kind = [
        tab(word(code), code, count)
        for code, count in checkup.counts.items()
        if count or code is kind
    ]
    return [tab(_("全部"), None, len(checkup.findings)), *of_kind]


@bp.route("/<int:year>/<key>/answer", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def answer_finding(year: int, key: str) -> ResponseReturnValue:
    if year not in quota_years():
        raise NotFound
    checkup = checkup_of(g.actor, year)
    finding = next((each for each in checkup.findings if each.key == key), None)
    if finding is None:
        raise NotFound
    form = AnswerForm()
    if form.validate_on_submit():
        note = form.note.data or ""
        done = attempt(form, lambda: answer(g.actor, clock.now(), checkup, key, note))
        if done is not None:
            flash(_("已记录核实情况。"), "success")
            return redirect(url_for("checkup.index", year=year))
    return (
        render_template(
            "checkup/answer.html", year=year, row=shown(checkup, finding), form=form, word=word
        ),
        form.status,
    )
