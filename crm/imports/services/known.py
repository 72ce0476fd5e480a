"""What a ledger names and we already know, loaded once; what is new is added in bulk."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, DepartmentKind, Role
from crm.chains.models import Chain, Segment
from crm.chains.services.suggesting import suggest_for
from crm.core.bulk import Stream, among, chunked, insert_rows, reserve_ids
from crm.core.db import Base, db
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import loose_name, pinyin_initials, search_text, seat_of
from crm.history.models import AuditEvent
from crm.history.services import event_row
from crm.imports.rules import KnownChain, KnownSegment, Taxonomy
from crm.leads.models import ExchangeRate
from crm.leads.rules import Rate
from crm.places.models import Carrier, Street, Zone

AT_ONCE = 50
"""Ids reserved together for people and units, who come one by one."""


def taxonomy() -> Taxonomy:
    """The chains and segments in use as the reader of ledgers looks them up."""
    segments = defaultdict(list)
    for chain_id, code, name in db.session.execute(
        select(Segment.chain_id, Segment.code, Segment.name)
        .where(Segment.retired_on.is_(None))
        .order_by(Segment.id)
    ):
        segments[chain_id].append(KnownSegment(code, name))
    return Taxonomy(
        tuple(
            KnownChain(name, code, segments=tuple(segments[number]))
            for number, code, name in db.session.execute(
                select(Chain.id, Chain.code, Chain.name)
                .where(Chain.retired_on.is_(None))
                .order_by(Chain.position, Chain.id)
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Place:
    zone_id: int | None = None
    carrier_id: int | None = None
    street_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    role: Role
    department_id: int | None
    phone: str | None
    has_account: bool


class Known:
    """Names on one side, ids on the other. `department`, `person` and `leader` add what is missing to
    a list that `write_people` inserts, `load_companies` to one for `write_companies`."""

    def __init__(self, actor: Actor, at: datetime) -> None:
        self._actor, self._at = actor, at
        session = db.session
        self.chains = dict(iter(session.execute(select(Chain.name, Chain.id))))
        self.segments = {
            code: (number, chain_id)
            for code, number, chain_id in session.execute(
                select(Segment.code, Segment.id, Segment.chain_id)
            )
        }
        self.places = {
            name: Place(street_id=number)
            for name, number in session.execute(select(Street.name, Street.id))
        }
        for name, number, zone_id in session.execute(
            select(Carrier.name, Carrier.id, Carrier.zone_id)
        ):
            self.places[name] = Place(zone_id=zone_id, carrier_id=number)
        for name, number in session.execute(select(Zone.name, Zone.id)):
            self.places[name] = Place(zone_id=number)
        self.rates = tuple(
            Rate(*row)
            for row in session.execute(
                select(ExchangeRate.currency, ExchangeRate.quoted_on, ExchangeRate.cny_per_unit)
            )
        )
        self._departments = dict(iter(session.execute(select(Department.name, Department.id))))
        self._people: dict[str, list[Person]] = defaultdict(list)
        for row in session.execute(
            select(
                User.id, User.name, User.role, User.department_id, User.phone,
                User.password_hash.is_not(None).label("has_account"),
            )
            .where(User.role != Role.SYSTEM)
            .order_by(User.is_active.desc(), User.id)
        ):  # fmt: skip
            self._people[row.name].append(Person(*row))
        self._companies: dict[str, tuple[int, str]] = {}
        self._new_companies: list[tuple[int, str, str]] = []  # id, key, name
        self._new: dict[type[Base], list[dict[str, Any]]] = {Department: [], User: []}
        self._phones: dict[int, str] = {}
        self._ready: dict[type[Base], list[int]] = {}
        self._last: dict[type[Base], int] = {}

    def load_companies(self, names: Mapping[str, str]) -> None:
        """Look these investors up by key, and reserve ids for those nobody knows."""
        by_key = {key: name for key, name in names.items() if key}
        for chunk in chunked(by_key):
            for key, number, words in db.session.execute(
                select(Enterprise.name_norm, Enterprise.id, Enterprise.search_text)
                .where(among(Enterprise.name_norm, chunk))
                .order_by(Enterprise.id.desc())
            ):
                self._companies[key] = (number, words)
        fresh = [key for key in by_key if key not in self._companies]
        ids = reserve_ids(Enterprise, len(fresh))
        self._new_companies = [
            (number, key, by_key[key]) for number, key in zip(ids, fresh, strict=True)
        ]

    def company(self, key: str) -> tuple[int | None, str]:
        """Id and search text of an investor; those nobody knew have them once they were written."""
        return self._companies.get(key, (None, ""))

    def department(self, name: str | None) -> int | None:
        """The unit of that name, added where nobody knows it."""
        if name is None:
            return None
        for known in (name, name.removesuffix("办事处"), f"{name}办事处"):
            if known in self._departments:
                return self._departments[known]
        number = self._number(Department)
        self._departments[name] = number
        self._new[Department].append(
            {"id": number, "name": name, "kind": department_kind(name), "position": 1000}
        )
        return number

    def person(self, name: str | None, department_id: int | None, phone: str | None) -> int | None:
        """Who works on a lead: that name in the row's unit, else the only one of that name.

        Somebody unknown becomes an account nobody can sign in with.
        """
        if name is None:
            return None
        named = self._people[name]
        found = next((p for p in named if p.department_id == department_id), None)
        if found is None and len(named) == 1:
            found = named[0]
        if found is None:
            return self._add_person(name, Role.STAFF, department_id, phone)
        if phone and not found.phone and not found.has_account:
            self._phones.setdefault(found.id, phone)
        return found.id

    def leader(self, name: str | None) -> int | None:
        """Who sponsors a lead: a district leader of that name, else the only person of that name."""
        if name is None:
            return None
        named = self._people[name]
        found = next((p for p in named if p.role is Role.DISTRICT_LEADER), None)
        if found is None and len(named) == 1:
            found = named[0]
        return found.id if found else self._add_person(name, Role.DISTRICT_LEADER, None, None)

    def _add_person(
        self, name: str, role: Role, department_id: int | None, phone: str | None
    ) -> int:
        number = self._number(User)
        self._people[name].append(Person(number, name, role, department_id, phone, False))
        self._new[User].append(
            {
                "id": number,
                "login": f"ledger-{number}",
                "name": name,
                "initials": pinyin_initials(name, is_person=True)[:60],
                "phone": phone,
                "role": role,
                "department_id": department_id,
                "is_active": False,
                "created_at": self._at,
            }
        )
        return number

    def _number(self, model: type[Base]) -> int:
        """The next id for a row that `write` will insert."""
        ready = self._ready.setdefault(model, [])
        if not ready:
            last = self._last.get(model, 0)
            numbers = reserve_ids(model, AT_ONCE)
            # Where ids are not handed out by a sequence, those not yet inserted are offered again.
            if numbers[0] <= last:
                numbers = range(last + 1, last + 1 + AT_ONCE)
            ready.extend(reversed(numbers))
            self._last[model] = numbers[-1]
        return ready.pop()

    def write_people(self) -> None:
        """Insert the units and people met for the first time, each with its event."""
        for model, action in ((Department, "department_added"), (User, "person_added")):
            rows = self._new[model]
            insert_rows(model, rows)
            insert_rows(
                AuditEvent,
                (self._event(action, model, row["id"], row["name"]) for row in rows),
            )
            rows.clear()
        for number, phone in self._phones.items():
            db.session.execute(update(User).where(User.id == number).values(phone=phone))
        self._phones.clear()

    def write_companies(self, stream: Stream) -> None:
        """Insert the companies met for the first time, each with its event."""
        stream.insert(Enterprise, self._company_rows())
        stream.insert(
            AuditEvent,
            (
                self._event("enterprise_added", Enterprise, number, name)
                for number, _key, name in self._new_companies
            ),
        )

    def suggest_segments(self) -> None:
        """Look for the segments those companies may belong to; to be called once they stand."""
        suggest_for([number for number, _key, _name in self._new_companies])

    def _company_rows(self) -> Iterator[dict[str, Any]]:
        for number, key, name in self._new_companies:
            initials = pinyin_initials(name)[:120]
            words = search_text(name, initials)
            self._companies[key] = (number, words)
            yield {
                "id": number,
                "name": name,
                "name_norm": key,
                "name_loose": loose_name(name)[:120],
                "pinyin_initials": initials,
                "search_text": words,
                "region_code": seat_of(name=name),
                "created_by_id": self._actor.id or None,
                "created_at": self._at,
            }

    def _event(self, action: str, model: type[Base], number: int, name: str) -> dict[str, Any]:
        return event_row(self._actor, self._at, action, model, number, {"name": name})


_KINDS = (
    (("街道", "街道办事处", "街道办", "镇", "乡"), DepartmentKind.STREET),
    (("园区", "管委会", "开发区", "产业园"), DepartmentKind.PARK),
    (("局", "委", "办", "中心", "部"), DepartmentKind.BUREAU),
)


def department_kind(name: str) -> DepartmentKind:
    """What kind of unit a name speaks of, by how it ends."""
    return next((kind for ends, kind in _KINDS if name.endswith(ends)), DepartmentKind.OTHER)
