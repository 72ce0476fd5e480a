"""Taking in a workbook of local firms and anchor firms' lists, after a look at what it would do.

Whom a row is about is found as for files of companies (DOMAIN §5). What a row leaves empty stays as it
is; the same file again changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.chains.models import AnchorNeed, Presence, Segment
from crm.chains.queries.presence import anchors_among
from crm.chains.rules import NeedKind, PresenceRole, Strength
from crm.chains.rules.firm_file import (
    FIRM_HEADS,
    NEED_HEADS,
    Book,
    FirmColumn,
    FirmFault,
    FirmMessage,
    FirmRow,
    Names,
    NeedColumn,
    NeedRow,
    firm_columns,
    need_columns,
    read_book,
)
from crm.chains.rules.presence import NeedFault, PresenceEntry, PresenceFault, why_not_noted
from crm.chains.services import needs, presence
from crm.chains.services.needs import NeedEntry
from crm.chains.services.suggesting import suggest_for
from crm.core.bulk import among, chunked
from crm.core.clock import office_day
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.enterprises.models import Enterprise
from crm.enterprises.queries import by_name
from crm.enterprises.rules import normalise_name
from crm.enterprises.rules.roster import Outcome, Told, once_each, tell_apart
from crm.enterprises.services.roster_import import add_companies
from crm.enterprises.services.roster_look import RosterLook, known_companies, register_in_turn
from crm.history import services as history
from crm.history.services import Doer
from crm.places.models import Zone

ALL_COMPANIES = "all"
MOST_ROWS = 5000
"""Of both sheets: each is recorded by the verbs of a page, 2 ms a row."""
REQUIRED_OF_FIRMS = (FirmColumn.COMPANY, FirmColumn.ROLE)
REQUIRED_OF_NEEDS = (NeedColumn.COMPANY, NeedColumn.KIND, NeedColumn.DESCRIPTION)


@dataclass(slots=True)
class FirmLook:
    """A workbook and what importing it does.

    Of what is known only the rows that say something else are in `changed_…`, each with its fields.
    """

    new_firms: list[tuple[int, FirmRow]] = field(default_factory=list)
    """Each with its company's id."""
    changed_firms: list[tuple[Presence, FirmRow, dict[str, Any]]] = field(default_factory=list)
    new_needs: list[tuple[int, NeedRow]] = field(default_factory=list)
    changed_needs: list[tuple[AnchorNeed, NeedRow, dict[str, Any]]] = field(default_factory=list)
    same: int = 0
    unknown: dict[int, Told] = field(default_factory=dict)
    """Companies nobody registered, by the first row that names them."""
    of_unknown: dict[int, list[FirmRow | NeedRow]] = field(default_factory=dict)
    """Their rows, likewise."""
    messages: list[FirmMessage] = field(default_factory=list)

    @property
    def faulty(self) -> int:
        return len({message.row for message in self.messages if message.keeps_out})

    @property
    def does_something(self) -> bool:
        return bool(self.new_firms or self.changed_firms or self.new_needs or self.changed_needs)


def look_at_firms(book: Book, today: date) -> FirmLook:
    """What importing the workbook would do; changes nothing. Raises Refused for one it cannot read."""
    _check_columns(book)
    names = _names()
    read = read_book(book, names, today)
    rows: list[FirmRow | NeedRow] = [*read.firms, *read.needs]
    if not (rows or read.messages):
        raise Refused([Fault("file", "no_rows", _l("表头下面没有内容"))])
    if len(rows) > MOST_ROWS:
        text = _l("一次最多导入%(most)s行，请分成几个文件", most=MOST_ROWS)
        raise Refused([Fault("file", "too_many_rows", text)])
    look = FirmLook(messages=read.messages)
    for told, same in _companies(rows, look):
        if told.outcome is Outcome.FAULTY and told.fault:
            look.messages += [_unclear(row, told.fault.value) for row in same]
        elif told.company_id is not None:
            _sort_in(look, told.company_id, same)
        elif kept := _worth_registering(same, names.retired, look, today):
            look.unknown[told.row.sheet_row] = told
            look.of_unknown[told.row.sheet_row] = kept
    _compare_firms(look, names.retired)
    _compare_needs(look, names.retired, today)
    _keep_out_of_lists(look)
    look.messages.sort(key=lambda each: (not each.keeps_out, each.row))
    return look


