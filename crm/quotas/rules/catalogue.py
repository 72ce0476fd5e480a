"""Which clauses criteria are built from, and what each takes: the one list that reading them and
the editor's form both follow."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from crm.enterprises.rules import Ownership
from crm.leads.rules import (
    Basis,
    ChainRole,
    FigureKind,
    FigureSource,
    HeadquartersType,
    Nature,
    Origin,
    PromotionMode,
)
from crm.quotas.rules.criteria import EditionPolicy


class ClauseName(StrEnum):
    """The clauses by the name they are stored under."""

    RANKING = "ranking"
    AMOUNT = "amount"
    IS_PHYSICAL = "is_physical"
    IS_HEADQUARTERS = "is_headquarters"
    NATURE = "nature"
    ORIGIN = "origin"
    CHAIN = "chain"
    CHAIN_ROLE = "chain_role"
    ZONE = "zone"
    OWNERSHIP = "ownership"
    PROMOTION_MODE = "promotion_mode"


class ClauseKey(StrEnum):
    """What is said of a clause, by the name it is stored under."""

    LISTS = "lists"
    MIN_SHAREHOLDING = "min_shareholding"
    EDITION_POLICY = "edition_policy"
    MIN_INVESTMENT_YUAN = "min_investment_yuan"
    FIRST_ENTRY = "first_entry"
    FIELD = "field"
    AT_LEAST_YUAN = "at_least_yuan"
    BASIS = "basis"
    SOURCES = "sources"
    TYPES = "types"
    OF = "of"


class ValueKind(StrEnum):
    """How a value is typed: an amount, a share (0 to 1), yes or no, one choice, or several."""

    YUAN = "yuan"
    SHARE = "share"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"


class CodesOf(StrEnum):
    """Where the choices come from that are rows of a table, not codes of a rule."""

    RANKING_LISTS = "ranking_lists"
    CHAINS = "chains"
    ZONES = "zones"


@dataclass(frozen=True, slots=True)
class Key:
    """``choices`` are a StrEnum, or the table whose codes they are; ``default`` None: required.

    What equals its default need not be stored.
    """

    name: ClauseKey
    kind: ValueKind
    choices: type[StrEnum] | CodesOf | None = None
    default: object = None


@dataclass(frozen=True, slots=True)
class ClauseKind:
    name: ClauseName
    keys: tuple[Key, ...] = ()


def _one_of(name: ClauseName, choices: type[StrEnum] | CodesOf) -> ClauseKind:
    return ClauseKind(name, (Key(ClauseKey.OF, ValueKind.CHOICES, choices),))


_KINDS = (
    ClauseKind(
        ClauseName.AMOUNT,
        (
            Key(ClauseKey.FIELD, ValueKind.CHOICE, FigureKind),
            Key(ClauseKey.AT_LEAST_YUAN, ValueKind.YUAN),
            Key(ClauseKey.BASIS, ValueKind.CHOICES, Basis, ()),
            Key(ClauseKey.SOURCES, ValueKind.CHOICES, FigureSource, ()),
        ),
    ),
    ClauseKind(
        ClauseName.RANKING,
        (
            Key(ClauseKey.LISTS, ValueKind.CHOICES, CodesOf.RANKING_LISTS),
            Key(ClauseKey.MIN_SHAREHOLDING, ValueKind.SHARE, None, Decimal(0)),
            Key(
                ClauseKey.EDITION_POLICY,
                ValueKind.CHOICE,
                EditionPolicy,
                EditionPolicy.LATEST_BY_SIGNING,
            ),
            Key(ClauseKey.MIN_INVESTMENT_YUAN, ValueKind.YUAN, None, 0),
            Key(ClauseKey.FIRST_ENTRY, ValueKind.YES_NO, None, False),
        ),
    ),
    ClauseKind(ClauseName.IS_PHYSICAL),
    ClauseKind(
        ClauseName.IS_HEADQUARTERS,
        (Key(ClauseKey.TYPES, ValueKind.CHOICES, HeadquartersType, ()),),
    ),
    _one_of(ClauseName.NATURE, Nature),
    _one_of(ClauseName.ORIGIN, Origin),
    _one_of(ClauseName.CHAIN, CodesOf.CHAINS),
    _one_of(ClauseName.CHAIN_ROLE, ChainRole),
    _one_of(ClauseName.ZONE, CodesOf.ZONES),
    _one_of(ClauseName.OWNERSHIP, Ownership),
    _one_of(ClauseName.PROMOTION_MODE, PromotionMode),
)

CATALOGUE: dict[str, ClauseKind] = {kind.name.value: kind for kind in _KINDS}
"""The clauses by name, in the order an editor offers them."""
