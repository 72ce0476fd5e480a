"""A filter of 项目库 as a value: written to an address and read back."""

from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import ChainRole, MilestoneKind, Stage
from crm.leads.rules.filters import (
    CountedEvent,
    Due,
    LeadFilter,
    Outcome,
    Quiet,
    Sort,
    WrongParameter,
    read_filter,
)

FILTERS = st.builds(
    LeadFilter,
    q=st.text("项目ab%_ ", max_size=5).map(str.strip),
    stage=st.none() | st.sampled_from([*Stage]),
    chain=st.none() | st.integers(0, 2**62),
    owner=st.none() | st.integers(0, 9),
    amount_from=st.none() | st.integers(0, 10**14),
    amount_to=st.none() | st.integers(0, 10**14),
    due=st.none() | st.sampled_from([*Due]),
    quiet=st.none() | st.sampled_from([*Quiet]),
    chain_role=st.none() | st.sampled_from([0, *ChainRole]),
    sensitive=st.none() | st.booleans(),
    quota=st.just("A"),
    year=st.none() | st.integers(2000, 2100),
    verdict=st.none() | st.sampled_from([*Outcome]),
    event=st.sampled_from([*CountedEvent]),
    sponsor=st.none() | st.integers(0, 9),
    zone=st.none() | st.integers(0, 9),
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    sort=st.sampled_from([*Sort]),
    is_reversed=st.booleans(),
) | st.builds(
    LeadFilter,
    milestone=st.sampled_from([*MilestoneKind]) | st.none(),
    verdict=st.none(),
    quota=st.none() | st.just("A"),
)


@given(wanted=FILTERS)
def test_a_filter_written_to_an_address_reads_back_the_same(wanted):
    assert read_filter(wanted.url_args(), me=1) == wanted


@given(
    args=st.dictionaries(
        st.sampled_from(
            [
                "q",
                "stage",
                "chain",
                "chain_role",
                "amount_from",
                "due",
                "verdict",
                "sort",
                "year",
                "since",
                "milestone",
                "zone",
            ]
        ),
        st.text(max_size=20),
    )
)
def test_whatever_stands_in_an_address_is_read_or_refused(args):
    refused = None
    try:
        wanted = read_filter(args, me=1)
    except WrongParameter as wrong:
        refused = wrong.name
    assert (
        refused in {*args, "quota"} if refused else read_filter(wanted.url_args(), me=1) == wanted
    )
