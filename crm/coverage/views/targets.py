"""目标企业: whom to call about a segment or a chain, with every reason; and the list as a workbook."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains import queries as chains
from crm.chains.wording import named
from crm.core import clock
from crm.core.db import transaction
from crm.core.guard import allow
from crm.coverage import access
from crm.coverage.queries.printed import printed_elsewhere
from crm.coverage.queries.talks import settled_told, told_to
from crm.coverage.queries.targets import Targets, targets
from crm.coverage.rules.scoring import Exclusion, Score, Seat, TargetFilter
from crm.coverage.telling import ReasonTold, place_text, reasons_of
from crm.coverage.views import bp
from crm.coverage.wording import ICON, WORDS, reason_text, word
from crm.enterprises.wording import region_words
from crm.history import services as history
from crm.leads.rules.filters import read_number

SHOWN, MORE, MOST_SHOWN = 20, 20, 500
BEST = 5
"""Targets beside the map; the page has all of them."""

EXPORTED = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a segment with those below it, or a whole chain; and narrowed how."""

    code: str
    is_segment: bool
    chain_id: int
    segment_id: int | None
    narrowed: TargetFilter

    @property
    def scope(self) -> dict[str, str]:
        """The segment or chain, as addresses carry it."""
        return {"segment" if self.is_segment else "chain": self.code}

    @property
    def bare(self) -> str:
        """The list without conditions."""
        return url_for("coverage.targets_page", **self.scope)

    def address(self, endpoint: str = "coverage.targets_page", **more: Any) -> str:
        """The address of this list, `more` in place of what it is narrowed to now."""
        seat = self.narrowed.seat
        args: dict[str, Any] = {
            **self.scope,
            "talks": "hide" if self.narrowed.hides_talks else None,
            "signs": "yes" if self.narrowed.with_signs else None,
            "seat": seat.value if seat else None,
            **more,
        }
        given = {name: value for name, value in args.items() if value not in (None, "")}
        return f"{url_for(endpoint)}?{urlencode(given)}"


@dataclass(frozen=True, slots=True)
class TargetShown:
    """A company of the list with its place, its reasons, and where it sits."""

    place: int
    score: Score
    reasons: Sequence[ReasonTold]
    segment: Any
    region: str

    @property
    def points_text(self) -> str:
        return str(self.score.points).replace("-", "−")


@bp.get("/targets")
@allow(*access.READERS)
def targets_page() -> ResponseReturnValue:
    asked = _asked()
    found = _found(asked)
    wanted = _narrowed(found, asked)
    top = _top()
    segment = found.segments[asked.segment_id] if asked.segment_id else None
    return render_template(
        "coverage/targets.html",
        asked=asked,
        chain=found.chain.chain,
        segment=segment,
        shown=_shown(found, wanted[:top]),
        total=len(wanted),
        everyone=len(found.scores),
        more=asked.address(top=min(top + MORE, MOST_SHOWN))
        if len(wanted) > top < MOST_SHOWN
        else None,
        left_out=_left_out(found),
        printed=[
            (each, found.segments[each.segment_id].segment)
            for each in printed_elsewhere(clock.today(), found.segments)
        ],
        seats=[(each.value, word(each)) for each in Seat],
        chips=list(_chips(asked)),
        status_reasons=[reason_text(each) for each in segment.judged.reasons] if segment else [],
        status_icon=ICON,
        place_text=place_text,
        chart_address=url_for("chains.segment", code=found.chain.chain.code, segment=asked.code)
        if segment
        else url_for("chains.chart", code=found.chain.chain.code),
    )


@bp.get("/targets/best")
@allow(*access.READERS)
def best_targets() -> ResponseReturnValue:
    """The best of a segment, to stand beside the map."""
    asked = _asked()
    found = _found(asked)
    return render_template(
        "coverage/_best.html",
        asked=asked,
        shown=_shown(found, found.scores[:BEST]),
        total=len(found.scores),
    )


