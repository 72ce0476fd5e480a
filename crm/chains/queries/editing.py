"""What the pages that change chains show and offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.queries import LEADERS_ORDER
from crm.accounts.rules import LEADERS
from crm.chains.models import Chain, ChainGroup, Segment, SegmentLink
from crm.chains.rules import Tier
from crm.chains.rules.tree import Forest
from crm.core.db import rows_of


@dataclass(frozen=True, slots=True)
class Offered:
    """A segment as a list offers it: which one, of which chain, how deep."""

    id: int
    chain_id: int
    code: str
    name: str
    name_en: str | None
    tier: Tier | None
    depth: int


def segments_offered(trees: Forest) -> list[Offered]:
    """The segments in use of all chains in use, chain by chain in the order of their trees."""
    names = {
        row.id: row
        for row in rows_of(
            select(Segment.id, Segment.name, Segment.name_en).where(Segment.retired_on.is_(None))
        )
    }
    return [
        Offered(
            node.id, chain.id, node.code, names[node.id].name, names[node.id].name_en, node.tier,
            depth,
        )
        for chain in chains_in_use()
        for node, depth in trees.of_chain(chain.id)
        if node.id in names
    ]  # fmt: skip


def chains_in_use() -> Sequence[Row[int, str, str, str | None]]:
    """(id, code, name, name_en) of the chains in use, in their order."""
    return rows_of(
        select(Chain.id, Chain.code, Chain.name, Chain.name_en)
        .where(Chain.retired_on.is_(None))
        .order_by(Chain.position, Chain.id)
    ).all()


def chains_retired() -> Sequence[Row[str, str, str | None]]:
    """(code, name, name_en) of the chains out of use, so that somebody can take them back."""
    return rows_of(
        select(Chain.code, Chain.name, Chain.name_en)
        .where(Chain.retired_on.is_not(None))
        .order_by(Chain.position, Chain.id)
    ).all()


def links_of(segment_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, version, product, from_id, to_id, and the other end) of a segment's links, supplies first."""
    other = aliased(Segment)
    return rows_of(
        select(
            SegmentLink.id,
            SegmentLink.version,
            SegmentLink.product,
            SegmentLink.from_id,
            SegmentLink.to_id,
            other.code,
            other.name,
            other.name_en,
            Chain.code.label("chain_code"),
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
        )
        .join(
            other,
            or_(
                (SegmentLink.from_id == segment_id) & (other.id == SegmentLink.to_id),
                (SegmentLink.to_id == segment_id) & (other.id == SegmentLink.from_id),
            ),
        )
        .join(Chain, Chain.id == other.chain_id)
        .order_by(SegmentLink.from_id != segment_id, Chain.position, other.position, other.id)
    ).all()


def groups_listed() -> Sequence[Row[*tuple[Any, ...]]]:
    """Every chain group with its leader, lead bureau and chain, in order."""
    return rows_of(
        select(
            ChainGroup.id,
            ChainGroup.version,
            ChainGroup.code,
            ChainGroup.name,
            ChainGroup.name_en,
            User.name.label("leader"),
            Department.name.label("department"),
            Department.name_en.label("department_en"),
            Chain.code.label("chain_code"),
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
        )
        .outerjoin(User, User.id == ChainGroup.leader_id)
        .outerjoin(Department, Department.id == ChainGroup.department_id)
        .outerjoin(Chain, Chain.id == ChainGroup.chain_id)
        .order_by(ChainGroup.position, ChainGroup.id)
    ).all()


def segments_in_groups() -> dict[int, list[Row[*tuple[Any, ...]]]]:
    """By group its segments in use: (group_id, code, name, name_en, chain), in their order."""
    found: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    rows = rows_of(
        select(
            Segment.group_id,
            Segment.code,
            Segment.name,
            Segment.name_en,
            Chain.code.label("chain"),
        )
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Segment.group_id.is_not(None), Segment.retired_on.is_(None))
        .order_by(Chain.position, Segment.position, Segment.id)
    )
    for row in rows:
        found.setdefault(row.group_id, []).append(row)
    return found


def groups_offered() -> Sequence[Row[int, str, str | None]]:
    """(id, name, name_en) of the chain groups in order."""
    return rows_of(
        select(ChainGroup.id, ChainGroup.name, ChainGroup.name_en).order_by(
            ChainGroup.position, ChainGroup.id
        )
    ).all()


def leaders_offered(also: int | None) -> list[tuple[int, str]]:
    """(id, name) of the active leaders in official order; `also` whoever leads now."""
    statement = (
        select(User.id, User.name)
        .where(or_(User.is_active & User.role.in_(LEADERS), User.id == also))
        .order_by(*LEADERS_ORDER)
    )
    return [(row.id, row.name) for row in rows_of(statement)]


def departments_offered(also: int | None) -> list[tuple[int, str]]:
    """(id, name) of the units in official order; `also` the one that leads now."""
    statement = (
        select(Department.id, Department.name)
        .where(or_(Department.is_active, Department.id == also))
        .order_by(Department.position, Department.id)
    )
    return [(row.id, row.name) for row in rows_of(statement)]
