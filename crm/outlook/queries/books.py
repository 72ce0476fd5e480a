"""The leads in talks that could count this year, each in one book with its reasons."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, func, literal, or_, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor
from crm.core.bulk import among as among_values
from crm.core.db import rows_of
from crm.leads.access import may_edit, may_see
from crm.leads.models import Lead, StageChange, among
from crm.leads.queries import STATEMENTS_KEPT
from crm.leads.rules import CLOSED, FROM_SIGNING, IN_TALKS, Stage
from crm.outlook.models import BookMove
from crm.outlook.queries.standing import (
    Moved,
    Page,
    QuotaOfYear,
    Tally,
    counted,
    counted_and_shown,
    year_quotas,
)
from crm.outlook.rules.books import (
    Book,
    DropCause,
    Fit,
    Proposal,
    Prospect,
    proposed,
    why_not_move,
)
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import VERDICTS_OF, of_year_meant, reach
from crm.quotas.rules import Outcome


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided last about a lead's book, and why it holds no longer if it does not."""

    move_id: int
    lead_id: int
    title: str
    book: Book | None
    from_book: Book
    proposed: Book
    reason: str
    by: str | None
    at: datetime
    dropped: DropCause | None = None
    dropped_on: date | None = None
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One lead in its book. `counts_to` are the codes of the quotas it is counted for there.

    A lead near to a quota alone counts to the quotas it is near to. `decision` is the one that
    holds or held last; what the rule proposes stays beside it.
    """

    lead_id: int
    title: str
    owner: str | None
    department: str | None
    investment_yuan: int | None
    investment_text: str | None
    prospect: Prospect
    counts_to: frozenset[str]
    proposal: Proposal
    decision: Decision | None
    book: Book
    is_seen: bool
    may_edit: bool

    @property
    def is_moved(self) -> bool:
        """Whether a person's decision, not the rule, puts it there."""
        return (
            self.decision is not None
            and self.decision.book is not None
            and self.decision.dropped is None
        )

    @property
    def seen_move(self) -> int:
        """The last decision a form was opened with; 0 for none."""
        return self.decision.move_id if self.decision else 0


@dataclass(frozen=True, slots=True)
class YearBooks:
    """The three books of a year as a person sees them: counted, not read.

    Without reserve (`is_whole` false) only what is sure or hoped for was counted.
    """

    year: int
    on: date
    quotas: tuple[QuotaOfYear, ...]
    tallies: tuple[Tally, ...] = ()
    moved: Moved = ()
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    dropped: tuple[Decision, ...] = ()
    shown: tuple[int, ...] = ()
    is_whole: bool = True

    def count(self, book: Book, code: str | None = None, *, seen: bool | None = None) -> int:
        """How many leads of a book, of one quota or of all; only those the person sees, or does not."""
        return sum(
            each.number
            for each in self.tallies
            if each.book is book
            and (code is None or code in each.codes)
            and (seen is None or each.is_seen is seen)
        )

    @property
    def overlap(self) -> int:
        """How many of the leads count to more than one quota."""
        return sum(each.number for each in self.tallies if len(each.codes) > 1)


def books_of(
    actor: Actor,
    year: int,
    on: date,
    *,
    page: Page | None = None,
    hoped_only: bool = False,
    quotas: tuple[QuotaOfYear, ...] | None = None,
) -> YearBooks:
    """The three books of a year as a person sees them, in at most five queries for any number of leads.

    Whoever answers for the whole district counts all of it; what they may not see has no name.
    With a `page` it is found in the same pass which leads are shown. With `hoped_only` nobody
    counts the reserve, which is most of the leads. `quotas` are the year's where they are known.
    """
    quotas = year_quotas(year) if quotas is None else quotas
    if not quotas:
        return YearBooks(year, on, ())
    decisions = _decisions(actor, year)
    decided = [each.lead_id for each in decisions.values() if each.book and not each.dropped]
    entries = _entries(_prospects(actor, quotas, decided), quotas, decisions, on) if decided else []
    moved = tuple(
        (book, tuple(sorted(one.lead_id for one in entries if one.is_moved and one.book is book)))
        for book in Book
    )
    void = {each.lead_id: each.decision for each in entries if not each.is_moved}
    dropped = [void.get(each.lead_id) or each for each in decisions.values()]
    dropped = [each for each in dropped if each.dropped and each.book is not None]
    dropped.sort(key=lambda each: (each.dropped_on or date.min, each.move_id), reverse=True)
    shown: tuple[int, ...] = ()
    if page is None:
        tallies = counted(actor, quotas, on, moved, hoped_only=hoped_only)
    else:
        tallies, shown = counted_and_shown(actor, quotas, on, moved, page)
    return YearBooks(
        year, on, quotas, tallies, moved, decisions, tuple(dropped), shown, not hoped_only
    )


