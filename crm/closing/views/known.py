"""截至某日口径: the numbers of any day as they were known that day, with every name."""

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.closing.forms import ExportForm, KnownForm
from crm.closing.queries.bridges import counted_by, titles_seen
from crm.closing.queries.closed import exports_of_day
from crm.closing.queries.known import end_of
from crm.closing.queries.standings import hash_of, places_in, standing_document
from crm.closing.rules import BY_EVENT, Number
from crm.closing.views import bp
from crm.closing.views.asking import asked_number, asked_year, pages
from crm.closing.views.periods import READERS
from crm.closing.wording import MISSING, word
from crm.closing.workbook import papers, texts, workbook_of
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.quotas.telling import subject
from crm.recognition.rules import Level
from crm.recognition.wording import word as level_word


@bp.get("/known")
@allow(*LEAD_READERS)
def known() -> ResponseReturnValue:
    year, today = asked_year(), clock.today()
    given = request.args.copy()
    given.setdefault("known", str(min(today, date(year, 12, 31))))
    form = KnownForm(given)
    day, on = _days_asked(form, today)
    document = standing_document(year, on, _known_at(day)) if day and on else None
    page = render_template(
        "closing/known.html",
        year=year,
        pages=pages(year),
        form=form,
        day=day,
        on=on,
        quotas=shown_quotas(document) if document else [],
        exports=_exports(document, year, day) if day == on else [],
        export_form=ExportForm(formdata=None, as_of=on) if _may_export(day, on) else None,
        workbook_url=url_for("closing.known_workbook", year=year, known=day, on=on)
        if document and g.actor.role in READERS
        else None,
        word=word,
    )
    return page, 400 if form.errors else 200


def _days_asked(form: KnownForm, today: date) -> tuple[date | None, date | None]:
    """The day as it was known, and the last day of the facts; words beside a day that is none."""
    if not form.validate() or form.known.data is None:
        return None, None
    if form.known.data > today:
        form.known.errors = [*form.known.errors, _("这一天还没有到。")]
        return form.known.data, None
    return form.known.data, form.on.data or form.known.data


def _known_at(day: date) -> datetime:
    return min(clock.now(), end_of(day))


@dataclass(frozen=True, slots=True)
class Remade:
    """A day's standing as a workbook is made of it; nothing of it is kept."""

    content: dict[str, Any]
    known_at: datetime
    taken_by: str
    taken_at: datetime

    @property
    def content_hash(self) -> str:
        return hash_of(self.content)


@bp.get("/known.xlsx")
@allow(*READERS)
def known_workbook() -> ResponseReturnValue:
    """Every name of the page in one workbook. 404 for days that mean nothing."""
    year = asked_year()
    day, on = _days_asked(KnownForm(request.args), clock.today())
    document = standing_document(year, on, _known_at(day)) if day and on else None
    if document is None or day is None or on is None:
        raise NotFound
    remade = Remade(document, _known_at(day), g.actor.name, clock.now())
    everyone = {lead["lead_id"] for quota in document["quotas"] for lead in quota["leads"]}
    return send_file(
        io.BytesIO(workbook_of(remade, titles_seen(g.actor, everyone))),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=_(
            "%(year)s年指标进度%(day)s（%(known)s口径）.xlsx", year=year, day=on, known=day
        ),
        max_age=0,
    )


def _may_export(day: date | None, on: date | None) -> bool:
    return g.actor.role is Role.DIRECTOR and day is not None and day == on


PAGE = 50


def shown_quotas(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The quotas of a standing as a page shows them, as far as the reader counts the leads.

    Of each quota a page of names: the first, or of the quota asked for those from a place on.
    """
    places = counted_by(g.actor, places_in(document))
    code, start = request.args.get("quota", ""), asked_number("start") or 0
    pages_of = {}
    for quota in document["quotas"]:
        counted = places[quota["quota_id"], Number.SIGNED]
        mine = [lead for lead in quota["leads"] if lead["lead_id"] in counted]
        first = min(start, max(0, len(mine) - 1) // PAGE * PAGE) if quota["code"] == code else 0
        pages_of[quota["quota_id"]] = (mine[first : first + PAGE], first, len(mine))
    seen = titles_seen(
        g.actor, {lead["lead_id"] for some, _first, _all in pages_of.values() for lead in some}
    )
    shown = []
    for quota in document["quotas"]:
        page, first, total = pages_of[quota["quota_id"]]
        leads = [
            {
                **lead,
                "title": lead["title"] if lead["lead_id"] in seen else str(MISSING),
                "href": url_for("leads.detail", lead_id=lead["lead_id"])
                if lead["lead_id"] in seen
                else None,
                "texts": texts(lead) if lead["lead_id"] in seen else [],
                "papers": papers(lead) if lead["lead_id"] in seen else [],
                "levels": [
                    str(level_word(level))
                    for level in Level
                    if lead["lead_id"] in quota["recognised"].get(level.value, ())
                ],
            }
            for lead in page
        ]
        numbers = [
            (each, len(places[quota["quota_id"], each])) for each in (*BY_EVENT, Number.CERTIFIED)
        ]
        shown.append(
            {
                "code": quota["code"],
                "name": subject(quota["label"], quota["label_en"]),
                "target": quota["target"],
                "due": quota["due"],
                "modality": quota["modality"],
                "numbers": numbers,
                "leads": leads,
                "total": total,
                "first_url": _page_url(quota["code"], 0) if first else None,
                "next_url": _page_url(quota["code"], first + PAGE)
                if first + PAGE < total
                else None,
            }
        )
    return shown


def _page_url(code: str, start: int) -> str:
    """This page with another part of one quota's names."""
    asked: dict[str, Any] = {
        name: text for name, text in request.args.items() if name not in {"quota", "start"}
    }
    return url_for(
        request.endpoint or "",
        **(request.view_args or {}),
        **asked,
        quota=code,
        start=start or None,
        _anchor=f"{code}-names",
    )


def _exports(
    document: dict[str, Any] | None, year: int, day: date | None
) -> list[tuple[Any, bool]]:
    """The exports of that day, each with whether it says what is shown here."""
    if document is None or day is None or not g.actor.sees_all:
        return []
    rows = exports_of_day(year, day)
    told = hash_of(document) if rows else ""
    return [(row, row.content_hash == told) for row in rows]
