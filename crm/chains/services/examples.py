"""The companies a taxonomy names as examples, taken into the company base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from crm.chains.models import Segment, SegmentFit
from crm.chains.rules import FitBasis, FitState
from crm.chains.rules.examples import Example, example_of
from crm.chains.services.suggesting import OWN_WORK
from crm.core.bulk import among, insert_rows
from crm.core.db import db
from crm.enterprises import services as enterprises
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import normalise_name, seat_of
from crm.enterprises.services import EnterpriseEntry
from crm.enterprises.services.identity import LONGEST_NAME
from crm.history.services import Doer

NAMED = 90
"""The score of an example: the taxonomy is unofficial, so a person still confirms it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many companies were registered, and how many stand at a segment as its example now."""

    registered: int
    placed: int


def take_examples(actor: Doer, at: datetime, taxonomy: Mapping[str, Any]) -> Taken:
    """Register the examples of the segments in use, and suggest each where the taxonomy names it.

    `taxonomy` says what marks mean (`marks`) and under which names companies are registered
    (`registered`). A company that is known already is taken as it is; the same again does nothing.
    """
    marks, registered = taxonomy.get("marks", {}), taxonomy.get("registered", {})
    named: dict[Example, list[int]] = {}
    for segment_id, examples in db.session.execute(
        select(Segment.id, Segment.examples)
        .where(Segment.retired_on.is_(None))
        .order_by(Segment.position, Segment.id)
    ):
        for text in examples or ():
            named.setdefault(example_of(text, marks, registered), []).append(segment_id)
    keys: dict[str, Example] = {}
    for example in named:  # of one written with its seat and without, the one with it
        key = _key(example.name)
        if key not in keys or keys[key].region_code is None:
            keys[key] = example
    known: dict[str, int] = {
        row.name_norm: row.id
        for row in db.session.execute(
            select(Enterprise.name_norm, Enterprise.id)
            .where(among(Enterprise.name_norm, list(keys)))
            .order_by(Enterprise.id.desc())
        )
    }
    new = [example for key, example in keys.items() if key not in known]
    for example in new:
        entry = EnterpriseEntry(
            name=example.name,
            short_name=example.short_name if example.short_name != example.name else None,
            region_code=seat_of(None, None, example.name, None) or example.region_code,
        )
        known[_key(example.name)] = enterprises.save(actor, at, None, entry).id
    stands = {(known[_key(each.name)], segment) for each, ids in named.items() for segment in ids}
    return Taken(len(new), _place(sorted(stands)))


def _place(stands: Sequence[tuple[int, int]]) -> int:
    """Suggest (company, segment) as examples; what a person decided stays."""
    companies = list(dict.fromkeys(company for company, _segment in stands))
    fits = {
        (row.enterprise_id, row.segment_id): row.id
        for row in db.session.execute(
            select(SegmentFit.id, SegmentFit.enterprise_id, SegmentFit.segment_id).where(
                among(SegmentFit.enterprise_id, companies),
                SegmentFit.state == FitState.SUGGESTED,
                SegmentFit.basis.in_(OWN_WORK),
            )
        )
    }
    likely = [fits[stand] for stand in stands if stand in fits]
    if likely:
        db.session.execute(
            update(SegmentFit)
            .where(among(SegmentFit.id, likely))
            .values(basis=FitBasis.EXAMPLE, score=NAMED)
        )
    return len(likely) + insert_rows(
        SegmentFit,
        [
            {"enterprise_id": company, "segment_id": segment}
            for company, segment in stands
            if (company, segment) not in fits
        ],
        same={"basis": FitBasis.EXAMPLE, "score": NAMED},
        once=("enterprise_id", "segment_id"),
    )


def _key(name: str) -> str:
    return normalise_name(name)[:LONGEST_NAME]