def entries_of(actor: Actor, books: YearBooks) -> list[Entry]:
    """The leads of the books' page with their reasons, the earliest expected signing first; one query."""
    if not books.shown:
        return []
    rows = _prospects(actor, books.quotas, books.shown)
    entries = _entries(rows, books.quotas, books.decisions, books.on)
    found = {each.lead_id: each for each in entries}
    return [found[each] for each in books.shown if each in found]


def entry_of(actor: Actor, year: int, lead_id: int, on: date) -> Entry | None:
    """One lead's place in the books; None where it stands in none."""
    quotas = year_quotas(year)
    rows = _prospects(actor, quotas, [lead_id]) if quotas else []
    found = _entries(rows, quotas, _decisions(actor, year, [lead_id]), on)
    return found[0] if found else None


def _prospects(
    actor: Actor, quotas: Sequence[QuotaOfYear], lead_ids: Collection[int]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """(quota id, verdict, then the lead's columns) of the leads in talks that could count."""
    statement = (
        select(
            Verdict.quota_id,
            Verdict.verdict,
            Lead.id,
            Lead.title,
            User.name.label("owner"),
            Department.name.label("department"),
            Lead.investment_yuan,
            Lead.investment_text,
            Lead.stage,
            Lead.expected_sign_on,
            Lead.signing_slips,
            Lead.signing_slip_days,
            Lead.confidence,
            Lead.confidence_on,
            may_see(actor).label("is_seen"),
            may_edit(actor).label("may_edit"),
        )
        .select_from(Verdict)
        .join(Lead, Lead.id == Verdict.lead_id)
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(
            Verdict.quota_id.in_([quota.quota_id for quota in quotas]),
            or_(Verdict.verdict.in_([Outcome.COUNTS, Outcome.PENDING]), Verdict.is_near_miss),
            among(IN_TALKS),
            among_values(Lead.id, lead_ids),
            _within(actor),
        )
        .order_by(Lead.id, Verdict.quota_id)
    )
    return rows_of(statement).all()


def _within(actor: Actor) -> Any:
    within = reach(actor)
    return literal(value=True) if within is None else within


def _entries(
    rows: Iterable[Row[*tuple[Any, ...]]],
    quotas: Sequence[QuotaOfYear],
    decisions: Mapping[int, Decision],
    on: date,
) -> list[Entry]:
    by_id = {quota.quota_id: quota for quota in quotas}
    fits: dict[int, dict[int, Fit]] = defaultdict(dict)
    leads: dict[int, Row[*tuple[Any, ...]]] = {}
    for row in rows:
        leads[row.id] = row
        fits[row.id][row.quota_id] = (
            Fit.NEAR if row.verdict is Outcome.NO else Fit(row.verdict.value)
        )
    found = []
    for lead_id, row in leads.items():
        fit = min(fits[lead_id].values(), key=tuple(Fit).index)
        counted = [
            by_id[quota_id]
            for quota_id, each in fits[lead_id].items()
            if each is not Fit.NEAR or fit is Fit.NEAR
        ]
        prospect = Prospect(
            lead_id, row.stage, row.expected_sign_on, row.signing_slips, row.signing_slip_days,
            row.confidence, row.confidence_on, fit,
        )  # fmt: skip
        proposal = proposed(
            prospect,
            opens=min(quota.opens for quota in counted),
            closes=max(quota.closes for quota in counted),
            on=on,
        )
        decision = _checked(decisions.get(lead_id), prospect)
        holds = decision is not None and decision.book is not None and decision.dropped is None
        found.append(
            Entry(
                lead_id, row.title, row.owner, row.department, row.investment_yuan,
                row.investment_text, prospect, frozenset(quota.code for quota in counted),
                proposal, decision,
                decision.book if decision and decision.book and holds else proposal.book,
                bool(row.is_seen), bool(row.may_edit),
            )
        )  # fmt: skip
    return found


def _checked(decision: Decision | None, prospect: Prospect) -> Decision | None:
    """A decision is dropped, too, where the lead meets the criteria no longer."""
    if decision is None or decision.dropped or decision.book is None:
        return decision
    if why_not_move(prospect, decision.book) is None:
        return decision
    return _dropped(decision, DropCause.CRITERIA, None)


def _dropped(decision: Decision, cause: DropCause, on: date | None) -> Decision:
    return replace(decision, dropped=cause, dropped_on=on)


DROPS: dict[Stage, DropCause] = {
    **dict.fromkeys(FROM_SIGNING, DropCause.SIGNED),
    **dict.fromkeys(CLOSED, DropCause.LOST),
    Stage.PARKED: DropCause.PARKED,
}
"""The stages that end what was decided about a lead in talks, whether it stays there or comes back."""


def _decisions(
    actor: Actor, year: int, lead_ids: Collection[int] | None = None
) -> dict[int, Decision]:
    """The last decision on each lead within reach, dropped by what happened to the lead since."""
    moves = _moves(actor, year)
    if lead_ids is not None:
        moves = moves.where(among_values(BookMove.lead_id, lead_ids))
    last = {row.lead_id: row for row in rows_of(moves)}
    ends = _ends(last)
    found = {}
    for number, row in last.items():
        decision = Decision(
            row.id, row.lead_id, row.title, row.book, row.from_book, row.proposed, row.reason,
            row.by, row.at, is_seen=bool(row.is_seen),
        )  # fmt: skip
        cause, day = ends.get(number, (DROPS.get(row.stage), None))
        found[number] = decision if cause is None else _dropped(decision, cause, day)
    return found


@lru_cache(maxsize=STATEMENTS_KEPT)
def _moves(actor: Actor, year: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            BookMove.id, BookMove.lead_id, Lead.title, BookMove.book, BookMove.from_book,
            BookMove.proposed, BookMove.reason, User.name.label("by"), BookMove.at, Lead.stage,
            may_see(actor).label("is_seen"),
        )
        .join(Lead, Lead.id == BookMove.lead_id)
        .outerjoin(User, User.id == BookMove.by_id)
        .where(BookMove.year == year, _within(actor))
        .order_by(BookMove.id)
    )  # fmt: skip


