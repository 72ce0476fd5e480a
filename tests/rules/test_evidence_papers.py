"""Which papers a counted project needs, what they are called in the folder, and how long is left."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.checkup.rules import (
    CountedProject,
    EventPaper,
    KeptFile,
    PaperState,
    Proof,
    days_left,
    file_name,
    folder_name,
    next_cutoff,
    papers_of,
    unique_names,
)
from crm.leads.rules import AttachmentKind, FigureKind, FigureSource, MilestoneKind
from crm.quotas.rules import CountingEvent, Outcome, Reason, ReasonCode

SIGNED = date(2026, 5, 12)
REACHED = Reason(
    ReasonCode.AMOUNT_REACHED,
    passed=True,
    branch=0,
    field=FigureKind.TOTAL_INVESTMENT,
    value=6 * 10**8,
    source=FigureSource.AGREEMENT,
    on=SIGNED,
    document="协议第3条",
)
BELOW = Reason(
    ReasonCode.AMOUNT_BELOW,
    passed=False,
    branch=1,
    field=FigureKind.HEADQUARTERS_REVENUE,
    value=1,
    source=FigureSource.AGREEMENT,
)


def project(*events, files=(), reasons=(REACHED, BELOW), branch=0):
    return CountedProject(1, "项目", Outcome.COUNTS, branch, tuple(reasons), None, events, files)


def states(found):
    return {paper.proof: paper.state for paper in found}


def test_the_papers_of_all_events_up_to_the_counting_one_are_asked_for():
    found = states(
        papers_of(
            project(EventPaper(MilestoneKind.SIGNED, SIGNED, "协议")),
            CountingEvent.SIGNED_AND_REGISTERED,
        )
    )
    assert found == {
        Proof.SIGNING: PaperState.NAMED,
        Proof.REGISTRATION: PaperState.MISSING,
        Proof.AMOUNT: PaperState.NAMED,
    }


def test_a_later_event_that_happened_must_be_proved_too():
    events = (
        EventPaper(MilestoneKind.SIGNED, SIGNED, "协议"),
        EventPaper(MilestoneKind.MOVED_IN, SIGNED + timedelta(days=90)),
    )
    found = states(papers_of(project(*events), CountingEvent.SIGNED))
    assert found[Proof.START] is PaperState.MISSING
    assert Proof.REGISTRATION not in found


def test_one_scan_of_the_agreement_proves_signing_and_amount():
    scan = KeptFile(7, AttachmentKind.AGREEMENT, "协议.pdf")
    found = papers_of(
        project(EventPaper(MilestoneKind.SIGNED, SIGNED), files=(scan,)), CountingEvent.SIGNED
    )
    assert {paper.proof: paper.file_ids for paper in found} == {
        Proof.SIGNING: (7,),
        Proof.AMOUNT: (7,),
    }
    assert not any(paper.is_missing for paper in found)


def test_the_file_a_milestone_names_comes_first():
    files = (
        KeptFile(1, AttachmentKind.AGREEMENT, "旧.pdf"),
        KeptFile(2, AttachmentKind.AGREEMENT, "新.pdf"),
    )
    events = (EventPaper(MilestoneKind.SIGNED, SIGNED, None, 2),)
    signing = papers_of(project(*events, files=files), CountingEvent.SIGNED)[0]
    assert signing.file_ids == (2, 1)


def test_a_file_of_another_kind_proves_nothing():
    licence = KeptFile(3, AttachmentKind.LICENCE, "执照.pdf")
    found = states(
        papers_of(
            project(EventPaper(MilestoneKind.SIGNED, SIGNED), files=(licence,)),
            CountingEvent.SIGNED,
        )
    )
    assert found[Proof.SIGNING] is PaperState.MISSING


def test_only_the_facts_of_the_way_that_decided_need_papers():
    ranked = Reason(
        ReasonCode.RANKED, passed=True, branch=1, list_code="china_500", document="榜单截图"
    )
    signed = EventPaper(MilestoneKind.SIGNED, SIGNED, "协议")
    found = states(
        papers_of(project(signed, reasons=(REACHED, ranked), branch=1), CountingEvent.SIGNED)
    )
    assert found == {Proof.SIGNING: PaperState.NAMED, Proof.RANKING: PaperState.NAMED}


@pytest.mark.parametrize(
    ("today", "cutoff"),
    [
        (date(2026, 11, 25), date(2026, 11, 25)),
        (date(2026, 11, 26), date(2026, 12, 25)),
        (date(2026, 12, 26), date(2026, 12, 31)),  # the period ends before January's cut-off
        (date(2027, 1, 1), None),
    ],
)
def test_the_next_cutoff_is_this_months_or_the_next_or_the_end(today, cutoff):
    assert next_cutoff(today, 25, date(2026, 12, 31)) == cutoff


@given(
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    st.integers(1, 28),
)
def test_a_cutoff_never_lies_behind_and_at_most_a_month_ahead(today, cutoff_day):
    left = days_left(today, next_cutoff(today, cutoff_day, date(2026, 12, 31)))
    assert left is not None
    assert 0 <= left <= 31


def test_names_keep_their_order_and_lose_what_a_folder_cannot_hold():
    assert folder_name(3, 'a/b:"样本"\n项目…') == "03 ab样本项目…"
    assert file_name(3, 1, "协议", "合同 扫描.PDF") == "03-1 协议 合同 扫描.PDF"
    assert file_name(3, 2, "其他", "CON.txt") == "03-2 其他 _CON.txt"


@given(st.lists(st.text(max_size=80), max_size=12))
def test_names_in_a_folder_are_all_different_whatever_the_case(texts):
    names = unique_names(
        file_name(1, 1, "协议", text) for text in [*texts, *(text.upper() for text in texts)]
    )
    folded = [name.casefold() for name in names]
    assert len(set(folded)) == len(folded)
    assert not any(set(name) & set('<>:"/\\|?*\n\x00') for name in names)
    assert all(0 < len(name) <= 120 for name in names)


def test_a_name_that_already_bears_a_number_is_not_taken_twice():
    assert unique_names(["x.pdf", "X.pdf", "x (2).pdf", "y", "y"]) == [
        "x.pdf",
        "X (2).pdf",
        "x (2) (2).pdf",
        "y",
        "y (2)",
    ]
