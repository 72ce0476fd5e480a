"""Where a lead stands, and what a move asks for."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import (
    FROM_SIGNING,
    IN_TALKS,
    MILESTONES_OF,
    OFF_RAMPS,
    ORDER,
    REASONS_FOR,
    AgreementType,
    Lack,
    LeadFacts,
    MilestoneKind,
    OffRampReason,
    Path,
    Stage,
    fields_of,
    implied_milestones,
    milestones_beyond,
    missing_evidence,
    required_fields,
    stage_from_milestones,
    why_not_advance,
)

TODAY = date(2026, 11, 23)
M = MilestoneKind

FULL = LeadFacts(
    stage=Stage.LEAD,
    path=Path.LAND,
    title="高纯硅溶胶抛光材料项目",
    has_investor=True,
    source="以商招商",
    first_contact_on=date(2026, 3, 12),
    has_contact_person=True,
    has_amount=True,
    has_chain=True,
    has_owner=True,
    next_action="约谈投资方负责人",
    next_action_on=date(2026, 12, 4),
    has_segment=True,
    review_result="通过",
    has_review_minutes=True,
    has_agreement_draft=True,
    expected_sign_on=date(2026, 12, 31),
    signed_on=date(2026, 10, 18),
    agreement_type=AgreementType.FORMAL,
    has_agreement_amount=True,
    has_agreement_file=True,
    has_local_entity=True,
    uscc="91370105MA3C5XYZ0A",
    licensed_on=date(2026, 10, 30),
    started_on=date(2026, 11, 10),
    has_start_proof=True,
    operating_on=date(2026, 11, 20),
    has_operating_proof=True,
)


def lacks(facts: LeadFacts, to: Stage) -> set[Lack]:
    return {missing.code for missing in why_not_advance(facts, to, on=TODAY)}


@pytest.mark.parametrize(
    ("kinds", "path", "stage"),
    [
        ([], Path.LAND, None),
        ([M.REGISTERED], Path.LAND, None),
        ([M.REGISTERED, M.STARTED], Path.LAND, None),
        ([M.SIGNED], Path.LAND, Stage.SIGNED),
        ([M.REGISTERED, M.SIGNED], Path.LAND, Stage.REGISTERED),
        ([M.SIGNED, M.STARTED], Path.LAND, Stage.SIGNED),
        ([M.SIGNED, M.REGISTERED, M.FILED, M.LAND_SUPPLIED], Path.LAND, Stage.REGISTERED),
        ([M.STARTED, M.SIGNED, M.REGISTERED], Path.LAND, Stage.STARTED),
        ([M.SIGNED, M.REGISTERED, M.STARTED, M.COMPLETED], Path.LAND, Stage.STARTED),
        ([M.SIGNED, M.REGISTERED, M.STARTED, M.OPERATING], Path.LAND, Stage.OPERATING),
        ([M.SIGNED, M.REGISTERED, M.OPERATING], Path.LAND, Stage.REGISTERED),
        ([M.SIGNED, M.REGISTERED, M.MOVED_IN], Path.CARRIER, Stage.STARTED),
        ([M.SIGNED, M.REGISTERED, M.MOVED_IN], Path.LAND, Stage.REGISTERED),
        ([M.SIGNED, M.REGISTERED, M.TAXPAYING], Path.HEADQUARTERS, Stage.STARTED),
        ([M.SIGNED, M.REGISTERED, M.TAXPAYING], None, Stage.STARTED),
    ],
)
def test_the_stage_follows_from_the_milestones_that_leave_no_gap(kinds, path, stage):
    assert stage_from_milestones(kinds, path) is stage


@given(st.permutations(list(MilestoneKind)), st.sampled_from(Path))
def test_the_order_in_which_milestones_were_recorded_never_matters(kinds, path):
    for cut in range(len(kinds)):
        some = kinds[:cut]
        assert stage_from_milestones(some, path) is stage_from_milestones(sorted(some), path)


@given(st.sets(st.sampled_from(MilestoneKind)), st.sampled_from(MilestoneKind))
def test_one_more_milestone_never_moves_a_lead_back(kinds, more):
    for path in Path:
        before, after = (
            stage_from_milestones(kinds, path),
            stage_from_milestones(kinds | {more}, path),
        )
        assert before is None or before is after or before.is_before(after)


def test_every_path_begins_with_the_signing_and_ends_in_operation():
    for milestones in MILESTONES_OF.values():
        assert milestones[0] is M.SIGNED
        assert milestones[-1] is M.OPERATING
        assert stage_from_milestones(milestones, None) is Stage.OPERATING


def test_in_talks_means_from_first_contact_to_the_eve_of_signing():
    assert {stage for stage in Stage if stage.is_in_talks} == set(IN_TALKS)
    assert IN_TALKS == (Stage.CONTACTED, Stage.NEGOTIATING, Stage.REVIEWED, Stage.PRE_SIGNING)
    assert not Stage.PARKED.is_closed
    assert Stage.LOST.is_closed


@pytest.mark.parametrize("path", [*Path, None])
def test_a_stated_stage_claims_the_milestones_that_would_prove_it(path):
    for stage in Stage:
        claimed = implied_milestones(stage, path)
        assert stage_from_milestones(claimed, path) is (stage if stage.is_signed else None)


def test_a_step_back_names_the_milestones_it_withdraws():
    kinds = {M.SIGNED, M.REGISTERED, M.FILED, M.MOVED_IN}
    assert milestones_beyond(Stage.SIGNED, kinds, Path.CARRIER) == (M.REGISTERED, M.MOVED_IN)
    assert milestones_beyond(Stage.REVIEWED, kinds, Path.LAND) == (M.SIGNED, M.REGISTERED)


@pytest.mark.parametrize("stage", ORDER[1:])
def test_a_lead_that_shows_everything_may_move_to_any_later_stage(stage):
    assert why_not_advance(FULL, stage, on=TODAY) == ()


@pytest.mark.parametrize(
    ("to", "without", "lack"),
    [
        (Stage.CONTACTED, {"first_contact_on": None}, Lack.FIRST_CONTACT_ON),
        (Stage.CONTACTED, {"has_contact_person": False}, Lack.CONTACT_PERSON),
        (
            Stage.NEGOTIATING,
            {"has_investor": False, "is_investor_unknown": True},
            Lack.INVESTOR_UNKNOWN,
        ),
        (Stage.NEGOTIATING, {"has_amount": False}, Lack.AMOUNT),
        (Stage.NEGOTIATING, {"has_chain": False}, Lack.CHAIN),
        (Stage.NEGOTIATING, {"has_owner": False}, Lack.OWNER),
        (Stage.NEGOTIATING, {"next_action": " "}, Lack.NEXT_ACTION),
        (Stage.NEGOTIATING, {"next_action_on": None}, Lack.NEXT_ACTION_ON),
        (Stage.REVIEWED, {"has_segment": False}, Lack.SEGMENT),
        (Stage.REVIEWED, {"review_result": ""}, Lack.REVIEW_RESULT),
        (Stage.REVIEWED, {"has_review_minutes": False}, Lack.REVIEW_MINUTES),
        (
            Stage.PRE_SIGNING,
            {"has_agreement_draft": False, "has_agreement_file": False},
            Lack.AGREEMENT_DRAFT,
        ),
        (
            Stage.PRE_SIGNING,
            {"expected_sign_on": None, "signed_on": None},
            Lack.EXPECTED_SIGN_ON,
        ),
        (Stage.SIGNED, {"signed_on": None}, Lack.SIGNED_ON),
        (Stage.SIGNED, {"agreement_type": None}, Lack.AGREEMENT_TYPE),
        (
            Stage.SIGNED,
            {"agreement_type": AgreementType.FRAMEWORK},
            Lack.NOT_A_FORMAL_AGREEMENT,
        ),
        (Stage.SIGNED, {"agreement_type": AgreementType.INTENT}, Lack.NOT_A_FORMAL_AGREEMENT),
        (Stage.SIGNED, {"has_agreement_amount": False}, Lack.AGREEMENT_AMOUNT),
        (Stage.SIGNED, {"has_agreement_file": False}, Lack.AGREEMENT_FILE),
        (Stage.REGISTERED, {"has_local_entity": False}, Lack.LOCAL_ENTITY),
        (Stage.REGISTERED, {"uscc": ""}, Lack.USCC),
        (Stage.REGISTERED, {"licensed_on": None}, Lack.LICENSED_ON),
        (Stage.STARTED, {"started_on": None}, Lack.STARTED_ON),
        (Stage.STARTED, {"has_start_proof": False}, Lack.START_PROOF),
        (Stage.OPERATING, {"operating_on": None}, Lack.OPERATING_ON),
        (Stage.OPERATING, {"has_operating_proof": False}, Lack.OPERATING_PROOF),
    ],
)
def test_each_stage_asks_for_exactly_its_evidence(to, without, lack):
    facts = replace(FULL, **without)
    assert lacks(facts, to) == {lack}
    earlier = ORDER[ORDER.index(to) - 1]
    if earlier is not Stage.LEAD:
        assert lack not in lacks(facts, earlier)


def test_a_jump_forward_names_all_skipped_evidence_at_once():
    bare = LeadFacts(stage=Stage.LEAD, title="某项目", is_investor_unknown=True, source="展会")
    assert lacks(bare, Stage.REVIEWED) == {
        Lack.FIRST_CONTACT_ON,
        Lack.CONTACT_PERSON,
        Lack.INVESTOR_UNKNOWN,
        Lack.AMOUNT,
        Lack.CHAIN,
        Lack.OWNER,
        Lack.NEXT_ACTION,
        Lack.NEXT_ACTION_ON,
        Lack.SEGMENT,
        Lack.REVIEW_RESULT,
        Lack.REVIEW_MINUTES,
    }


def test_an_industry_code_stands_in_for_the_chain():
    assert lacks(replace(FULL, has_chain=False, has_industry=True), Stage.NEGOTIATING) == set()


def test_a_framework_agreement_lets_a_lead_stand_before_signing():
    framework = replace(FULL, agreement_type=AgreementType.FRAMEWORK)
    assert lacks(framework, Stage.PRE_SIGNING) == set()


def test_an_imported_lead_owes_the_evidence_of_its_own_stage():
    imported = LeadFacts(
        stage=Stage.SIGNED, title="某项目", has_investor=True, source="展会", signed_on=TODAY
    )
    owed = {missing.code for missing in missing_evidence(imported, imported.stage)}
    assert {Lack.AGREEMENT_FILE, Lack.AGREEMENT_TYPE, Lack.SEGMENT} <= owed
    assert Lack.SIGNED_ON not in owed
    assert missing_evidence(imported, Stage.PARKED) == ()


@pytest.mark.parametrize(
    "field", ["first_contact_on", "signed_on", "licensed_on", "started_on", "operating_on"]
)
def test_an_event_cannot_lie_in_the_future(field):
    tomorrow = TODAY + timedelta(days=1)
    facts = replace(FULL, is_days_order_confirmed=True, **{field: tomorrow})
    (missing,) = why_not_advance(facts, Stage.OPERATING, on=TODAY)
    assert (missing.code, missing.field) == (Lack.DAY_IN_FUTURE, field)
    assert why_not_advance(facts, Stage.OPERATING, on=tomorrow) == ()


def test_a_signing_before_the_first_contact_is_asked_and_may_be_confirmed():
    facts = replace(FULL, signed_on=date(2026, 3, 11))
    assert lacks(facts, Stage.SIGNED) == {Lack.SIGNED_BEFORE_CONTACT}
    assert lacks(replace(facts, is_days_order_confirmed=True), Stage.SIGNED) == set()
    assert lacks(replace(facts, signed_on=date(2026, 3, 12)), Stage.SIGNED) == set()


def test_a_step_back_needs_a_reason_and_nothing_else():
    bare = LeadFacts(stage=Stage.REVIEWED)
    assert lacks(bare, Stage.CONTACTED) == {Lack.STEP_BACK_REASON}
    assert why_not_advance(bare, Stage.CONTACTED, on=TODAY, note="评审意见撤回") == ()


@pytest.mark.parametrize("to", OFF_RAMPS)
def test_leaving_the_way_needs_a_reason_from_its_own_list(to):
    bare = LeadFacts(stage=Stage.NEGOTIATING)
    for reason in OffRampReason:
        codes = {
            missing.code
            for missing in why_not_advance(
                bare, to, on=TODAY, reason=reason, note="说明", transferred_to="历下区"
            )
        }
        assert codes == (set() if reason in REASONS_FOR[to] else {Lack.OFF_RAMP_REASON})


def test_a_transfer_says_whom_to_and_other_reasons_say_which():
    bare = LeadFacts(stage=Stage.NEGOTIATING)
    missing = why_not_advance(bare, Stage.TRANSFERRED, on=TODAY)
    assert {m.code for m in missing} == {Lack.OFF_RAMP_REASON, Lack.TRANSFERRED_TO}
    missing = why_not_advance(bare, Stage.LOST, on=TODAY, reason=OffRampReason.OTHER)
    assert [m.field for m in missing] == ["note"]


@pytest.mark.parametrize("off", [Stage.PARKED, Stage.LOST])
def test_a_parked_or_lost_lead_may_be_taken_up_again_with_its_evidence(off):
    assert lacks(replace(FULL, stage=off), Stage.NEGOTIATING) == set()
    assert lacks(replace(FULL, stage=off, has_owner=False), Stage.NEGOTIATING) == {Lack.OWNER}


def test_a_transferred_lead_is_no_longer_ours_to_move():
    assert lacks(replace(FULL, stage=Stage.TRANSFERRED), Stage.SIGNED) == {Lack.TRANSFERRED_AWAY}


def test_standing_still_is_no_move():
    assert lacks(FULL, Stage.LEAD) == {Lack.ALREADY_THERE}


def test_the_form_grows_with_the_stage():
    seen: tuple[str, ...] = ()
    for stage in ORDER:
        required = required_fields(stage)
        assert required[: len(seen)] == seen
        assert set(fields_of(stage)) <= set(required)
        seen = required
    assert required_fields(Stage.LEAD) == ("title", "investor", "source")
    assert required_fields(Stage.PARKED) == required_fields(Stage.LEAD)
    assert set(FROM_SIGNING) == {stage for stage in Stage if stage.is_signed}