def import_firms(
    actor: Doer,
    at: datetime,
    book: Book,
    *,
    filename: str,
    register: Collection[int] | str = (),
) -> FirmLook:
    """Record what is new and put right what differs. `register` names unknown companies, by their row,
    to be registered first (ALL_COMPANIES: every one); the rows of the others are left.

    Raises Refused as `look_at_firms`, and where a row cannot be taken as it was looked at.
    """
    register_in_turn()
    today = office_day(at)
    look = look_at_firms(book, today)
    chosen = [n for n in look.unknown if register == ALL_COMPANIES or n in register]
    new = RosterLook({}, new=[look.unknown.pop(number).row for number in chosen])
    ids = add_companies(actor, history.recorded(at), new)
    if ids:
        suggest_for(list(ids.values()))
    for number in chosen:
        _sort_in(look, ids[-number], look.of_unknown.pop(number))
    for company, firm in look.new_firms:
        presence.stand(
            actor, at, company, firm.segment_id, _entry({}, firm.facts), today=today,
            checked_on=firm.facts.get("checked_on"),
        )  # fmt: skip
    for known, firm, changes in look.changed_firms:
        presence.correct(
            actor, at, known.id, known.version, known.segment_id,
            _entry({key: getattr(known, key) for key in presence.TOLD}, firm.facts),
            today=today, checked_on=changes.get("checked_on"),
        )  # fmt: skip
    for company, need in look.new_needs:
        added = needs.note(actor, at, company, _need_entry(need, None, today), today=today)
        if met_on := need.facts.get("met_on"):
            needs.meet(actor, at, added.id, added.version, met_on, today=today)
    for known_need, need, _changes in look.changed_needs:
        needs.correct(
            actor, at, known_need.id, known_need.version, _need_entry(need, known_need, today),
            need.facts.get("met_on", known_need.met_on), today=today,
        )  # fmt: skip
    if look.does_something:
        history.record(
            actor, at, "presences_imported", None, subject_type="presences",
            after={
                "file": filename[-200:], "added": len(chosen),
                "rows": len(look.new_firms) + len(look.new_needs),
                "changed": len(look.changed_firms) + len(look.changed_needs),
            },
        )  # fmt: skip
    db.session.flush()
    return look


def _check_columns(book: Book) -> None:
    missing = []
    if book.firms is not None:
        columns = firm_columns(book.firms)[1]
        missing = [FIRM_HEADS[each] for each in REQUIRED_OF_FIRMS if each not in columns]
        if not {FirmColumn.CODE, FirmColumn.SEGMENT} & columns.keys():
            missing.append(FIRM_HEADS[FirmColumn.CODE])
    if book.needs is not None:
        needed = need_columns(book.needs)[1]
        missing += [NEED_HEADS[each] for each in REQUIRED_OF_NEEDS if each not in needed]
        if not {NeedColumn.CODE, NeedColumn.SEGMENT} & needed.keys():
            missing.append(NEED_HEADS[NeedColumn.CODE])
    if book.firms is None and book.needs is None:
        missing = [FIRM_HEADS[each] for each in (*REQUIRED_OF_FIRMS, FirmColumn.CODE)]
    if missing:
        text = _l("没有找到这些列：%(names)s。请用模板里的表头", names="、".join(missing))
        raise Refused([Fault("file", "columns_missing", text)])


def _names() -> Names:
    """Segments and cluster areas by what a workbook may call them, in both languages."""
    codes: dict[str, int] = {}
    named: dict[str, set[int]] = {}
    retired: set[int] = set()
    statement = select(Segment.id, Segment.code, Segment.name, Segment.name_en, Segment.retired_on)
    for row in db.session.execute(statement):
        codes[row.code] = row.id
        if row.retired_on is not None:
            retired.add(row.id)
            continue
        for name in {row.name, row.name_en} - {None}:
            named.setdefault(name, set()).add(row.id)
    zones = {}
    for zone in db.session.execute(select(Zone.id, Zone.name, Zone.name_en)):
        zones |= dict.fromkeys((zone.name, zone.name_en or zone.name), zone.id)
    single = {name: min(found) for name, found in named.items() if len(found) == 1}
    return Names(codes, single, zones, frozenset(retired))