@bp.get("/targets.xlsx")
@allow(*access.READERS)
def targets_workbook() -> ResponseReturnValue:
    """The list as a workbook, 1,000 companies at most. The trail tells who took it."""
    from crm.core.sheets.writing import write_long_workbook  # openpyxl takes 0.2 s

    asked = _asked()
    found = _found(asked)
    wanted = _narrowed(found, asked)[:EXPORTED]
    with transaction():
        history.record(
            g.actor, clock.now(), "targets_exported", None,
            after={"code": asked.code, "rows": len(wanted)}, subject_type="target_dismissals",
        )  # fmt: skip
    head = (_("名次"), _("企业名称"), _("环节"), _("所在地"), _("得分"), _("理由"))
    rows = (
        (
            each.place, each.score.facts.name, named(each.segment.name, each.segment.name_en),
            each.region, each.score.points,
            "\n".join(f"{one.signed} {one.sentence}" for one in each.reasons),
        )
        for each in _shown(found, wanted)
    )  # fmt: skip
    out = io.BytesIO()
    title = _("目标企业")
    write_long_workbook(out, [(title, (6, 36, 24, 16, 8, 90), _lines(head, rows))])
    out.seek(0)
    return send_file(
        out,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{title}{asked.code}-{clock.today():%Y%m%d}.xlsx",
    )


def _lines(head: Sequence[Any], rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield head
    yield from rows


def _asked() -> Asked:
    """400 for a condition that means nothing, 404 for a chain or segment there is not."""
    args = request.args
    talks, signs, seat = (args.get(name, "") for name in ("talks", "signs", "seat"))
    if talks not in ("", "hide") or signs not in ("", "yes") or seat not in ("", *Seat):
        abort(400)
    narrowed = TargetFilter(talks == "hide", signs == "yes", Seat(seat) if seat else None)
    if code := args.get("segment", ""):
        segment = chains.segment_named(code)
        if segment is None:
            abort(404)
        return Asked(segment.code, True, segment.chain_id, segment.id, narrowed)
    code = args.get("chain", "")
    chain_id = chains.chain_named(code)
    if chain_id is None:
        abort(404)
    return Asked(code.strip().upper(), False, chain_id, None, narrowed)


def _top() -> int:
    text = request.args.get("top", "")
    if not text:
        return SHOWN
    try:
        return read_number(text, MOST_SHOWN)
    except ValueError:
        abort(400)


def _found(asked: Asked) -> Targets:
    found = targets(clock.today(), asked.chain_id, asked.segment_id)
    if found is None:
        abort(404)
    return found


def _narrowed(found: Targets, asked: Asked) -> Sequence[Score]:
    if not asked.narrowed.narrows:
        return found.scores
    return [each for each in found.scores if asked.narrowed.takes(each)]


def _shown(found: Targets, scores: Sequence[Score]) -> list[TargetShown]:
    told = told_to(g.actor, scores, found.groups, clock.today())
    return [
        TargetShown(
            place,
            each,
            reasons_of(each),
            found.segments[each.facts.segment_id].segment,
            region_words(each.facts.region),
        )
        for place, each in enumerate(told, start=1)
    ]


NAMED = 30


def _left_out(found: Targets) -> list[dict[str, Any]]:
    """By reason how many companies are no targets, and some of their names."""
    by_reason: dict[Exclusion, list[Score]] = {code: [] for code in Exclusion}
    for each in found.excluded:
        by_reason[each.facts.exclusions[0]].append(each)
    tellable = dict(by_reason)
    if settled := by_reason[Exclusion.SETTLED]:
        told = settled_told(g.actor, found.segments.keys())
        tellable[Exclusion.SETTLED] = [
            each for each in settled if (each.facts.enterprise_id, each.facts.segment_id) in told
        ]
    return [
        {
            "words": WORDS[Exclusion][code],
            "count": len(companies),
            "companies": [
                (each.facts.enterprise_id, each.facts.name) for each in tellable[code][:NAMED]
            ],
        }
        for code, companies in by_reason.items()
        if companies
    ]


def _chips(asked: Asked) -> Iterator[dict[str, Any]]:
    narrowed = asked.narrowed
    if narrowed.hides_talks:
        yield {"label": _("不看在谈的"), "href": asked.address(talks=None)}
    if narrowed.with_signs:
        yield {"label": _("有扩产信号"), "href": asked.address(signs=None)}
    if narrowed.seat:
        yield {"label": word(narrowed.seat), "href": asked.address(seat=None)}
