"""A believable district of any size: the same people, companies and leads for the same number of rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from tests.bench.companies import Companies
from tests.bench.filling import Table
from tests.bench.leads import Leads
from tests.bench.past import Past
from tests.bench.people import People


def district(
    rows: int, today: date, password_hash: str, places: dict[str, list[int]]
) -> Iterator[Table]:
    """Each table after those it points to."""
    morning = datetime.combine(today, time(1, 0), UTC)
    # Chain by chain: a segment and its chain.
    segments = list(zip(places["segments"], places["segment_chains"], strict=True))
    first_chain = [segment for segment, chain in segments if chain == places["chains"][0]]

    people = People(places["first_user"][0], password_hash, morning)
    companies = Companies(max(200, rows * 2 // 5), first_chain, today, morning)
    leads = Leads(rows, people, companies, segments, today, morning)
    past = Past(leads, people, places["quotas"], today, morning)
    for part in (people, companies, leads, past):
        yield from part.tables()
