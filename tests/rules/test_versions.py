"""Versions of criteria: one in force on a day, and what may be published."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.quotas.rules import (
    Node,
    PlannedPeriod,
    Publishing,
    VersionFault,
    in_force,
    why_not_planned,
    why_not_publish,
)

DAYS = st.dates(date(2025, 12, 1), date(2027, 1, 31))


@dataclass(frozen=True)
class Wording:
    in_force_from: date | None


def test_the_last_version_that_has_begun_holds():
    first, second, draft = Wording(date(2026, 1, 1)), Wording(date(2026, 7, 1)), Wording(None)
    versions = (draft, second, first)
    assert in_force(versions, date(2025, 12, 31)) is None
    assert in_force(versions, date(2026, 1, 1)) is first
    assert in_force(versions, date(2026, 6, 30)) is first
    assert in_force(versions, date(2026, 7, 1)) is second
    assert in_force((), date(2026, 7, 1)) is None


@given(st.sets(DAYS, min_size=1), DAYS, st.randoms())
def test_on_every_day_exactly_one_version_holds_whatever_their_order(days, on, random):
    versions = [Wording(day) for day in days]
    random.shuffle(versions)
    held = in_force(versions, on)
    begun = sorted(day for day in days if day <= on)
    assert (held.in_force_from if held else None) == (begun[-1] if begun else None)


READY = Publishing(
    document_number="天招〔2026〕8号",
    in_force_from=date(2026, 7, 1),
    opens=date(2026, 1, 1),
    closes=date(2026, 12, 31),
    known_days=(date(2026, 1, 1), date(2026, 4, 1)),
)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, ()),
        ({"document_number": ""}, (VersionFault.NO_DOCUMENT,)),
        ({"in_force_from": None}, (VersionFault.NO_DAY,)),
        ({"in_force_from": date(2026, 4, 1)}, (VersionFault.SAME_DAY,)),
        ({"in_force_from": date(2026, 1, 1)}, (VersionFault.SAME_DAY,)),
        ({"in_force_from": date(2026, 4, 2)}, ()),
        ({"in_force_from": date(2026, 3, 31)}, (VersionFault.BEFORE_PREVIOUS,)),
        ({"in_force_from": date(2026, 12, 31)}, ()),
        ({"in_force_from": date(2027, 1, 1)}, (VersionFault.OUTSIDE_PERIOD,)),
        ({"closed_until": date(2026, 6, 30)}, ()),
        ({"closed_until": date(2026, 7, 1)}, (VersionFault.PERIOD_CLOSED,)),
        ({"is_frozen": True}, (VersionFault.FROZEN,)),
        ({"is_changed": False}, (VersionFault.UNCHANGED,)),
        (
            {"is_frozen": True, "document_number": "", "in_force_from": date(2025, 1, 1)},
            (
                VersionFault.FROZEN,
                VersionFault.NO_DOCUMENT,
                VersionFault.OUTSIDE_PERIOD,
                VersionFault.BEFORE_PREVIOUS,
            ),
        ),
    ],
)
def test_everything_that_stands_in_the_way_of_publishing_is_told(change, faults):
    assert why_not_publish(replace(READY, **change)) == faults


PLANNED = PlannedPeriod(
    2026,
    10,
    date(2026, 1, 1),
    date(2026, 12, 31),
    others=((date(2025, 1, 1), date(2025, 12, 31)), (date(2027, 1, 1), date(2027, 12, 31))),
)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, ()),
        ({"target": 1}, ()),
        ({"target": 0}, (VersionFault.TARGET_NOT_POSITIVE,)),
        ({"target": -1}, (VersionFault.TARGET_NOT_POSITIVE,)),
        ({"target": 10**15 + 1}, (VersionFault.TARGET_TOO_LARGE,)),
        ({"closes": date(2025, 12, 31)}, (VersionFault.CLOSES_BEFORE_OPENS,)),
        ({"closes": date(2026, 12, 25)}, ()),
        ({"closes": date(2027, 1, 1)}, (VersionFault.OTHER_YEAR,)),
        ({"opens": date(2025, 12, 26)}, (VersionFault.OVERLAPS,)),
        ({"opens": date(2025, 12, 26), "others": ()}, ()),
        ({"opens": date(2024, 12, 26), "others": ()}, (VersionFault.OTHER_YEAR,)),
        ({"nodes": (Node(date(2026, 6, 30), 10),)}, ()),
        ({"nodes": (Node(date(2026, 6, 30), 11),)}, (VersionFault.NODE_ABOVE_TARGET,)),
        (
            {"nodes": (Node(date(2026, 12, 31), 9),), "closes": date(2026, 12, 25)},
            (VersionFault.NODE_OUTSIDE,),
        ),
        ({"is_frozen": True, "target": 0}, (VersionFault.FROZEN, VersionFault.TARGET_NOT_POSITIVE)),
    ],
)
def test_everything_wrong_with_a_target_and_a_period_is_told(change, faults):
    assert why_not_planned(replace(PLANNED, **change)) == faults
