"""What differs from what was told, and who explains it."""

from hypothesis import given
from hypothesis import strategies as st

from crm.outlook.rules.saying import Counted, SaidOfQuota, differing

ids = st.frozensets(st.integers(1, 12))
said = st.builds(
    SaidOfQuota,
    code=st.sampled_from(["A", "B"]),
    due=st.integers(0, 20),
    leads=st.dictionaries(st.sampled_from(Counted), ids),
)
lines = st.lists(said, max_size=2, unique_by=lambda each: each.code)


@given(lines, lines)
def test_every_difference_adds_up_from_before_to_after(before, after):
    for each in differing(before, after):
        assert each.before + len(each.came) - len(each.went) == each.after
        assert each.came or each.went


@given(lines)
def test_the_same_again_differs_in_nothing(before):
    assert differing(before, before) == ()


@given(lines, lines)
def test_what_came_one_way_went_the_other(before, after):
    there = {(each.code, each.number): each for each in differing(before, after)}
    back = {(each.code, each.number): each for each in differing(after, before)}
    assert there.keys() == back.keys()
    for key, each in there.items():
        assert (each.came, each.went) == (back[key].went, back[key].came)


def test_another_lead_in_the_same_number_is_a_difference():
    told = [SaidOfQuota("B", 9, {Counted.CERTAIN: frozenset({1, 2})})]
    now = [SaidOfQuota("B", 10, {Counted.CERTAIN: frozenset({2, 3})})]
    (found,) = differing(told, now)
    assert (found.before, found.after, found.came, found.went) == (2, 2, (3,), (1,))
