"""What a lead must show before it may move. Facts in, everything that is missing out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.leads.rules.classification import REASONS_FOR, AgreementType, OffRampReason
from crm.leads.rules.stages import ORDER, Path, Stage


class Lack(StrEnum):
    """What is missing or wrong; the words stand in wording.py."""

    TITLE = "title"
    INVESTOR = "investor"
    INVESTOR_UNKNOWN = "investor_unknown"
    SOURCE = "source"
    FIRST_CONTACT_ON = "first_contact_on"
    CONTACT_PERSON = "contact_person"
    AMOUNT = "amount"
    CHAIN = "chain"
    OWNER = "owner"
    NEXT_ACTION = "next_action"
    NEXT_ACTION_ON = "next_action_on"
    SEGMENT = "segment"
    REVIEW_RESULT = "review_result"
    REVIEW_MINUTES = "review_minutes"
    AGREEMENT_DRAFT = "agreement_draft"
    EXPECTED_SIGN_ON = "expected_sign_on"
    SIGNED_ON = "signed_on"
    AGREEMENT_TYPE = "agreement_type"
    NOT_A_FORMAL_AGREEMENT = "not_a_formal_agreement"
    AGREEMENT_AMOUNT = "agreement_amount"
    AGREEMENT_FILE = "agreement_file"
    LOCAL_ENTITY = "local_entity"
    USCC = "uscc"
    LICENSED_ON = "licensed_on"
    STARTED_ON = "started_on"
    START_PROOF = "start_proof"
    OPERATING_ON = "operating_on"
    OPERATING_PROOF = "operating_proof"
    DAY_IN_FUTURE = "day_in_future"
    SIGNED_BEFORE_CONTACT = "signed_before_contact"
    ALREADY_THERE = "already_there"
    STEP_BACK_REASON = "step_back_reason"
    OFF_RAMP_REASON = "off_ramp_reason"
    OFF_RAMP_NOTE = "off_ramp_note"
    TRANSFERRED_TO = "transferred_to"
    TRANSFERRED_AWAY = "transferred_away"


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """Everything the gates read, as it would stand after the move (form input included).

    ``first_contact_on`` is the day of a recorded contact with a person of the investor. An
    amount may be 约. ``review_result`` is the review's answer in a word. ``started_on`` is the day
    of the path's own start: construction, moving in, or first tax. ``is_days_order_confirmed``
    says that a person was asked about a signing before the first contact and keeps both days.
    """

    stage: Stage
    path: Path | None = None
    title: str = ""
    has_investor: bool = False
    is_investor_unknown: bool = False
    source: str = ""
    first_contact_on: date | None = None
    has_contact_person: bool = False
    has_amount: bool = False
    has_chain: bool = False
    has_industry: bool = False
    has_owner: bool = False
    next_action: str = ""
    next_action_on: date | None = None
    has_segment: bool = False
    review_result: str = ""
    has_review_minutes: bool = False
    has_agreement_draft: bool = False
    expected_sign_on: date | None = None
    signed_on: date | None = None
    agreement_type: AgreementType | None = None
    has_agreement_amount: bool = False
    has_agreement_file: bool = False
    has_local_entity: bool = False
    uscc: str = ""
    licensed_on: date | None = None
    started_on: date | None = None
    has_start_proof: bool = False
    operating_on: date | None = None
    has_operating_proof: bool = False
    is_days_order_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands in the way, and the form field where it is put right."""

    code: Lack
    field: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing a stage requires: the lack it leaves, the form field, and whether it is there."""

    lack: Lack
    field: str
    is_there: Callable[[LeadFacts], bool]


EVIDENCE: dict[Stage, tuple[Evidence, ...]] = {
    Stage.LEAD: (
        Evidence(Lack.TITLE, "title", lambda f: bool(f.title.strip())),
        Evidence(Lack.INVESTOR, "investor", lambda f: f.has_investor or f.is_investor_unknown),
        Evidence(Lack.SOURCE, "source", lambda f: bool(f.source.strip())),
    ),
    Stage.CONTACTED: (
        Evidence(
            Lack.FIRST_CONTACT_ON, "first_contact_on", lambda f: f.first_contact_on is not None
        ),
        Evidence(Lack.CONTACT_PERSON, "contact_person", lambda f: f.has_contact_person),
    ),
    Stage.NEGOTIATING: (
        Evidence(
            Lack.INVESTOR_UNKNOWN,
            "investor",
            lambda f: f.has_investor or not f.is_investor_unknown,
        ),
        Evidence(Lack.AMOUNT, "total_investment", lambda f: f.has_amount),
        Evidence(Lack.CHAIN, "chain", lambda f: f.has_chain or f.has_industry),
        Evidence(Lack.OWNER, "owner", lambda f: f.has_owner),
        Evidence(Lack.NEXT_ACTION, "next_action", lambda f: bool(f.next_action.strip())),
        Evidence(Lack.NEXT_ACTION_ON, "next_action_on", lambda f: f.next_action_on is not None),
    ),
    Stage.REVIEWED: (
        Evidence(Lack.SEGMENT, "segment", lambda f: f.has_segment),
        Evidence(Lack.REVIEW_RESULT, "review_result", lambda f: bool(f.review_result.strip())),
        Evidence(Lack.REVIEW_MINUTES, "review_minutes", lambda f: f.has_review_minutes),
    ),
    Stage.PRE_SIGNING: (
        # The signed agreement and its day supersede a draft and an expectation.
        Evidence(
            Lack.AGREEMENT_DRAFT,
            "agreement_draft",
            lambda f: f.has_agreement_draft or f.has_agreement_file,
        ),
        Evidence(
            Lack.EXPECTED_SIGN_ON,
            "expected_sign_on",
            lambda f: f.expected_sign_on is not None or f.signed_on is not None,
        ),
    ),
    Stage.SIGNED: (
        Evidence(Lack.SIGNED_ON, "signed_on", lambda f: f.signed_on is not None),
        Evidence(Lack.AGREEMENT_TYPE, "agreement_type", lambda f: f.agreement_type is not None),
        Evidence(
            Lack.NOT_A_FORMAL_AGREEMENT,
            "agreement_type",
            lambda f: f.agreement_type in {None, AgreementType.FORMAL},
        ),
        Evidence(Lack.AGREEMENT_AMOUNT, "agreement_amount", lambda f: f.has_agreement_amount),
        Evidence(Lack.AGREEMENT_FILE, "agreement_file", lambda f: f.has_agreement_file),
    ),
    Stage.REGISTERED: (
        Evidence(Lack.LOCAL_ENTITY, "local_entity", lambda f: f.has_local_entity),
        Evidence(Lack.USCC, "uscc", lambda f: bool(f.uscc.strip())),
        Evidence(Lack.LICENSED_ON, "licensed_on", lambda f: f.licensed_on is not None),
    ),
    Stage.STARTED: (
        Evidence(Lack.STARTED_ON, "started_on", lambda f: f.started_on is not None),
        Evidence(Lack.START_PROOF, "start_proof", lambda f: f.has_start_proof),
    ),
    Stage.OPERATING: (
        Evidence(Lack.OPERATING_ON, "operating_on", lambda f: f.operating_on is not None),
        Evidence(Lack.OPERATING_PROOF, "operating_proof", lambda f: f.has_operating_proof),
    ),
}
"""What each stage requires, in the order of the form. A stage also requires all before it."""

EVENT_DAYS: tuple[tuple[str, Callable[[LeadFacts], date | None]], ...] = (
    ("first_contact_on", lambda f: f.first_contact_on),
    ("signed_on", lambda f: f.signed_on),
    ("licensed_on", lambda f: f.licensed_on),
    ("started_on", lambda f: f.started_on),
    ("operating_on", lambda f: f.operating_on),
)
"""Days of things that happened, which therefore cannot lie ahead."""


def missing_evidence(facts: LeadFacts, stage: Stage) -> tuple[Missing, ...]:
    """Everything that ``stage`` and the stages before it require and the lead does not show.

    Asked with the lead's own stage, it lists what an imported lead still owes (待补佐证).
    Off-ramps require no evidence.
    """
    if stage not in ORDER:
        return ()
    return tuple(
        Missing(evidence.lack, evidence.field)
        for reached in ORDER[: ORDER.index(stage) + 1]
        for evidence in EVIDENCE[reached]
        if not evidence.is_there(facts)
    )


def odd_days(facts: LeadFacts, on: date) -> tuple[Missing, ...]:
    """Event days that lie after ``on``, and a signing before the first contact if not confirmed."""
    odd = [
        Missing(Lack.DAY_IN_FUTURE, field)
        for field, day_of in EVENT_DAYS
        if (day := day_of(facts)) is not None and day > on
    ]
    if (
        facts.signed_on is not None
        and facts.first_contact_on is not None
        and facts.signed_on < facts.first_contact_on
        and not facts.is_days_order_confirmed
    ):
        odd.append(Missing(Lack.SIGNED_BEFORE_CONTACT, "signed_on"))
    return tuple(odd)


def why_not_advance(
    facts: LeadFacts,
    to: Stage,
    *,
    on: date,
    reason: OffRampReason | None = None,
    note: str = "",
    transferred_to: str = "",
) -> tuple[Missing, ...]:
    """All that stands in the way of moving the lead to ``to`` on the day ``on``; empty if it may.

    Forward, and back into work from PARKED or LOST: the evidence of every stage up to ``to``,
    skipped ones included, and believable days. Back: a reason in ``note``. To an off-ramp: a
    ``reason`` from its list (with a ``note`` if it is OTHER), and for a transfer whom to. A
    transferred lead is no longer ours to move.
    """
    if to is facts.stage:
        return (Missing(Lack.ALREADY_THERE, "stage"),)
    if facts.stage is Stage.TRANSFERRED:
        return (Missing(Lack.TRANSFERRED_AWAY, "stage"),)
    if to.is_off_ramp:
        return _why_not_leave(to, reason, note, transferred_to)
    if to.is_before(facts.stage):
        return () if note.strip() else (Missing(Lack.STEP_BACK_REASON, "note"),)
    return missing_evidence(facts, to) + odd_days(facts, on)


def _why_not_leave(
    to: Stage, reason: OffRampReason | None, note: str, transferred_to: str
) -> tuple[Missing, ...]:
    missing = []
    if reason not in REASONS_FOR[to]:
        missing.append(Missing(Lack.OFF_RAMP_REASON, "reason"))
    if reason is OffRampReason.OTHER and not note.strip():
        missing.append(Missing(Lack.OFF_RAMP_NOTE, "note"))
    if to is Stage.TRANSFERRED and not transferred_to.strip():
        missing.append(Missing(Lack.TRANSFERRED_TO, "transferred_to"))
    return tuple(missing)


def fields_of(stage: Stage) -> tuple[str, ...]:
    """The form fields that ``stage`` itself adds, each once, in the order of the form."""
    return tuple(dict.fromkeys(evidence.field for evidence in EVIDENCE.get(stage, ())))


def required_fields(stage: Stage) -> tuple[str, ...]:
    """All form fields required at ``stage``, growing with the stage; off-ramps add none."""
    reached = ORDER[: ORDER.index(stage) + 1] if stage in ORDER else ORDER[:1]
    return tuple(dict.fromkeys(evidence.field for step in reached for evidence in EVIDENCE[step]))