def _companies(
    rows: Sequence[FirmRow | NeedRow], look: FirmLook
) -> Iterable[tuple[Told, list[FirmRow | NeedRow]]]:
    """Each company of the workbook once, what it is, and its rows."""
    companies, messages = once_each([row.company for row in rows])
    told = {message.row: message for message in messages}
    of_company: dict[int, list[FirmRow | NeedRow]] = {}
    for row in rows:
        number = row.company.sheet_row
        message = told.get(number)
        if message is not None and message.keeps_out:
            look.messages.append(_unclear(row, message.value))
        else:
            first = int(message.value) if message else number
            of_company.setdefault(first, []).append(row)
    for each in tell_apart(companies, known_companies):
        yield each, _once(of_company[each.row.sheet_row], look)


def _once(rows: Iterable[FirmRow | NeedRow], look: FirmLook) -> list[FirmRow | NeedRow]:
    """A company's rows without those that say again, under its code or its name, what one said before."""
    kept: dict[tuple[object, ...], FirmRow | NeedRow] = {}
    for row in rows:
        key: tuple[object, ...] = (row.segment_id,)
        if isinstance(row, NeedRow):
            key = (row.segment_id, row.kind, row.description)
        if key in kept:
            look.messages.append(FirmMessage(FirmFault.SAME_ROW, row.company.sheet_row))
        else:
            kept[key] = row
    return list(kept.values())


def _worth_registering(
    rows: Sequence[FirmRow | NeedRow], retired: Collection[int], look: FirmLook, today: date
) -> list[FirmRow | NeedRow]:
    """Rows of a company nobody registered: its needs only where a row makes it an anchor firm."""
    firms: list[FirmRow] = []
    lists: list[NeedRow] = []
    for row in rows:
        if isinstance(row, FirmRow) and _may_begin(row, retired, look):
            firms.append(row)
        elif isinstance(row, NeedRow) and _may_stand(
            row, None, row.company.norm, retired, look, today
        ):
            lists.append(row)
    if any(row.facts["role"] is PresenceRole.ANCHOR for row in firms):
        return [*firms, *lists]
    look.messages += [_not_anchor(row) for row in lists]
    return [*firms]


def _may_begin(row: FirmRow, retired: Collection[int], look: FirmLook) -> bool:
    """Whether a firm that does not stand at its segment yet can; why not is told."""
    if row.segment_id in retired:
        look.messages.append(FirmMessage(PresenceFault.RETIRED_SEGMENT, row.company.sheet_row))
        return False
    return True


def _may_stand(
    row: NeedRow,
    known: AnchorNeed | None,
    own_name: str,
    retired: Collection[int],
    look: FirmLook,
    today: date,
) -> bool:
    """Whether an entry of the lists is sound beside what is known of it; why not is told."""
    partner = row.facts.get("partner")
    faults = list(
        why_not_noted(
            row.facts.get("noted_on") or (known.noted_on if known else today),
            row.facts.get("met_on", known.met_on if known else None),
            today,
            is_own_partner=bool(partner) and normalise_name(partner or "") == own_name,
        )
    )
    if known is None and row.segment_id in retired:
        faults.append(NeedFault.RETIRED_SEGMENT)
    look.messages += [FirmMessage(fault, row.company.sheet_row) for fault in faults]
    return not faults


def _not_anchor(row: NeedRow) -> FirmMessage:
    return FirmMessage(NeedFault.NOT_ANCHOR, row.company.sheet_row)


def _unclear(row: FirmRow | NeedRow, value: str) -> FirmMessage:
    return FirmMessage(FirmFault.COMPANY_UNCLEAR, row.company.sheet_row, value[:60])


def _sort_in(look: FirmLook, company: int, rows: Iterable[FirmRow | NeedRow]) -> None:
    """For now everything is new; `_compare_firms` and `_compare_needs` take out what is known."""
    for row in rows:
        if isinstance(row, FirmRow):
            look.new_firms.append((company, row))
        else:
            look.new_needs.append((company, row))


