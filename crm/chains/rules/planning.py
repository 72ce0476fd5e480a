"""What taking a filled-in workbook in would change, or why it cannot be taken in. Nothing is guessed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from crm.chains.rules.chain_file import (
    LINKS,
    SEGMENTS,
    Column,
    FileFault,
    LinkRow,
    ReadFile,
    RowFault,
    SegmentRow,
)
from crm.chains.rules.entries import EntryFault, SegmentEntry
from crm.chains.rules.kinds import Tier
from crm.chains.rules.links import way_between
from crm.chains.rules.tree import on_circles


@dataclass(frozen=True, slots=True)
class KnownSegment:
    """A segment as it stands. `parent` and `chain` are codes; `stands` counts what stands on it."""

    id: int
    version: int
    entry: SegmentEntry
    chain: str
    parent: str
    tier: Tier | None
    is_retired: bool
    stands: int


@dataclass(frozen=True, slots=True)
class KnownLink:
    id: int
    version: int
    product: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is there before: chains in use by code with their ids, groups by name with theirs."""

    chains: Mapping[str, int]
    groups: Mapping[str, int]
    segments: Mapping[str, KnownSegment]
    links: Mapping[tuple[str, str], KnownLink]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row with where it is to stand: chain and tier are those of its root."""

    row: SegmentRow
    entry: SegmentEntry
    chain: str
    tier: Tier | None
    known: KnownSegment | None
    changed: tuple[str, ...] = ()
    """Names of what is said otherwise than now."""
    is_moved: bool = False


@dataclass(slots=True)
class Plan:
    """Everything a file changes. `new` stands in an order in which parents come first."""

    new: list[Wanted] = field(default_factory=list)
    changed: list[Wanted] = field(default_factory=list)
    moved: list[Wanted] = field(default_factory=list)
    retired: list[Wanted] = field(default_factory=list)
    unchanged: int = 0
    new_links: list[LinkRow] = field(default_factory=list)
    changed_links: list[tuple[LinkRow, KnownLink]] = field(default_factory=list)
    removed_links: list[tuple[LinkRow, KnownLink]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        return bool(
            self.new or self.changed or self.moved or self.retired
            or self.new_links or self.changed_links or self.removed_links
        )  # fmt: skip


SAID = (
    *("name", "name_en", "layout", "is_key", "weight", "keywords", "industry_codes", "examples"),
    "group_id",
)


def plan_of(read: ReadFile, known: Known) -> Plan:
    """What this file would change."""
    plan = Plan(faults=[*read.faults])
    rows = {
        code: _completed(row, known.segments.get(code))
        for code, row in _once(read.segments, plan.faults).items()
    }
    parents = {
        code: each.parent for code, each in known.segments.items() if not each.is_retired
    } | {code: row.parent for code, row in rows.items()}
    around = on_circles({code: parent or None for code, parent in parents.items()})
    for code, row in rows.items():
        if code in around:
            _wrong(plan, row, Column.PARENT, FileFault.CIRCLE, row.parent)
    wanted = dict(_wanted(rows, parents, around, known, plan))
    _sort(wanted, plan)
    _check_retired(parents, plan)
    gone = {each.row.code for each in plan.retired}
    live = {code for code in parents if code not in gone}
    _plan_links(read.links, live, known, plan)
    plan.faults.sort(key=lambda each: (each.sheet != SEGMENTS, each.row))
    return plan


def _wrong(plan: Plan, row: SegmentRow, column: Column, fault: FileFault, value: str = "") -> None:
    plan.faults.append(RowFault(SEGMENTS, row.row, column, fault, value[:40]))


def _once(rows: Iterable[SegmentRow], faults: list[RowFault]) -> dict[str, SegmentRow]:
    """Rows by code; a code that comes again is a fault of the later row."""
    found: dict[str, SegmentRow] = {}
    for row in rows:
        if not row.code:
            continue  # said already
        if row.code in found:
            faults.append(
                RowFault(SEGMENTS, row.row, Column.CODE, EntryFault.SAME_CODE, row.code[:40])
            )
            continue
        found[row.code] = row
    return found


def _completed(row: SegmentRow, before: KnownSegment | None) -> SegmentRow:
    """A row whose sheet lacks columns, with what stands there now."""
    if before is None or not row.left_out:
        return row
    kept = {name: getattr(before.entry, name) for name in SAID if name in row.left_out}
    return replace(
        row,
        entry=replace(row.entry, group_id=before.entry.group_id, **kept),
        parent=before.parent if Column.PARENT in row.left_out else row.parent,
        tier=before.tier if Column.TIER in row.left_out else row.tier,
    )


def _wanted(
    rows: Mapping[str, SegmentRow],
    parents: Mapping[str, str],
    around: frozenset[str],
    known: Known,
    plan: Plan,
) -> Iterator[tuple[str, Wanted]]:
    """Each row with its place and what it says otherwise than now."""
    for code, row in rows.items():
        before = known.segments.get(code)
        if before is None and row.version is not None:
            _wrong(plan, row, Column.CODE, FileFault.UNKNOWN_CODE, code)
        if before is not None and before.is_retired:
            _wrong(plan, row, Column.CODE, FileFault.CODE_RETIRED, code)
            continue
        if row.group and row.group not in known.groups:
            _wrong(plan, row, Column.GROUP, FileFault.UNKNOWN_GROUP, row.group)
        if row.parent and row.parent not in parents:
            _wrong(plan, row, Column.PARENT, FileFault.UNKNOWN_PARENT, row.parent)
            continue
        root = _root(code, parents, around)
        if root in around:
            continue  # on a circle, said already, or hanging on one
        chain, tier = _place_of(root, rows, known)
        if root == code and chain not in known.chains:
            fault = FileFault.UNKNOWN_CHAIN if chain else FileFault.NO_CHAIN
            _wrong(plan, row, Column.CHAIN, fault, chain)
            continue
        entry = row.entry
        if before is None or Column.GROUP not in row.left_out:
            entry = replace(entry, group_id=known.groups.get(row.group))
        changed: tuple[str, ...] = ()
        is_moved = False
        if before is not None:
            changed = tuple(
                name for name in SAID if getattr(entry, name) != getattr(before.entry, name)
            )
            is_moved = row.parent != before.parent or (
                not row.parent and (chain, tier) != (before.chain, before.tier)
            )
            if (changed or is_moved or row.is_retired) and row.version != before.version:
                fault = FileFault.CHANGED_SINCE if row.version else FileFault.NO_VERSION
                _wrong(plan, row, Column.VERSION, fault)
        yield code, Wanted(row, entry, chain, tier, before, changed, is_moved)


def _root(code: str, parents: Mapping[str, str], around: frozenset[str]) -> str:
    """The top of its tree; where there is none, the circle it comes to."""
    while parents.get(code) and code not in around:
        code = parents[code]
    return code


def _place_of(root: str, rows: Mapping[str, SegmentRow], known: Known) -> tuple[str, Tier | None]:
    """Chain and tier of a root: what its row says, else where it stands."""
    before = known.segments.get(root)
    row = rows.get(root)
    if row is None:
        return (before.chain, before.tier) if before is not None else ("", None)
    return row.chain or (before.chain if before is not None else ""), row.tier


def _sort(wanted: Mapping[str, Wanted], plan: Plan) -> None:
    """New ones with parents first, the rest by what changes."""
    placed: set[str] = set()
    for code in wanted:
        line: list[str] = []
        at = code
        while at in wanted and wanted[at].known is None and at not in placed:
            line.append(at)
            placed.add(at)
            at = wanted[at].row.parent
        plan.new += [wanted[each] for each in reversed(line)]
    for each in wanted.values():
        if each.known is None:
            continue
        if each.row.is_retired:
            plan.retired.append(each)
            continue
        if each.changed:
            plan.changed.append(each)
        if each.is_moved:
            plan.moved.append(each)
        if not each.changed and not each.is_moved:
            plan.unchanged += 1
    for each in plan.new:
        if each.row.is_retired:
            _wrong(plan, each.row, Column.RETIRE, FileFault.NOT_THERE, each.row.code)


def _check_retired(parents: Mapping[str, str], plan: Plan) -> None:
    gone = {each.row.code: each for each in plan.retired}
    for each in gone.values():
        if each.known is not None and each.known.stands:
            _wrong(plan, each.row, Column.RETIRE, FileFault.IS_STOOD_ON, str(each.known.stands))
    for code, parent in parents.items():
        if parent in gone and code not in gone:
            _wrong(plan, gone[parent].row, Column.RETIRE, FileFault.PARTS_IN_USE, code)


def _plan_links(rows: Iterable[LinkRow], live: set[str], known: Known, plan: Plan) -> None:
    """Removals first: a link turned round is taken away and added the other way."""
    following: dict[str, set[str]] = {}
    for supply, need in known.links:
        following.setdefault(supply, set()).add(need)
    seen: set[tuple[str, str]] = set()
    adding: list[LinkRow] = []

    def wrong(row: LinkRow, column: Column, fault: FileFault, value: str = "") -> None:
        plan.faults.append(RowFault(LINKS, row.row, column, fault, value[:80]))

    for row in rows:
        pair = (row.supply, row.need)
        before = known.links.get(pair)
        # A link of a segment that goes in the same file need not be taken out of it.
        is_kept = before is not None and not row.is_removed and row.product == before.product
        if is_kept and pair not in seen:
            seen.add(pair)
            continue
        unknown = [
            (column, code)
            for column, code in ((Column.SUPPLY, row.supply), (Column.NEED, row.need))
            if code not in live and not (row.is_removed and before)
        ]
        if unknown:
            wrong(row, unknown[0][0], FileFault.UNKNOWN_SEGMENT, unknown[0][1])
        elif row.supply == row.need:
            wrong(row, Column.NEED, FileFault.LINK_ITSELF, row.need)
        elif pair in seen:
            wrong(row, Column.NEED, FileFault.LINK_TWICE, row.need)
        elif before is None and row.is_removed:
            wrong(row, Column.REMOVE, FileFault.NOT_THERE)
        elif before is None:
            adding.append(row)
        elif row.version != before.version:
            fault = FileFault.CHANGED_SINCE if row.version else FileFault.NO_VERSION
            wrong(row, Column.VERSION, fault)
        elif row.is_removed:
            plan.removed_links.append((row, before))
            following[row.supply].discard(row.need)
        else:
            plan.changed_links.append((row, before))
        seen.add(pair)
    for row in adding:
        way = way_between(following, row.need, row.supply)
        if way:
            wrong(row, Column.NEED, FileFault.LINK_CIRCLE, " → ".join((*way, way[0])))
            continue
        following.setdefault(row.supply, set()).add(row.need)
        plan.new_links.append(row)
