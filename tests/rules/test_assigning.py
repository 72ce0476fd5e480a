"""Which quota of an exclusive group each project goes to: against every possibility, and in time."""

import time
from datetime import date, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.quotas.rules import Modality
from crm.recognition.rules import Contender, Share, assign, shortfall
from crm.recognition.rules.assigning import HARD

DAY = date(2026, 3, 1)
A = Share(1, 2, Modality.STRIVE_FOR)
B = Share(2, 2, Modality.AT_LEAST)


def project(number, fits, on=DAY, **more):
    return Contender(number, on, frozenset(fits), **more)


def worth(contenders, shares, quota_of):
    """The five aims, the first the most important; what is kept is kept by construction."""
    counts = {share.id: 0 for share in shares}
    for quota_id in quota_of.values():
        counts[quota_id] += 1
    lacks = [(share, shortfall(share, counts[share.id])) for share in shares]
    place = {share.id: number for number, share in enumerate(shares)}
    order = sorted(contenders, key=lambda c: (c.counted_on, c.id))
    return (
        sum(lack for share, lack in lacks if share.modality in HARD),
        sum(lack for share, lack in lacks if share.modality not in HARD),
        sum(
            each.published_in in place and each.published_in != quota_of[each.id]
            for each in order
            if each.id in quota_of
        ),
        tuple(place[quota_of[each.id]] for each in order if each.id in quota_of),
    )


def best_by_trying_all(contenders, shares):
    ids = {share.id for share in shares}
    choices = {}
    for each in contenders:
        fits = {each.kept_in} if each.kept_in is not None else each.fits
        if fits & ids:
            choices[each.id] = sorted(fits & ids)
    every = (dict(zip(choices, picks, strict=True)) for picks in product(*choices.values()))
    return min(every, key=lambda quota_of: worth(contenders, shares, quota_of))


@st.composite
def instances(draw):
    number = draw(st.integers(1, 4))
    shares = [
        Share(n + 1, draw(st.integers(0, 3)), draw(st.sampled_from(list(Modality))))
        for n in range(number)
    ]
    quota_ids = st.integers(1, number + 1)  # one more than there are: a quota outside the group
    contenders = [
        Contender(
            lead_id,
            DAY + timedelta(days=draw(st.integers(0, 2))),
            frozenset(draw(st.sets(quota_ids, max_size=number))),
            kept_in=draw(st.none() | st.none() | quota_ids),
            published_in=draw(st.none() | quota_ids),
        )
        for lead_id in range(10, 10 + draw(st.integers(0, 6)))
    ]
    return contenders, shares


@settings(max_examples=400, deadline=None)
@given(instances())
def test_no_other_assignment_is_better(instance):
    contenders, shares = instance
    found = assign(contenders, shares)
    assert found.quota_of == best_by_trying_all(contenders, shares)
    counts = [list(found.quota_of.values()).count(share.id) for share in shares]
    assert list(found.lacks.values()) == [
        shortfall(share, count) for share, count in zip(shares, counts, strict=True)
    ]


@settings(max_examples=50, deadline=None)
@given(instances(), st.randoms(use_true_random=False))
def test_the_order_in_which_projects_come_never_matters(instance, random):
    contenders, shares = instance
    shuffled = contenders[:]
    random.shuffle(shuffled)
    assert assign(shuffled, shares) == assign(contenders, shares)


def test_a_firm_quota_is_filled_before_one_to_strive_for():
    found = assign([project(7, {1, 2}), project(8, {1, 2})], [A, B])
    assert found.quota_of == {7: 2, 8: 2}
    assert found.lacks == {1: 2, 2: 0}


def test_a_project_that_fits_one_quota_alone_makes_room_for_the_others():
    found = assign([project(7, {1, 2}), project(8, {2}), project(9, {2})], [A, B])
    assert found.quota_of == {7: 1, 8: 2, 9: 2}


def test_what_is_recognised_or_locked_stays_though_it_costs():
    found = assign([project(7, {1, 2}, kept_in=1), project(8, {1, 2})], [A, B])
    assert found.quota_of[7] == 1
    assert found.lacks[2] == 1


def test_nothing_moves_from_the_published_assignment_without_need():
    shares = [A, Share(2, 1, Modality.AT_LEAST)]
    found = assign([project(7, {1, 2}, published_in=1), project(8, {1, 2}, published_in=2)], shares)
    assert found.quota_of == {7: 1, 8: 2}
    assert found.changed == ()


def test_among_equals_the_earlier_signing_takes_the_earlier_quota():
    shares = [Share(1, 1, Modality.AT_LEAST), Share(2, 1, Modality.AT_LEAST)]
    found = assign([project(7, {1, 2}, DAY + timedelta(days=1)), project(8, {1, 2})], shares)
    assert found.quota_of == {8: 1, 7: 2}


def test_two_hundred_projects_and_four_quotas_are_assigned_at_once():
    shares = [
        Share(n + 1, target, modality)
        for n, (target, modality) in enumerate(
            [
                (40, Modality.STRIVE_FOR),
                (60, Modality.AT_LEAST),
                (30, Modality.MORE_THAN),
                (90, Modality.EXPECTED),
            ]
        )
    ]
    contenders = [
        Contender(
            n,
            DAY + timedelta(days=n * 7 % 200),
            frozenset({1 + n % 4, 1 + n * 3 % 4, 1 + n * n % 4}),
            published_in=1 + n * 5 % 4 if n % 3 else None,
        )
        for n in range(200)
    ]
    began = time.perf_counter()
    found = assign(contenders, shares)
    assert len(found.quota_of) == 200
    assert time.perf_counter() - began < 2
