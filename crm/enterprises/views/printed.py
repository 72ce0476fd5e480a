"""What an edition prints: all its rows, and what changed since the edition before."""

from enum import StrEnum
from typing import Any, TypeVar

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.enterprises import access, queries
from crm.enterprises.models import RankingEdition
from crm.enterprises.queries import Change, Tab
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.views import bp
from crm.enterprises.views.cards import LONGEST_SEARCH, list_name
from crm.enterprises.wording import WORDS, number

Code = TypeVar("Code", bound=StrEnum)


def known_edition(edition_id: int) -> tuple[RankingEdition, str]:
    """An edition and its list's name. Raises NotFound."""
    edition = queries.edition_by_id(edition_id)
    if edition is None:
        raise NotFound
    lists = {row.id: row for row in queries.ranking_lists()}
    return edition, list_name(lists[edition.list_id])


def asked_of(codes: type[Code], name: str, otherwise: Code) -> Code:
    """The code in the address; one that is none of ours is refused with 400."""
    text = request.args.get(name) or otherwise.value
    if text not in tuple(codes):
        abort(400)
    return codes(text)


def counted(number: int) -> str | int:
    return f"{COUNT_LIMIT}+" if number > COUNT_LIMIT else number


@bp.get("/rankings/<int:edition_id>/rows")
@allow(*LEAD_READERS)
def edition_rows(edition_id: int) -> ResponseReturnValue:
    edition, name = known_edition(edition_id)
    tab = asked_of(Tab, "tab", Tab.ALL)
    text = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH] or None
    try:
        page = queries.rows_of_edition(edition_id, tab, request.args.get("cursor"), text=text)
    except CursorError:
        abort(400)
    return render_template(
        "enterprises/edition_rows.html",
        edition=edition,
        list_name=name,
        tab=tab.value,
        text=text,
        page=page,
        counts={each.value: counted(n) for each, n in queries.tab_counts(edition_id, text).items()},
        proposals=queries.proposals_of([row.id for row in page.rows]),
        basis_words=WORDS[Basis],
        number=number,
        previous=queries.previous_edition(edition),
        exact=bool(queries.exact_proposals(edition_id)),
        may_confirm=access.may_confirm_ranking(g.actor),
    )


@bp.get("/rankings/<int:edition_id>/changes")
@allow(*LEAD_READERS)
def edition_changes(edition_id: int) -> ResponseReturnValue:
    edition, name = known_edition(edition_id)
    change = asked_of(Change, "kind", Change.NEW)
    previous = queries.previous_edition(edition)
    page: Any = None
    counts: dict[Change, int] = {}
    if previous is not None:
        try:
            page = queries.changes_of(edition_id, previous.id, change, request.args.get("cursor"))
        except CursorError:
            abort(400)
        counts = queries.change_counts(edition_id, previous.id)
    return render_template(
        "enterprises/edition_changes.html",
        edition=edition,
        list_name=name,
        change=change.value,
        previous=previous,
        page=page,
        counts={each.value: counted(n) for each, n in counts.items()},
    )
