"""截至某日口径: whatever happens later, a day is re-made as its evening told it."""

from datetime import date, timedelta

import pytest

from crm.closing.queries.known import end_of, year_as_known
from crm.quotas.rules import kept
from tests.features.district_story import FIRST, District

DAYS = 28


@pytest.mark.parametrize("seed", range(4))
def test_every_day_of_four_weeks_is_re_made_as_it_was_known_that_day(db_session, person, seed):
    snapshots = list(District(person("director"), seed).live(DAYS))
    assert len({str(each.verdicts) for each in snapshots}) > DAYS // 3
    for snapshot in snapshots:
        found = year_as_known(2026, snapshot.day, end_of(snapshot.day))
        told = {
            (each.terms.code, verdict.lead_id): (
                verdict.outcome,
                [kept(reason) for reason in verdict.reasons],
                verdict.title,
            )
            for each in found.quotas
            for verdict in each.verdicts
        }
        assert told == {
            key: (outcome, reasons, snapshot.titles[key[1]])
            for key, (outcome, reasons, _) in snapshot.verdicts.items()
        }
        for each in found.quotas:
            stands = each.standing
            assert stands.target == snapshot.targets[stands.code]
            for number in ("signed", "registered", "started"):
                assert list(getattr(stands, number).ids) == snapshot.ids(stands.code, number)


def test_what_was_known_and_what_was_dated_by_then_are_asked_apart(db_session, person):
    *_, last = District(person("director"), 7).live(DAYS)
    early = FIRST + timedelta(days=9)
    found = year_as_known(2026, early, end_of(last.day))
    for each in found.quotas:
        code = each.terms.code
        assert list(each.standing.signed.ids) == last.ids(code, "signed", on=early)
        assert each.standing.on == early


def test_before_anything_was_known_nothing_counts(db_session, person):
    list(District(person("director"), 3).live(5))
    found = year_as_known(2026, date(2026, 12, 31), end_of(FIRST - timedelta(days=1)))
    assert [each.standing.signed.count for each in found.quotas] == [0, 0]
    assert year_as_known(1999, FIRST, end_of(FIRST)) is None