def _ends(last: Mapping[int, Row[*tuple[Any, ...]]]) -> dict[int, tuple[DropCause, date]]:
    """What ended the decisions, and when: the first such change of stage after each."""
    if not last:
        return {}
    changes = (
        select(StageChange.lead_id, StageChange.to_stage, StageChange.happened_on, StageChange.at)
        .where(among_values(StageChange.lead_id, [*last]), StageChange.to_stage.in_([*DROPS]))
        .order_by(StageChange.id)
    )
    found: dict[int, tuple[DropCause, date]] = {}
    for row in rows_of(changes):
        if row.at > last[row.lead_id].at:
            found.setdefault(row.lead_id, (DROPS[row.to_stage], row.happened_on))
    return found


@dataclass(frozen=True, slots=True)
class LeadPlace:
    """In which book one lead stands, what the rule says, and the decision that holds."""

    year: int
    book: Book
    proposal: Proposal
    decision: Decision | None


def _void() -> Any:
    """Whether something ended the decision since; as `_ends` says it."""
    return (
        select(StageChange.id)
        .where(
            StageChange.lead_id == BookMove.lead_id,
            StageChange.at > BookMove.at,
            StageChange.to_stage.in_([*DROPS]),
        )
        .exists()
    )


_LAST_MOVE = (
    select(func.max(BookMove.id))
    .where(BookMove.lead_id == Verdict.lead_id, BookMove.year == Quota.year)
    .correlate(Verdict, Quota)
    .scalar_subquery()
)
_VERDICTS_WITH_MOVE = (
    VERDICTS_OF.add_columns(
        Verdict.is_near_miss, Quota.opens, Quota.closes,
        BookMove.id.label("move_id"), BookMove.book.label("moved_to"), BookMove.from_book,
        BookMove.proposed, BookMove.reason.label("move_reason"), BookMove.at.label("moved_at"),
        User.name.label("moved_by"), _void().label("is_void"),
    )
    .outerjoin(BookMove, BookMove.id == _LAST_MOVE)
    .outerjoin(User, User.id == BookMove.by_id)
)  # fmt: skip


def verdicts_and_move_of(lead_id: int, year: int) -> list[Row[Any]]:
    """`quotas.queries.verdicts_of`, each with the last decision on the lead's book; one query."""
    return of_year_meant(rows_of(_VERDICTS_WITH_MOVE, {"lead_id": lead_id}).all(), year)


def place_of(lead: Any, rows: Sequence[Row[Any]], on: date) -> LeadPlace | None:
    """The lead's place in the books from what its page has read; None where it stands in none.

    `lead` has the columns of a lead; `rows` come from `verdicts_and_move_of`.
    """
    rows = [row for row in rows if row.year == on.year]
    fits = [row for row in rows if row.verdict is not Outcome.NO]
    nears = [row for row in rows if row.verdict is Outcome.NO and row.is_near_miss]
    if lead.stage not in IN_TALKS or not (fits or nears):
        return None
    verdicts = {Fit(row.verdict.value) for row in fits} or {Fit.NEAR}
    prospect = Prospect(
        lead.id, lead.stage, lead.expected_sign_on, lead.signing_slips, lead.signing_slip_days,
        lead.confidence, lead.confidence_on, min(verdicts, key=tuple(Fit).index),
    )  # fmt: skip
    counted_to = fits or nears
    proposal = proposed(
        prospect,
        opens=min(row.opens for row in counted_to),
        closes=max(row.closes for row in counted_to),
        on=on,
    )
    row = rows[0]
    is_moved = (
        row.moved_to is not None
        and not row.is_void
        and why_not_move(prospect, row.moved_to) is None
    )
    if not is_moved:
        return LeadPlace(on.year, proposal.book, proposal, None)
    decision = Decision(
        row.move_id, lead.id, lead.title, row.moved_to, row.from_book, row.proposed,
        row.move_reason, row.moved_by, row.moved_at,
    )  # fmt: skip
    return LeadPlace(on.year, row.moved_to, proposal, decision)
