"""截至某日口径: the numbers of any day as they were known that day, with every name."""

from datetime import date
from typing import Any

from flask import g, render_template, request, url_for
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
from crm.closing.views.asking import asked_year, pages
from crm.closing.wording import MISSING, word
from crm.closing.workbook import papers, texts
from crm.core import clock
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
    document, on, day = None, None, None
    if form.validate() and form.known.data is not None:
        day = form.known.data
        if day > today:
            form.known.errors = [*form.known.errors, _("这一天还没有到。")]
        else:
            on = form.on.data or day
            document = standing_document(year, on, min(clock.now(), end_of(day)))
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
        word=word,
    )
    return page, 400 if form.errors else 200


def _may_export(day: date | None, on: date | None) -> bool:
    return g.actor.role is Role.DIRECTOR and day is not None and day == on


def shown_quotas(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The quotas of a standing as a page shows them, as far as the reader counts the leads."""
    places = counted_by(g.actor, places_in(document))
    everyone = {lead["lead_id"] for quota in document["quotas"] for lead in quota["leads"]}
    seen = titles_seen(g.actor, everyone)
    shown = []
    for quota in document["quotas"]:
        counted = places[quota["quota_id"], Number.SIGNED]
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
            for lead in quota["leads"]
            if lead["lead_id"] in counted
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
            }
        )
    return shown


def _exports(
    document: dict[str, Any] | None, year: int, day: date | None
) -> list[tuple[Any, bool]]:
    """The exports of that day, each with whether it says what is shown here."""
    if document is None or day is None or not g.actor.sees_all:
        return []
    told = hash_of(document)
    return [(row, row.content_hash == told) for row in exports_of_day(year, day)]