def _compare_firms(look: FirmLook, retired: Collection[int]) -> None:
    """Rows of known firms are the same, or say something else."""
    standing: dict[tuple[int, int], Presence] = {}
    for ids in chunked({company for company, _row in look.new_firms}):
        for firm in db.session.scalars(
            select(Presence).where(among(Presence.enterprise_id, ids), Presence.ended_on.is_(None))
        ):
            standing[firm.enterprise_id, firm.segment_id] = firm
    rows, look.new_firms = look.new_firms, []
    for company, row in rows:
        known = standing.get((company, row.segment_id))
        if known is None:
            if _may_begin(row, retired, look):
                look.new_firms.append((company, row))
            continue
        changes = _differing(known, row.facts)
        if known.checked_on >= row.facts.get("checked_on", known.checked_on):
            changes.pop("checked_on", None)
        if known.role is PresenceRole.ANCHOR and "role" in changes:
            look.messages.append(FirmMessage(FirmFault.ANCHOR_ROLE, row.company.sheet_row))
        elif changes:
            look.changed_firms.append((known, row, changes))
        else:
            look.same += 1


def _compare_needs(look: FirmLook, retired: Collection[int], today: date) -> None:
    """The same for entries of the lists."""
    wanted: dict[tuple[int, int, NeedKind, str], AnchorNeed] = {}
    companies = {company for company, _row in look.new_needs}
    for ids in chunked(companies):
        for need in db.session.scalars(
            select(AnchorNeed).where(among(AnchorNeed.enterprise_id, ids)).order_by(AnchorNeed.id)
        ):
            wanted.setdefault(
                (need.enterprise_id, need.segment_id, need.kind, need.description), need
            )
    partners = {need.partner_id for need in wanted.values() if need.partner_id is not None}
    names = _normal_names(companies | partners)
    rows, look.new_needs = look.new_needs, []
    for company, row in rows:
        known = wanted.get((company, row.segment_id, row.kind, row.description))
        if not _may_stand(row, known, names[company], retired, look, today):
            continue
        if known is None:
            look.new_needs.append((company, row))
            continue
        changes = _differing(known, {k: v for k, v in row.facts.items() if k != "partner"})
        partner = row.facts.get("partner")
        is_partner = (
            names[known.partner_id]
            if known.partner_id is not None
            else normalise_name(known.partner_name or "")
        )
        if partner and normalise_name(partner) != is_partner:
            changes["partner"] = partner
        if changes:
            look.changed_needs.append((known, row, changes))
        else:
            look.same += 1


def _normal_names(enterprise_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for ids in chunked(enterprise_ids):
        statement = select(Enterprise.id, Enterprise.name).where(among(Enterprise.id, ids))
        found |= {row.id: normalise_name(row.name) for row in db.session.execute(statement)}
    return found


def _differing(record: Presence | AnchorNeed, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if getattr(record, key) != value}


def _keep_out_of_lists(look: FirmLook) -> None:
    """Lists belong to anchor firms, those that the workbook itself makes some included."""
    companies = {company for company, _row in look.new_needs}
    anchors = anchors_among(companies)
    anchors |= {
        company for company, row in look.new_firms if row.facts["role"] is PresenceRole.ANCHOR
    }
    anchors |= {
        known.enterprise_id
        for known, row, _changes in look.changed_firms
        if row.facts["role"] is PresenceRole.ANCHOR
    }
    look.messages += [_not_anchor(row) for company, row in look.new_needs if company not in anchors]
    look.new_needs = [(company, row) for company, row in look.new_needs if company in anchors]


def _entry(known: Mapping[str, Any], facts: Mapping[str, Any]) -> PresenceEntry:
    """What is known, with what the row fills over it."""
    told = {**known, **{key: value for key, value in facts.items() if key != "checked_on"}}
    told.setdefault("strength", Strength.MEDIUM)
    return PresenceEntry(**told)


def _need_entry(row: NeedRow, known: AnchorNeed | None, today: date) -> NeedEntry:
    partner = row.facts.get("partner")
    company = by_name(partner) if partner else None
    if partner:
        partner_id, partner_name = (company.id if company else None), partner
    else:
        partner_id = known.partner_id if known else None
        partner_name = known.partner_name if known else None
    return NeedEntry(
        row.segment_id,
        row.kind,
        row.description,
        row.facts.get("noted_on") or (known.noted_on if known else today),
        partner_id,
        partner_name,
        row.facts.get("amount_yuan", known.amount_yuan if known else None),
    )
