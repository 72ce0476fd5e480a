"""The independent facts of a lead that are a choice from a list."""

from enum import StrEnum

from crm.leads.rules.stages import Stage


class Nature(StrEnum):
    NEW = "new"
    EXPANSION = "expansion"
    PHASE_TWO = "phase_two"
    RELOCATION = "relocation"


class Origin(StrEnum):
    """Where the ultimate investor comes from."""

    OVERSEAS = "overseas"
    OTHER_PROVINCE = "other_province"
    OTHER_CITY = "other_city"
    CITY = "city"
    DISTRICT = "district"


class PromotionMode(StrEnum):
    CHAIN = "chain"
    URBAN_RENEWAL = "urban_renewal"
    HEADQUARTERS = "headquarters"
    PARK = "park"


class Tier(StrEnum):
    A = "a"
    B = "b"
    C = "c"


class Confidence(StrEnum):
    """How sure the owner is that the lead will sign."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class HeadquartersType(StrEnum):
    SCALE = "scale"
    REGIONAL = "regional"
    FUNCTIONAL = "functional"
    OTHER = "other"


class AgreementType(StrEnum):
    """Only the formal contract signs; framework and letter of intent stay PRE_SIGNING."""

    FORMAL = "formal"
    FRAMEWORK = "framework"
    INTENT = "intent"


class ChainMove(StrEnum):
    """建补强延: what the project does for its chain."""

    BUILD = "build"
    FILL = "fill"
    STRENGTHEN = "strengthen"
    EXTEND = "extend"


class ChainRole(StrEnum):
    """链上角色: what the firm is to its chain. 配套企业 of a target are the suppliers (DOMAIN §1)."""

    ANCHOR = "anchor"
    SUPPLIER = "supplier"
    RESEARCH = "research"
    SERVICES = "services"


class MembershipKind(StrEnum):
    """People beside the owner: co-owners, and the named list of a sensitive lead."""

    CO_OWNER = "co_owner"
    NAMED = "named"


class StageSource(StrEnum):
    """Who says that the lead stands at its stage."""

    PERSON = "person"
    MILESTONES = "milestones"
    IMPORT = "import"


class Exclusion(StrEnum):
    """Why a project can never count toward a quota, whatever its size."""

    REAL_ESTATE = "real_estate"
    COMMERCIAL_COMPLEX = "commercial_complex"
    THEMED_TOWN = "themed_town"
    PPP = "ppp"
    FUND = "fund"
    PARK_DEVELOPER = "park_developer"
    LOCAL_SELF_INVESTMENT = "local_self_investment"
    GOVERNMENT_FUNDED = "government_funded"
    BRANCH_NETWORK = "branch_network"
    TRADITIONAL_FARMING = "traditional_farming"
    LIVING_SERVICES = "living_services"
    LOCAL_RELOCATION = "local_relocation"
    LATE_FILING = "late_filing"


class OffRampReason(StrEnum):
    INVESTOR_POSTPONED = "investor_postponed"
    FUNDS_NOT_READY = "funds_not_ready"
    SITE_NOT_READY = "site_not_ready"
    AWAITING_APPROVAL = "awaiting_approval"
    WENT_ELSEWHERE = "went_elsewhere"
    INVESTOR_WITHDREW = "investor_withdrew"
    FINANCING_FAILED = "financing_failed"
    REVIEW_FAILED = "review_failed"
    NOT_ADMITTED = "not_admitted"
    NO_SITE = "no_site"
    TERMS_NOT_AGREED = "terms_not_agreed"
    NO_CONTACT = "no_contact"
    REGISTERED_TWICE = "registered_twice"
    SUITS_ELSEWHERE = "suits_elsewhere"
    INVESTOR_CHOSE = "investor_chose"
    ASSIGNED_BY_CITY = "assigned_by_city"
    OTHER = "other"


REASONS_FOR: dict[Stage, tuple[OffRampReason, ...]] = {
    Stage.PARKED: (
        OffRampReason.INVESTOR_POSTPONED,
        OffRampReason.FUNDS_NOT_READY,
        OffRampReason.SITE_NOT_READY,
        OffRampReason.AWAITING_APPROVAL,
        OffRampReason.OTHER,
    ),
    Stage.LOST: (
        OffRampReason.WENT_ELSEWHERE,
        OffRampReason.INVESTOR_WITHDREW,
        OffRampReason.FINANCING_FAILED,
        OffRampReason.REVIEW_FAILED,
        OffRampReason.NOT_ADMITTED,
        OffRampReason.NO_SITE,
        OffRampReason.TERMS_NOT_AGREED,
        OffRampReason.NO_CONTACT,
        OffRampReason.REGISTERED_TWICE,
        OffRampReason.OTHER,
    ),
    Stage.TRANSFERRED: (
        OffRampReason.SUITS_ELSEWHERE,
        OffRampReason.INVESTOR_CHOSE,
        OffRampReason.ASSIGNED_BY_CITY,
        OffRampReason.OTHER,
    ),
}
"""The list of reasons offered for each off-ramp; OTHER asks for a note in words."""


class ActivityKind(StrEnum):
    CALL = "call"
    VISIT_OUT = "visit_out"
    RECEPTION = "reception"
    MEETING = "meeting"
    DOCUMENT = "document"
    FEEDBACK = "feedback"  # to the referrer


class AttachmentKind(StrEnum):
    AGREEMENT = "agreement"
    AGREEMENT_DRAFT = "agreement_draft"
    REVIEW_MINUTES = "review_minutes"
    LICENCE = "licence"
    FILING = "filing"
    LAND_PAPER = "land_paper"
    PERMIT = "permit"
    PHOTO = "photo"
    STATISTICS = "statistics"
    RANKING_PROOF = "ranking_proof"
    OTHER = "other"
