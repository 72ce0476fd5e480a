"""Whom to call, measured in a process of its own: `python -m tests.bench.targeting` prints one JSON document.

20,000 companies are on record. One segment is suited by all of them, which no district has, another by the
two hundred that its keywords would find. A third of the companies sit in the province, one in five belongs
to a group, one in ten has a sign of expansion, 500 stand on a ranking; 300 needs of anchor firms are open.
`ms` is from the question to the scores with every reason of a page of twenty, in words.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import event, func, select, text, update

from crm.accounts.queries import system_actor
from crm.chains.models import AnchorNeed, Segment, SegmentFit
from crm.chains.rules import FitBasis, FitState, NeedKind
from crm.config import Settings
from crm.core import clock
from crm.core.bulk import insert_rows
from crm.core.db import db, transaction
from crm.coverage.queries.talks import told_to
from crm.coverage.queries.targets import targets
from crm.coverage.telling import reasons_of
from crm.enterprises.models import (
    Enterprise,
    ExpansionSignal,
    RankingEdition,
    RankingEntry,
    RankingList,
)
from crm.enterprises.rules.signals import SignalKind
from crm.factory import create_app

COMPANIES = 20_000
PAGE = 20
REGIONS = ("370200", "320500", "310000", "370600", "440300", "330100", None)
TIMES = 9


def fill(today: date) -> tuple[Any, Any]:
    """What targets rest on; the segment that all suit, and one that two hundred do."""
    segments = db.session.execute(
        select(Segment.id, Segment.chain_id)
        .where(Segment.retired_on.is_(None))
        .order_by(Segment.id)
    ).all()
    first, *others = segments
    known = db.session.scalar(select(func.count()).select_from(Enterprise)) or 0
    insert_rows(Enterprise, _missing(known))
    ids = list(db.session.scalars(select(Enterprise.id).order_by(Enterprise.id).limit(COMPANIES)))
    for n, code in enumerate(REGIONS):
        some = ids[n :: len(REGIONS)]
        for start in range(0, len(some), 1000):
            db.session.execute(
                update(Enterprise)
                .where(Enterprise.id.in_(some[start : start + 1000]))
                .values(region_code=code)
            )
    for start in range(0, len(ids), 1000):
        children = ids[start + 4 : start + 1000 : 5]
        db.session.execute(
            update(Enterprise)
            .where(Enterprise.id.in_(children))
            .values(parent_id=Enterprise.id - 1, parent_shareholding=60)
        )
    always = {"basis": FitBasis.KEYWORD.value, "state": FitState.SUGGESTED.value}
    insert_rows(
        SegmentFit,
        [
            *({"enterprise_id": each, "segment_id": first.id, "score": each % 100} for each in ids),
            *(
                {"enterprise_id": each, "segment_id": place.id, "score": (each * 7) % 100}
                for n, each in enumerate(ids)
                for place in (others[n % len(others)], others[(n + 1) % len(others)])
            ),
        ],
        same=always,
    )
    kinds = tuple(SignalKind)
    insert_rows(
        ExpansionSignal,
        [
            {
                "enterprise_id": each,
                "kind": kinds[n % 4].value,
                "happened_on": today - timedelta(days=n % 400),
                "source": "公告",
                "amount_yuan": 600_000_000 if n % 3 == 0 else None,
                "created_at": clock.now(),
            }
            for n, each in enumerate(ids[::10])
        ],
    )
    ranking = db.session.scalar(select(RankingList.id).order_by(RankingList.position).limit(1))
    edition = RankingEdition(list_id=ranking, year=today.year, published_on=today)
    db.session.add(edition)
    db.session.flush()
    for rank, each in enumerate(ids[::40], start=1):
        db.session.add(
            RankingEntry(
                edition_id=edition.id, enterprise_id=each, rank=rank, document="榜单",
                confirmed_by_id=1, confirmed_at=clock.now(),
            )
        )  # fmt: skip
    for n in range(300):
        db.session.add(
            AnchorNeed(
                enterprise_id=ids[n % 40], segment_id=segments[n % len(segments)].id,
                kind=NeedKind.SUPPLY, description="配套", partner_id=ids[n * 61], noted_on=today,
            )
        )  # fmt: skip
    return first, others[len(others) // 2]


def _missing(known: int) -> Iterator[dict[str, Any]]:
    for n in range(known + 1, COMPANIES + 1):
        name = f"目标{n}号新材料有限公司"
        yield {
            "name": name, "name_norm": name, "name_loose": name, "pinyin_initials": "",
            "search_text": name, "created_at": clock.now(),
        }  # fmt: skip


def asked(today: date, segment: Any) -> int:
    found = targets(today, segment.chain_id, segment.id)
    assert found is not None
    for each in told_to(system_actor(), found.scores[:PAGE], found.groups, today):
        reasons_of(each)
    return len(found.scores) + len(found.excluded)


def timed(verb: Callable[[], int]) -> dict[str, Any]:
    """The median of some runs after one to warm up, and the statements of one."""
    suiting = verb()
    spent, cpu, counted = [], [], []

    def note(*_given: Any) -> None:
        counted.append(1)

    event.listen(db.engine, "before_cursor_execute", note)
    for _ in range(TIMES):
        db.session.rollback()
        begun, used = time.perf_counter(), time.process_time()
        verb()
        spent.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    event.remove(db.engine, "before_cursor_execute", note)
    return {
        "suiting": suiting,
        "ms": statistics.median(spent),
        "cpu_ms": statistics.median(cpu),
        "statements": len(counted) // TIMES,
    }


def main() -> None:
    with create_app(Settings.from_env()).test_request_context():
        today = clock.today()
        with transaction():
            every, usual = fill(today)
        # What autovacuum would have done by the next morning.
        settled = "VACUUM ANALYZE" if db.engine.dialect.name == "postgresql" else "ANALYZE"
        with db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(settled))
        found = {
            "companies": COMPANIES,
            "usual": timed(lambda: asked(today, usual)),
            "all": timed(lambda: asked(today, every)),
        }
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
