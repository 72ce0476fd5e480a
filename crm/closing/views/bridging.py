"""数字对账: two ends to choose, and the names between them for every quota."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.closing.forms import SpanForm
from crm.closing.queries import Point, YearBridge, day_point, whole_bridge
from crm.closing.queries.closed import frozen_places, periods_of
from crm.closing.queries.levels import bridge_of_levels
from crm.closing.queries.versions import bridge_of_versions, versions_of
from crm.closing.rules import Compare
from crm.closing.telling import bridge_text, title_text
from crm.closing.views import bp
from crm.closing.views.asking import asked_code, asked_number, asked_year, pages
from crm.closing.wording import period_text, why_text, word
from crm.core import clock
from crm.core.guard import allow
from crm.quotas.telling import subject
from crm.quotas.wording import day_text
from crm.recognition.rules import Level
from crm.recognition.wording import word as level_word

WEEKS = timedelta(days=28)
COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Asked:
    """The bridge asked for, with the words for its two ends and where each is shown whole."""

    found: YearBridge | None
    start: str = ""
    end: str = ""
    start_href: str | None = None
    end_href: str | None = None
    missing: str = ""


@bp.get("/bridge")
@allow(*LEAD_READERS)
def bridge() -> ResponseReturnValue:
    year, today = asked_year(), clock.today()
    compare = asked_code("by", Compare, Compare.DAYS)
    form = SpanForm(_with_defaults(year, today))
    choices: dict[str, Any] = {}
    status = 200
    if compare is Compare.DAYS:
        asked = _days(year, form)
        status = 400 if form.errors else 200
    elif compare is Compare.CLOSED:
        asked = _closed(year, today, choices)
    elif compare is Compare.LEVELS:
        asked = _levels(year, today, choices)
    else:
        asked = _versions(year, today, choices)
    counted = _("项目") if compare is Compare.LEVELS else None
    page = render_template(
        "closing/bridge.html",
        year=year,
        pages=pages(year),
        form=form,
        compare=compare,
        kinds=[
            {
                "label": word(each),
                "href": url_for("closing.bridge", year=year, by=each.value),
                "active": each is compare,
            }
            for each in Compare
        ],
        choices=choices,
        asked=asked,
        quotas=_by_quota(asked.found),
        text=bridge_text(asked.found, asked.start, asked.end, counted) if asked.found else "",
        counted=counted,
        word=word,
        why_text=why_text,
        title_text=title_text,
    )
    return page, status


def _with_defaults(year: int, today: date) -> Any:
    """The address, with the last four weeks where it names no days."""
    given = request.args.copy()
    end = min(today, date(year, 12, 31))
    given.setdefault("from", str(max(end - WEEKS, date(year, 1, 1))))
    given.setdefault("to", str(end))
    return given


def _days(year: int, form: SpanForm) -> Asked:
    if not form.validate():
        return Asked(None)
    start, end = form.start.data, form.end.data
    if start is None or end is None or start > end:
        form.end.errors = [*form.end.errors, _("后一天不能早于前一天。")]
        return Asked(None)
    return Asked(
        whole_bridge(g.actor, year, day_point(start), day_point(end)),
        day_text(start),
        day_text(end),
        url_for("closing.known", year=year, known=start.isoformat()),
        url_for("closing.known", year=year, known=end.isoformat()),
    )


def _closed(year: int, today: date, choices: dict[str, Any]) -> Asked:
    periods = periods_of(year)
    choices["period"] = [(row.id, period_text(year, row.month)) for row in periods]
    if not periods:
        return Asked(None, missing=_("这一年还没有封账的月份。"))
    number = asked_number("period") or periods[-1].id
    row = next((each for each in periods if each.id == number), None)
    if row is None:
        abort(404)
    choices["chosen_period"] = row.id
    start = Point(row.closes_on, row.closed_at, frozen_places(row.id))
    href = url_for("closing.known", year=year, on=row.closes_on.isoformat())
    return Asked(
        whole_bridge(g.actor, year, start, Point(row.closes_on, clock.now())),
        _("%(name)s封账数", name=period_text(year, row.month)),
        _("现在的口径（数据截至%(day)s）", day=day_text(row.closes_on)),
        None,
        href,
    )


def _levels(year: int, today: date, choices: dict[str, Any]) -> Asked:
    words = {COUNTED: _("系统计数")} | {level.value: str(level_word(level)) for level in Level}
    choices["levels"] = list(words.items())
    below = request.args.get("below", COUNTED)
    above = request.args.get("above", Level.DISTRICT.value)
    for text in (below, above):
        if text not in words:
            abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name="level", value=text[:60]))
    choices |= {"below": below, "above": above}
    point = Point(today, clock.now())
    return Asked(
        bridge_of_levels(g.actor, year, _level(below), _level(above), point),
        words[below],
        words[above],
    )


def _level(text: str) -> Level | None:
    return None if text == COUNTED else Level(text)


def _versions(year: int, today: date, choices: dict[str, Any]) -> Asked:
    rows = versions_of(year)
    pairs = [(old, new) for old, new in pairwise(rows) if old.quota_id == new.quota_id]
    choices["versions"] = [(row.id, _version_text(row)) for row in rows]
    old, new = _asked_pair(rows, pairs)
    if old is None or new is None:
        return Asked(None, missing=_("这一年的指标都只有一版口径。"))
    choices |= {"old": old.id, "new": new.id}
    if old.quota_id != new.quota_id:
        return Asked(None, missing=_("请选同一个指标的两版口径。"))
    return Asked(
        bridge_of_versions(g.actor, year, old, new, Point(today, clock.now())),
        _version_text(old),
        _version_text(new),
    )


def _asked_pair(rows: Sequence[Any], pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    by_id = {row.id: row for row in rows}
    numbers = asked_number("old"), asked_number("new")
    if numbers == (None, None):
        return pairs[-1] if pairs else (None, None)
    if any(number not in by_id for number in numbers):
        abort(404)
    return by_id[numbers[0]], by_id[numbers[1]]


def _version_text(row: Any) -> str:
    name = subject(row.label, row.label_en)
    return _("%(name)s第%(number)s版", name=name, number=row.number)


def _by_quota(found: YearBridge | None) -> list[dict[str, Any]]:
    """The bridges of each quota under its name, those that changed first."""
    shown: dict[str, dict[str, Any]] = {}
    for each in found.quotas if found else ():
        quota = shown.setdefault(
            each.code,
            {"code": each.code, "name": subject(each.label, each.label_en), "numbers": []},
        )
        quota["numbers"].append(each)
    return list(shown.values())
