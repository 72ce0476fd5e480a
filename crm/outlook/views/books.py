"""三本账: what is sure, hoped for and in reserve, by name, and moving a lead between them."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.leads.access import lead_to_open
from crm.outlook import queries, services
from crm.outlook.forms import BY_RULE, BookForm
from crm.outlook.queries import Entry, Page, YearBooks
from crm.outlook.rules.books import Book
from crm.outlook.rules.saying import Counted
from crm.outlook.telling import card, quota_lines
from crm.outlook.views import bp
from crm.outlook.views.asking import asked_number, asked_of, asked_year
from crm.outlook.views.saying import said_today
from crm.outlook.wording import word
from crm.quotas.queries import year_numbers
from crm.quotas.telling import subject, told

SHOWN = 20
"""Leads of a book on the page of all three; its own page has them all."""

PAGE = 50


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    year, tabs = asked_year()
    today = clock.today()
    numbers = year_numbers(g.actor, year, today)
    listed = asked_of("list", list(Counted))
    code = asked_of("quota", [each.code for each in numbers.quotas])
    start = asked_number("start", largest=10**6)
    if listed is None:
        page_of_books = Page(size=SHOWN)
    elif listed in set(Book):
        page_of_books = Page(Book(listed), code, start, PAGE)
    else:
        page_of_books = None
    books = queries.books_of(g.actor, year, today, page=page_of_books)
    achieved = queries.achieved_of(g.actor, numbers)
    lines = quota_lines(numbers, books, achieved)
    names = {line.code: line.name for line in lines}
    page = {
        "year": year,
        "tabs": tabs,
        "lines": lines,
        "names": names,
        "books": tuple(Book),
        "word": word,
        "lists": {each.value: word(each) for each in Counted},
        "overlap": books.overlap,
        "may_move": g.actor.role in services.MOVERS,
    }
    if listed in (Counted.RECOGNISED, Counted.AWAITING):
        meant = [achieved[line.code] for line in lines if code in (None, line.code)]
        found = [each for one in meant for each in getattr(one, listed)]
        return _names(page, listed, code, list(dict.fromkeys(found)), start)
    if listed is not None:
        return _book(page, books, Book(listed), code, start)
    entries = queries.entries_of(g.actor, books)
    columns = [
        (each, _cards(books, each, names, [one for one in entries if one.book is each], 0))
        for each in Book
    ]
    return render_template(
        "outlook/index.html",
        **page,
        columns=columns,
        dropped=books.dropped[:SHOWN],
        saying=said_today(numbers, books, achieved, names) if numbers.is_whole else None,
    )


def _cards(
    books: YearBooks,
    book: Book,
    names: dict[str, str],
    entries: Sequence[Entry],
    start: int,
    code: str | None = None,
) -> dict[str, Any]:
    """Cards of a page of leads the person sees, how many follow, and how many have no name."""
    seen = books.count(book, code, seen=True)
    return {
        "cards": [card(each, names) for each in entries],
        "more": max(0, seen - start - len(entries)),
        "unseen": books.count(book, code, seen=False),
        "total": books.count(book, code),
    }


def _book(page: dict[str, Any], books: YearBooks, book: Book, code: str | None, start: int) -> str:
    entries = queries.entries_of(g.actor, books)
    found = _cards(books, book, page["names"], entries, start, code)
    return render_template(
        "outlook/book.html", **page, book=book, code=code, start=start, found=found,
        next_url=_list_url(page["year"], book.value, code, start + PAGE) if found["more"] else None,
        first_url=_list_url(page["year"], book.value, code, 0) if start else None,
    )  # fmt: skip


def _names(
    page: dict[str, Any], listed: str, code: str | None, leads: list[Any], start: int
) -> str:
    """The leads of a page, on one quota with what counts for them and the papers it stands on."""
    seen = [each for each in leads if each.is_seen]
    shown = seen[start : start + PAGE]
    ids = [each.lead_id for each in shown]
    judged = queries.judged_for(page["year"], code, ids) if code and ids else {}
    return render_template(
        "outlook/names.html", **page, listed=listed, code=code, leads=shown,
        why={lead_id: told(row) for lead_id, row in judged.items()},
        total=len(leads), unseen=len(leads) - len(seen),
        next_url=_list_url(page["year"], listed, code, start + PAGE)
        if len(seen) > start + PAGE else None,
        first_url=_list_url(page["year"], listed, code, 0) if start else None,
    )  # fmt: skip


def _list_url(year: int, listed: str, code: str | None, start: int) -> str:
    return url_for("outlook.index", year=year, list=listed, quota=code, start=start or None)


@bp.route("/<int:year>/leads/<int:lead_id>", methods=["GET", "POST"])
@allow(*services.MOVERS)
def move_book(year: int, lead_id: int) -> ResponseReturnValue:
    """Move a lead to another book; dragging a card opens this with ?to=."""
    today = clock.today()
    lead = lead_to_open(g.actor, lead_id)
    entry = queries.entry_of(g.actor, year, lead_id, today)
    if entry is None:
        abort(404)
    form = BookForm().offer(is_moved=entry.is_moved)
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.move_book(
                g.actor, clock.now(), lead_id, year, form.chosen, form.reason.data,
                form.seen_move.data, today=today,
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已调整到“%(book)s”。", book=word(done.book or done.proposed)), "success")
            return redirect(url_for("outlook.index", year=year))
    elif not form.is_submitted():
        form.seen_move.data = entry.seen_move
        asked = request.args.get("to", "")
        form.book.data = asked if asked in {*Book, BY_RULE} else entry.book.value
    names = {each.code: subject(each.label, each.label_en) for each in queries.year_quotas(year)}
    return render_template(
        "outlook/move.html", form=form, entry=entry, word=word, card=card(entry, names),
        heading=_("调整三本账"), about=lead.title, back=url_for("outlook.index", year=year),
    ), form.status  # fmt: skip
