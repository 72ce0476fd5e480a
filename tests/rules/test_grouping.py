"""Groups of companies from who holds whom."""

from hypothesis import given
from hypothesis import strategies as st

from crm.coverage.rules.grouping import tops_of


def test_everybody_in_a_group_has_the_same_top():
    assert tops_of({2: 1, 3: 1, 4: 3, 6: 5}) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 5, 6: 5}


def test_a_circle_is_a_group_and_those_below_it_belong_to_it():
    assert tops_of({1: 2, 2: 1, 3: 2}) == {1: 1, 2: 1, 3: 1}
    assert tops_of({7: 7}) == {7: 7}


@given(st.dictionaries(st.integers(1, 12), st.integers(1, 12)), st.randoms(use_true_random=False))
def test_the_order_of_reading_changes_no_group(held, random):
    pairs = list(held.items())
    random.shuffle(pairs)
    found = tops_of(held)
    assert found == tops_of(dict(pairs))
    assert found.keys() == held.keys() | set(held.values())
    assert all(found[company] == found[parent] for company, parent in held.items())
