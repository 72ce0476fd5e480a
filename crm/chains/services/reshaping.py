"""One change of chains and segments: made step by step, told in the trail, kept to be taken back.

Whoever makes one is alone with the tables: two moves allowed one by one may close a circle together,
and nobody may put a lead, a firm or a need where a segment is about to go. What stands above chains
(leads) follows in the same transaction, see `crm.coverage.services.reshaping`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import Enum, func, inspect, or_, select
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.chains.models import ChainChange, ChangedChain, Segment, SegmentLink
from crm.chains.queries import terms_in_use
from crm.chains.queries.trees import forest, links
from crm.chains.rules.links import has_circle
from crm.chains.rules.suggesting import SegmentTerms, reworded
from crm.chains.rules.tree import Forest, Node, faults_of, numbered
from crm.chains.services.suggesting import forget_at, suggest_after
from crm.chains.wording import CHAIN_FIELD
from crm.core.bulk import chunked
from crm.core.clock import office_day
from crm.core.db import Base, UTCDateTime, db, is_alone
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import plain

Row = TypeVar("Row", bound=Base)
UNDONE = "chain_change_undone"
UNTOLD = frozenset({"position", "version"})
"""Columns that follow by themselves: neither told in the trail nor compared before an undo."""
OF_THE_ROW = frozenset({"id", "created_at", "created_by_id"})
"""What a row that came or went says of itself only."""
LONGEST_ABOUT = 120


@dataclass(slots=True)
class Following:
    """Leads at some segments that are to stand elsewhere: where from and where to, (chain, segment)."""

    before: tuple[int, int]
    after: tuple[int, int]
    ids: list[int] = field(default_factory=list)
    """Which leads: filled in by whoever knows them."""


@dataclass(slots=True)
class Reshaping:
    """A change while it is made. `set`, `add` and `remove` are its only steps."""

    actor: Actor
    at: datetime
    forest: Forest
    known_by: Mapping[int, SegmentTerms]
    """The words and codes of the segments in use as they were when it began."""
    action: str = ""
    about: str = ""
    chains: set[int] = field(default_factory=set)
    followings: list[Following] = field(default_factory=list)
    merged: list[tuple[int, int]] = field(default_factory=list)
    """(segment, segment it went into), for what hangs on segments above chains."""
    _new: dict[Base, None] = field(default_factory=dict)
    _before: dict[Base, dict[str, Any]] = field(default_factory=dict)
    _gone: list[tuple[Base, dict[str, Any]]] = field(default_factory=list)

    @property
    def today(self) -> date:
        return office_day(self.at)

    def tells(self, action: str, about: str, *chains: int) -> None:
        """What this change is: its word in the trail, what it is about, the chains it touches."""
        self.action, self.about = action, about[:LONGEST_ABOUT]
        self.chains.update(chains)

    def set(self, row: Base, **values: Any) -> None:
        for name, value in values.items():
            old = getattr(row, name)
            if old == value:
                continue
            if row not in self._new:
                self._before.setdefault(row, {}).setdefault(name, old)
            setattr(row, name, value)

    def add(self, row: Base) -> None:
        db.session.add(row)
        self._new[row] = None

    def remove(self, row: Base) -> None:
        """Its row goes; what it was is kept."""
        kept = _image(row)
        for name, old in self._before.pop(row, {}).items():
            kept[name] = plain(old)
        self._gone.append((row, kept))
        db.session.delete(row)

    def leads_go(self, before: tuple[int, int], after: tuple[int, int]) -> None:
        """Leads at one (chain, segment) are to stand at another."""
        self.followings.append(Following(before, after))

    def place(self, changed: Mapping[int, Node]) -> None:
        """Bring segments to where a rule says they stand; leads follow them to another chain."""
        rows = {
            row.id: row
            for row in db.session.scalars(select(Segment).where(Segment.id.in_(changed)))
        }
        for key, node in changed.items():
            row = rows[key]
            if row.chain_id != node.chain:
                self.leads_go((row.chain_id, key), (node.chain, key))
                self.chains.update((row.chain_id, node.chain))
            self.set(
                row,
                parent_id=node.parent,
                chain_id=node.chain,
                tier=node.tier,
                position=node.position,
            )
        self.forest = Forest({**self.forest.nodes, **changed}.values())

    def renumber(self, *chains: int) -> None:
        """Number the segments of these chains anew, in the order of their trees."""
        after = numbered(self.forest.nodes.values(), chains)
        self.place({key: node for key, node in after.items() if self.forest.nodes[key] != node})

    def finish(self, *, can_be_undone: bool = True) -> ChainChange | None:
        """Write it, tell the trail, keep what takes it back; None where nothing changed.

        What follows from words and codes, the suggestions, is made anew and not kept.
        """
        for row in self._before:
            if self._told(row):
                row.version += 1  # type: ignore[attr-defined]
        _write()
        suggest_after(reworded(self.known_by, terms_in_use()))
        kept = [*self._images()]
        if not kept:
            return None
        self._record()
        if not can_be_undone:
            return None
        change = ChainChange(
            action=self.action, about=self.about, rows=kept, by_id=self.actor.id or None, at=self.at,
            leads=[
                {"ids": each.ids, "before": [*each.before], "after": [*each.after]}
                for each in self.followings
                if each.ids
            ],
        )  # fmt: skip
        db.session.add(change)
        db.session.flush()
        db.session.add_all(
            ChangedChain(change_id=change.id, chain_id=chain) for chain in sorted(self.chains)
        )
        db.session.flush()
        return change

    def _told(self, row: Base) -> dict[str, Any]:
        """What a person would call changed of a row, before."""
        return {
            name: old
            for name, old in self._before[row].items()
            if name not in UNTOLD and old != getattr(row, name)
        }

    def _images(self) -> Iterable[dict[str, Any]]:
        for row in self._new:
            yield {"table": row.__tablename__, "id": row.id, "before": None, "after": _image(row)}  # type: ignore[attr-defined]
        for row, before in self._before.items():
            changed = {n: old for n, old in before.items() if old != getattr(row, n)}
            if changed:
                yield {
                    "table": row.__tablename__,
                    "id": row.id,  # type: ignore[attr-defined]
                    "before": {name: plain(old) for name, old in changed.items()},
                    "after": {name: plain(getattr(row, name)) for name in changed},
                }
        for row, kept in self._gone:
            yield {"table": row.__tablename__, "id": kept["id"], "before": kept, "after": None}

    def _record(self) -> None:
        """Tell the trail row by row; what changed nothing but the order is told by what it is about."""
        events = [*self._events()]
        for row, told in events:
            history.record(self.actor, self.at, self.action, row, **told)
        if not events:
            kind = next(iter(self._before)).__tablename__
            history.record(
                self.actor, self.at, self.action, None, subject_type=kind, note=self.about
            )

    def _events(self) -> Iterator[tuple[Base, dict[str, Any]]]:
        for row in self._new:
            yield row, {"after": _said(_image(row))}
        for row in self._before:
            told = self._told(row)
            if told:
                yield row, {"before": told, "after": {name: getattr(row, name) for name in told}}
        for row, kept in self._gone:
            yield row, {"before": _said(kept)}


def row_at(
    model: type[Row],
    row_id: int,
    version: int | None,
    actions: Collection[str],
    tell: Callable[[str, Any], Any],
) -> Row:
    """A chain, segment or group as somebody saw it. Raises NotFound, and Stale with what others changed."""
    found: Any = db.session.get(model, row_id)
    if found is None:
        raise NotFound
    if found.version != version:
        behind = max(found.version - (version or 0), 0)
        missed = trail.latest_of(model.__tablename__, row_id, (*actions, UNDONE), limit=behind)
        raise Stale(found, trail.their_changes(missed, CHAIN_FIELD, tell))
    return found  # type: ignore[no-any-return]


def begin(actor: Actor, at: datetime) -> Reshaping:
    """Begin a change. Raises RuntimeError outside `transaction(alone=True)`."""
    if not is_alone():
        raise RuntimeError("chains are changed in transaction(alone=True)")
    return Reshaping(actor, at, forest(), terms_in_use())


def take_back(change: ChainChange, undoing: Reshaping) -> None:
    """Make everything as it was before a change. Raises Refused where something was built on it since.

    Leads are not this module's: whoever stands above moves them back first.
    """
    if change.undone_at is not None:
        raise NotFound
    if _newer(change):
        raise built_on(_l("这之后还有改动，请先撤销后来的"))
    undoing.tells(UNDONE, change.about)
    undoing.chains.update(
        db.session.scalars(select(ChangedChain.chain_id).where(ChangedChain.change_id == change.id))
    )
    with db.session.no_autoflush:
        there = _rows_of(change)
        added = [
            _put_back(each, there.get((each["table"], each["id"])), undoing)
            for each in reversed(change.rows)
        ]
        _take_away([row for row in added if row is not None], undoing)
    change.undone_at, change.undone_by_id = undoing.at, undoing.actor.id or None
    _write()
    undoing.forest = forest()
    undoing.renumber(*undoing.chains)
    if faults_of(undoing.forest.nodes.values()) or has_circle(links()):
        raise built_on(_l("撤销后环节或供需联系会成环"))


def built_on(text: Any) -> Refused:
    return Refused([Fault("", "built_on", text)])


def _newer(change: ChainChange) -> bool:
    """Whether a chain of this change was changed after it, and that still holds."""
    mine = select(ChangedChain.chain_id).where(ChangedChain.change_id == change.id)
    later = (
        select(ChangedChain.change_id)
        .join(ChainChange, ChainChange.id == ChangedChain.change_id)
        .where(
            ChangedChain.chain_id.in_(mine),
            ChainChange.id > change.id,
            ChainChange.undone_at.is_(None),
        )
    )
    return db.session.scalar(later.limit(1)) is not None


def _rows_of(change: ChainChange) -> dict[tuple[str, int], Base]:
    """The rows of a change as they stand, by table and id."""
    ids: dict[str, list[int]] = {}
    for each in change.rows:
        ids.setdefault(each["table"], []).append(each["id"])
    found: dict[tuple[str, int], Base] = {}
    for table, some in ids.items():
        model = _models()[table]
        for part in chunked(some):
            statement = select(model).where(model.id.in_(part))
            rows = db.session.scalars(statement.execution_options(populate_existing=True))
            found |= {(table, row.id): row for row in rows}
    return found


def _put_back(kept: Mapping[str, Any], row: Base | None, undoing: Reshaping) -> Base | None:
    """One row as it was; a row that was not there before is answered, to be taken away."""
    model = _models()[kept["table"]]
    before, after = kept["before"], kept["after"]
    if after is None:
        undoing.add(model(**_values(model, before, but={"id"} if row is not None else ())))
        return None
    if row is None or any(
        plain(getattr(row, name)) != value for name, value in after.items() if name not in UNTOLD
    ):
        raise built_on(_l("这之后有人又改过其中的内容，不能再撤销"))
    if before is None:
        return row
    if isinstance(row, Segment) and before.get("chain_id", row.chain_id) != row.chain_id:
        undoing.leads_go((row.chain_id, row.id), (before["chain_id"], row.id))
    undoing.set(row, **_values(model, before))
    return None


def _take_away(rows: list[Base], undoing: Reshaping) -> None:
    """Rows a change had added go again, unless something else holds on to them by now."""
    for row in rows:
        for name in ("parent_id", "merged_into_id"):
            if getattr(row, name, None) is not None:
                setattr(row, name, None)  # parents go in any order
    _write()
    for row in rows:
        if isinstance(row, SegmentLink):
            undoing.remove(row)
    _write()
    rest = [row for row in rows if not isinstance(row, SegmentLink)]
    for table in {row.__tablename__ for row in rest}:
        ids = [row.id for row in rest if row.__tablename__ == table]  # type: ignore[attr-defined]
        if table == Segment.__tablename__:
            forget_at(ids)
        if _are_held(table, ids):
            raise built_on(_l("新增的内容已被使用，不能再撤销"))
    for row in rest:
        undoing.remove(row)


def _are_held(name: str, ids: Sequence[int]) -> bool:
    """Whether any row of any table points to these; what only remembers changes does not count."""
    for table in Base.metadata.tables.values():
        columns = [key.parent for key in table.foreign_keys if key.column.table.name == name]
        if not columns or table.name == ChangedChain.__tablename__:
            continue
        for some in chunked(ids):
            pointing = or_(*(each.in_(some) for each in columns))
            if db.session.scalar(select(func.count()).select_from(table).where(pointing)):
                return True
    return False


@cache
def _models() -> dict[str, Any]:
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


def _image(row: Base) -> dict[str, Any]:
    """Every column of a row, as JSON keeps it."""
    return {
        column.key: plain(getattr(row, column.key)) for column in inspect(type(row)).column_attrs
    }


def _said(image: Mapping[str, Any]) -> dict[str, Any]:
    """What the trail tells of a row that came or went."""
    return {
        name: value
        for name, value in image.items()
        if value not in (None, [], False) and name not in UNTOLD | OF_THE_ROW
    }


def _values(model: Any, image: Mapping[str, Any], but: Iterable[str] = ()) -> dict[str, Any]:
    """What JSON kept, as the columns hold it."""
    columns = model.__table__.c
    return {
        name: _value(columns[name].type, kept) for name, kept in image.items() if name not in but
    }


def _value(kind: Any, kept: Any) -> Any:
    if kept is None:
        return None
    if isinstance(kind, Enum):
        return kind.enum_class(kept)  # type: ignore[misc]
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat(kept)
    if kind.python_type is date:
        return date.fromisoformat(kept)
    return kept


def _write() -> None:
    """Raises Refused where a code or a pair has been taken since."""
    try:
        db.session.flush()
    except IntegrityError:
        raise built_on(_l("编码、名称或记录与现有的重复")) from None
