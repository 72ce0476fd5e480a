"""The criteria of a quota as a typed tree, and the form they are stored and edited in.

{"any_of": [{"clause": "ranking", "lists": ["china_500"], "min_shareholding": 0.5},
            {"all": [{"clause": "is_physical"},
                     {"clause": "amount", "field": "total_investment", "at_least_yuan": 500000000},
                     {"not": {"clause": "nature", "of": ["phase_two"]}}]}],
 "exclusions": ["real_estate", "fund"]}

Groups are `any_of` and `all`, in this form or as {"clause": "all", "of": [...]}; `not` holds one
clause. `exclusions`, at the root alone, names the types that bar a lead whatever else it meets; all
of them where it is missing. Which clauses there are and what they take: catalogue.py; how the
form is read: parsing.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from crm.leads.rules import Basis, Exclusion, FigureKind, FigureSource, HeadquartersType

DEEPEST = 8
"""How far groups may be nested."""

ALL_EXCLUSIONS = frozenset(Exclusion)


class CriteriaFault(StrEnum):
    NOT_A_CLAUSE = "not_a_clause"
    UNKNOWN_CLAUSE = "unknown_clause"
    UNKNOWN_KEY = "unknown_key"
    EMPTY_LIST = "empty_list"
    NOT_A_LIST = "not_a_list"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_BASIS = "unknown_basis"
    UNKNOWN_CHOICE = "unknown_choice"
    TWICE = "twice"
    NOT_WHOLE_YUAN = "not_whole_yuan"
    NOT_A_SHARE = "not_a_share"
    NOT_YES_OR_NO = "not_yes_or_no"
    UNKNOWN_AS_OF = "unknown_as_of"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    NEVER_TRUE = "never_true"


class CriteriaError(ValueError):
    """The criteria cannot be read: what is wrong, and where (``any_of[1].of[0].field``)."""

    def __init__(self, fault: CriteriaFault, path: str) -> None:
        super().__init__(f"{fault} at {path or 'criteria'}")
        self.fault = fault
        self.path = path


class EditionPolicy(StrEnum):
    """Which edition of a ranking list judges (DOMAIN §2.5, 500强 membership).

    No rule of a district is published; the default is what practice follows. A yearbook reading
    takes the edition named after the year of signing, even if it appeared later; the generous
    reading also accepts the edition in force when the project is recognised.
    """

    LATEST_BY_SIGNING = "latest_by_signing"
    SIGNING_YEAR = "signing_year"
    SIGNING_OR_LATEST = "signing_or_latest"


class FactName(StrEnum):
    """A fact of a lead that is one choice of a list, and is judged by that choice alone."""

    NATURE = "nature"
    ORIGIN = "origin"
    CHAIN = "chain"
    CHAIN_ROLE = "chain_role"
    ZONE = "zone"
    OWNERSHIP = "ownership"
    PROMOTION_MODE = "promotion_mode"


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    of: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The clause must be proved not to hold; what is merely not recorded proves nothing."""

    of: "Clause"


@dataclass(frozen=True, slots=True)
class RankingClause:
    """The investor or its list company stands on one of the lists, held at least so far.

    ``min_investment_yuan`` asks for that total investment besides (0: none); ``first_entry`` that
    no project of the ranked company's group was signed in the district before.
    """

    lists: tuple[str, ...]
    min_shareholding: Decimal = Decimal(0)
    edition_policy: EditionPolicy = EditionPolicy.LATEST_BY_SIGNING
    min_investment_yuan: int = 0
    first_entry: bool = False


@dataclass(frozen=True, slots=True)
class AmountClause:
    """A figure reaches a threshold, the threshold itself included (以上含本数, 民法典 1259).

    ``basis`` lists the kinds of revenue accepted; empty where the figure has no basis.
    ``sources`` lists the papers accepted; empty for the firmest there is.
    """

    field: FigureKind
    at_least_yuan: int
    basis: tuple[Basis, ...] = ()
    sources: tuple[FigureSource, ...] = ()


@dataclass(frozen=True, slots=True)
class PhysicalClause:
    pass


@dataclass(frozen=True, slots=True)
class HeadquartersClause:
    """A headquarters confirmed by a person, of one of the ``types`` (empty: of any)."""

    types: tuple[HeadquartersType, ...] = ()


@dataclass(frozen=True, slots=True)
class FactClause:
    """The fact is one of the codes ``of``."""

    fact: FactName
    of: tuple[str, ...]


Leaf = RankingClause | AmountClause | PhysicalClause | HeadquartersClause | FactClause
Clause = AnyOf | AllOf | Not | Leaf


def leaves(clause: Clause) -> Iterator[Leaf]:
    """Every leaf in the order it is read."""
    match clause:
        case AnyOf() | AllOf():
            for part in clause.of:
                yield from leaves(part)
        case Not():
            yield from leaves(clause.of)
        case _:
            yield clause


def first_entry_lists(clause: Clause) -> frozenset[str]:
    """The lists whose companies must come for the first time: there leads depend on each other."""
    return frozenset(
        code
        for leaf in leaves(clause)
        if isinstance(leaf, RankingClause) and leaf.first_entry
        for code in leaf.lists
    )
