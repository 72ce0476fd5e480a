"""Projects that look like one: with every reason, and never each with each."""

from hypothesis import given
from hypothesis import strategies as st

from crm.recognition.rules import Alike, Known, pairs_alike
from crm.recognition.rules.suspects import MANY, base_title


def reasons(*projects):
    return {(pair.first, pair.second): set(pair.reasons) for pair in pairs_alike(projects)}


def test_a_new_company_of_the_same_group_is_a_suspect():
    found = reasons(
        Known(1, "锂电基地", investor_id=10, group_id=99),
        Known(2, "储能工厂", investor_id=11, group_id=99),
        Known(3, "风电工厂", investor_id=12, group_id=12),
    )
    assert found == {(1, 2): {Alike.SAME_GROUP}}


def test_one_investor_is_told_once_and_not_as_a_group_too():
    found = reasons(Known(1, "甲", investor_id=10), Known(2, "乙", investor_id=10))
    assert found == {(1, 2): {Alike.SAME_INVESTOR}}


def test_one_local_company_one_address_and_one_telephone_are_told_together():
    found = reasons(
        Known(
            1, "甲", entity_id=5, addresses=("济南市天桥区药山街道1号",), phones=("138 0000 1111",)
        ),
        Known(2, "乙", entity_id=5, addresses=("药山街道 1号",), phones=("+86 13800001111",)),
    )
    assert found[1, 2] == {Alike.SAME_ENTITY, Alike.SAME_ADDRESS, Alike.SAME_CONTACT}


def test_a_second_phase_is_a_suspect_by_its_title_and_by_its_contract():
    found = reasons(
        Known(1, "储能产业园项目"), Known(2, "储能产业园（二期）"), Known(3, "扩建", contract_id=1)
    )
    assert found == {(1, 2): {Alike.PHASE_TITLE}, (1, 3): {Alike.SAME_CONTRACT}}


def test_a_phase_is_taken_off_the_title_however_it_is_written():
    titles = ("储能产业园二期", "储能产业园（第2期）", "储能产业园II期项目", "储能产业园 二期工程")
    assert {base_title(title) for title in titles} == {"储能产业园"}


def test_what_very_many_share_makes_nobody_a_suspect():
    park = [Known(n, f"项目{n}", addresses=("药山科技园",)) for n in range(MANY + 1)]
    assert reasons(*park) == {}
    assert len(reasons(*park[:-1])) == MANY * (MANY - 1) // 2


@given(
    st.lists(
        st.builds(
            Known,
            id=st.integers(1, 60),
            title=st.sampled_from(["甲项目", "甲项目二期", "乙", ""]),
            investor_id=st.none() | st.integers(1, 4),
            group_id=st.none() | st.integers(1, 3),
            entity_id=st.none() | st.integers(1, 3),
            phones=st.lists(st.sampled_from(["13800001111", "", "110"]), max_size=2).map(tuple),
        ),
        unique_by=lambda each: each.id,
        max_size=12,
    ).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found)))
)
def test_every_pair_stands_once_lower_id_first_in_any_order(both):
    found = pairs_alike(both[0])
    assert found == pairs_alike(both[1])
    assert all(pair.first < pair.second and pair.reasons for pair in found)
    assert len({(pair.first, pair.second) for pair in found}) == len(found)
    wanted = {each.id for each in both[0][:3]}
    assert pairs_alike(both[0], wanted) == tuple(
        pair for pair in found if {pair.first, pair.second} & wanted
    )


def test_one_person_who_signs_for_two_companies_is_told_once():
    first = Known(1, "甲", investor_id=1, representatives=("张 三",))
    second = Known(2, "乙", investor_id=2, representatives=("张三", "李四"))
    same = Known(3, "丙", investor_id=1, representatives=("张三",))
    found = {(p.first, p.second): set(p.reasons) for p in pairs_alike([first, second, same])}
    assert found[1, 2] == {Alike.SAME_REPRESENTATIVE}
    assert found[2, 3] == {Alike.SAME_REPRESENTATIVE}
    # The same company has the same representative: that says nothing more.
    assert Alike.SAME_REPRESENTATIVE not in found[1, 3]
