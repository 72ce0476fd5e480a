"""What pools leads, shares that lean on an assumption, and the moves that teach nothing."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import Stage
from crm.outlook.rules.forecasting import Move
from crm.outlook.rules.pooling import excluded, shrunk, size_band

DAY = date(2026, 3, 1)


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.05, 0.95), st.floats(1, 50))
def test_a_shrunk_share_lies_between_prior_and_history(yes, no, prior, weight):
    share = shrunk(yes, yes + no, prior=prior, weight=weight)
    seen = yes / (yes + no) if yes + no else prior
    assert min(prior, seen) - 1e-9 <= share <= max(prior, seen) + 1e-9


def test_size_bands_include_their_threshold():
    assert size_band(5_000_000_000) == "over_50yi"
    assert size_band(4_999_999_999) == "over_5yi"
    assert size_band(500_000_000) == "over_5yi"
    assert size_band(499_999_999) == "under_5yi"
    assert size_band(None) == "under_5yi"


def test_first_entries_and_imports_are_no_moves_and_late_entries_are_left_out():
    def move(lead, before, late=0, is_import=False):
        on = DAY + timedelta(lead)
        return Move(lead, before, Stage.SIGNED, on, on + timedelta(late), lead, is_import)

    found = excluded(
        [
            move(1, None),
            move(2, Stage.REVIEWED, is_import=True),
            move(3, Stage.REVIEWED),
            move(4, Stage.REVIEWED, late=7),
            move(5, Stage.REVIEWED, late=8),
        ]
    )
    assert (found.moves, found.backfilled, found.used) == (3, 1, 2)
