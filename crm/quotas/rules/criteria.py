"""The criteria of a quota as a typed tree, read from the form they are stored and edited in.

{"any_of": [{"clause": "ranking", "lists": ["china_500"], "min_shareholding": 0.5},
            {"clause": "all", "of": [{"clause": "is_physical"},
                                     {"clause": "amount", "field": "total_investment",
                                      "at_least_yuan": 500000000}]}]}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from crm.leads.rules import Basis, FigureKind

DEEPEST = 8


class CriteriaFault(StrEnum):
    NOT_A_CLAUSE = "not_a_clause"
    UNKNOWN_CLAUSE = "unknown_clause"
    UNKNOWN_KEY = "unknown_key"
    EMPTY_LIST = "empty_list"
    NOT_A_LIST = "not_a_list"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_BASIS = "unknown_basis"
    NOT_WHOLE_YUAN = "not_whole_yuan"
    NOT_A_SHARE = "not_a_share"
    UNKNOWN_AS_OF = "unknown_as_of"
    TOO_DEEP = "too_deep"


class CriteriaError(ValueError):
    """The criteria cannot be read: what is wrong, and where (``any_of[1].of[0].field``)."""

    def __init__(self, fault: CriteriaFault, path: str) -> None:
        super().__init__(f"{fault} at {path or 'criteria'}")
        self.fault = fault
        self.path = path


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    of: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class RankingClause:
    """The investor or its list company stands on one of the lists, held at least so far."""

    lists: tuple[str, ...]
    min_shareholding: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class AmountClause:
    """A figure reaches a threshold, the threshold itself included.

    ``basis`` lists the kinds of revenue accepted; empty where the figure has no basis.
    """

    field: FigureKind
    at_least_yuan: int
    basis: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class PhysicalClause:
    pass


@dataclass(frozen=True, slots=True)
class HeadquartersClause:
    pass


Clause = AnyOf | AllOf | RankingClause | AmountClause | PhysicalClause | HeadquartersClause


def parse_criteria(data: object) -> Clause:
    """The clause tree of parsed YAML or JSON. Raises CriteriaError at the first fault."""
    return _clause(data, "", 0)


def _clause(data: object, path: str, depth: int) -> Clause:
    if depth > DEEPEST:
        raise CriteriaError(CriteriaFault.TOO_DEEP, path)
    if not isinstance(data, Mapping) or not data:
        raise CriteriaError(CriteriaFault.NOT_A_CLAUSE, path)
    for key, build in (("any_of", AnyOf), ("all", AllOf)):
        if key in data:
            _only(data, {key}, path)
            return build(_clauses(data[key], _under(path, key), depth))
    name = data.get("clause")
    if not isinstance(name, str):
        raise CriteriaError(CriteriaFault.UNKNOWN_CLAUSE, _under(path, "clause"))
    if name in {"any_of", "all"}:
        _only(data, {"clause", "of"}, path)
        of = _clauses(data.get("of"), _under(path, "of"), depth)
        return AnyOf(of) if name == "any_of" else AllOf(of)
    if name not in _LEAVES:
        raise CriteriaError(CriteriaFault.UNKNOWN_CLAUSE, _under(path, "clause"))
    return _LEAVES[name](data, path)


def _clauses(data: object, path: str, depth: int) -> tuple[Clause, ...]:
    return tuple(
        _clause(item, f"{path}[{position}]", depth + 1)
        for position, item in enumerate(_items(data, path))
    )


def _items(data: object, path: str) -> Sequence[object]:
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        raise CriteriaError(CriteriaFault.NOT_A_LIST, path)
    if not data:
        raise CriteriaError(CriteriaFault.EMPTY_LIST, path)
    return data


def _ranking(data: Mapping[object, object], path: str) -> RankingClause:
    _only(data, {"clause", "lists", "min_shareholding", "as_of"}, path)
    # Membership is always judged as of the signing; the key says so to the reader.
    if data.get("as_of", "signing") != "signing":
        raise CriteriaError(CriteriaFault.UNKNOWN_AS_OF, _under(path, "as_of"))
    lists_at = _under(path, "lists")
    lists = []
    for position, code in enumerate(_items(data.get("lists"), lists_at)):
        if not isinstance(code, str) or not code:
            raise CriteriaError(CriteriaFault.UNKNOWN_FIELD, f"{lists_at}[{position}]")
        lists.append(code)
    share = _share(data.get("min_shareholding", 0), _under(path, "min_shareholding"))
    return RankingClause(tuple(lists), share)


def _share(data: object, path: str) -> Decimal:
    try:
        # By way of its text: the YAML number 0.5 is a float, but the share is exactly a half.
        share = Decimal(str(data)) if not isinstance(data, bool) else Decimal(-1)
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or not 0 <= share <= 1:
        raise CriteriaError(CriteriaFault.NOT_A_SHARE, path)
    return share


def _amount(data: Mapping[object, object], path: str) -> AmountClause:
    _only(data, {"clause", "field", "at_least_yuan", "basis"}, path)
    field = data.get("field")
    if not isinstance(field, str) or field not in list(FigureKind):
        raise CriteriaError(CriteriaFault.UNKNOWN_FIELD, _under(path, "field"))
    yuan = data.get("at_least_yuan")
    if not isinstance(yuan, int) or isinstance(yuan, bool) or yuan <= 0:
        raise CriteriaError(CriteriaFault.NOT_WHOLE_YUAN, _under(path, "at_least_yuan"))
    basis = []
    if "basis" in data:
        basis_at = _under(path, "basis")
        for position, code in enumerate(_items(data["basis"], basis_at)):
            if not isinstance(code, str) or code not in list(Basis):
                raise CriteriaError(CriteriaFault.UNKNOWN_BASIS, f"{basis_at}[{position}]")
            basis.append(Basis(code))
    return AmountClause(FigureKind(field), yuan, tuple(basis))


def _physical(data: Mapping[object, object], path: str) -> PhysicalClause:
    _only(data, {"clause"}, path)
    return PhysicalClause()


def _headquarters(data: Mapping[object, object], path: str) -> HeadquartersClause:
    _only(data, {"clause"}, path)
    return HeadquartersClause()


_LEAVES: dict[str, Callable[[Mapping[object, object], str], Clause]] = {
    "ranking": _ranking,
    "amount": _amount,
    "is_physical": _physical,
    "is_headquarters": _headquarters,
}


def _only(data: Mapping[object, object], keys: set[str], path: str) -> None:
    for key in data:
        if key not in keys:
            raise CriteriaError(CriteriaFault.UNKNOWN_KEY, _under(path, str(key)))


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
