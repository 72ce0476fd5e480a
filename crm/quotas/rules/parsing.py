"""Criteria out of the form they are stored and edited in, and back into it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from crm.leads.rules import Basis, Exclusion, FigureKind
from crm.quotas.rules.catalogue import CATALOGUE, ClauseKey, ClauseName, Key, ValueKind
from crm.quotas.rules.criteria import (
    ALL_EXCLUSIONS,
    DEEPEST,
    AllOf,
    AmountClause,
    AnyOf,
    Clause,
    CriteriaError,
    CriteriaFault,
    FactClause,
    FactName,
    HeadquartersClause,
    Leaf,
    Not,
    PhysicalClause,
    RankingClause,
    leaves,
)

MOST_CLAUSES = 100
MOST_YUAN = 10**15

_FAULTS: dict[object, CriteriaFault] = {
    FigureKind: CriteriaFault.UNKNOWN_FIELD,
    Basis: CriteriaFault.UNKNOWN_BASIS,
}
"""Choices whose fault has words of its own."""


def parse_criteria(data: object) -> Clause:
    """The clause tree of parsed YAML or JSON. Raises CriteriaError at the first fault."""
    if isinstance(data, Mapping) and "exclusions" in data:
        parse_exclusions(data)
        data = {key: value for key, value in data.items() if key != "exclusions"}
    clause = _clause(data, "", 0)
    if sum(1 for _ in leaves(clause)) > MOST_CLAUSES:
        raise CriteriaError(CriteriaFault.TOO_MANY, "")
    return clause


def parse_exclusions(data: object) -> frozenset[Exclusion]:
    """The types that bar a lead, from the same document: all of them where it names none.

    An empty list bars nothing. Raises CriteriaError.
    """
    if not isinstance(data, Mapping) or "exclusions" not in data:
        return ALL_EXCLUSIONS
    named = data["exclusions"]
    if not isinstance(named, Sequence) or isinstance(named, str | bytes):
        raise CriteriaError(CriteriaFault.NOT_A_LIST, "exclusions")
    for position, code in enumerate(named):
        if not isinstance(code, str) or code not in list(Exclusion):
            raise CriteriaError(CriteriaFault.UNKNOWN_CHOICE, f"exclusions[{position}]")
    return frozenset(Exclusion(code) for code in named)


def _clause(data: object, path: str, depth: int) -> Clause:
    if depth > DEEPEST:
        raise CriteriaError(CriteriaFault.TOO_DEEP, path)
    if not isinstance(data, Mapping) or not data:
        raise CriteriaError(CriteriaFault.NOT_A_CLAUSE, path)
    for key, build in (("any_of", AnyOf), ("all", AllOf)):
        if key in data:
            _only(data, {key}, path)
            return build(_clauses(data[key], _under(path, key), depth))
    if "not" in data:
        _only(data, {"not"}, path)
        return Not(_clause(data["not"], _under(path, "not"), depth + 1))
    name = data.get("clause")
    if not isinstance(name, str):
        raise CriteriaError(CriteriaFault.UNKNOWN_CLAUSE, _under(path, "clause"))
    if name in {"any_of", "all"}:
        _only(data, {"clause", "of"}, path)
        of = _clauses(data.get("of"), _under(path, "of"), depth)
        return AnyOf(of) if name == "any_of" else AllOf(of)
    if name not in CATALOGUE:
        raise CriteriaError(CriteriaFault.UNKNOWN_CLAUSE, _under(path, "clause"))
    return _leaf(ClauseName(name), data, path)


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


def _leaf(name: ClauseName, data: Mapping[object, object], path: str) -> Leaf:
    keys = CATALOGUE[name].keys
    named = {str(key.name) for key in keys}
    if name is ClauseName.RANKING:
        # An older way to say what has become the edition policy; it only ever had one value.
        named.add("as_of")
        if data.get("as_of", "signing") != "signing":
            raise CriteriaError(CriteriaFault.UNKNOWN_AS_OF, _under(path, "as_of"))
    _only(data, {"clause", *named}, path)
    values = {str(key.name): _value(key, data, _under(path, key.name)) for key in keys}
    match name:
        case ClauseName.RANKING:
            return RankingClause(**values)
        case ClauseName.AMOUNT:
            return AmountClause(**values)
        case ClauseName.IS_PHYSICAL:
            return PhysicalClause()
        case ClauseName.IS_HEADQUARTERS:
            return HeadquartersClause(**values)
        case _:
            return FactClause(FactName(name.value), values[ClauseKey.OF])


def _value(key: Key, data: Mapping[object, object], path: str) -> Any:
    if key.default is not None and key.name not in data:
        return key.default
    value = data.get(key.name)
    match key.kind:
        case ValueKind.YUAN:
            return _yuan(value, path, least=1 if key.default is None else 0)
        case ValueKind.SHARE:
            return _share(value, path)
        case ValueKind.YES_NO:
            if not isinstance(value, bool):
                raise CriteriaError(CriteriaFault.NOT_YES_OR_NO, path)
            return value
        case ValueKind.CHOICE:
            return _choice(key, value, path)
        case ValueKind.CHOICES:
            return _choices(key, value, path)


def _choices(key: Key, value: object, path: str) -> tuple[str, ...]:
    chosen = tuple(
        _choice(key, code, f"{path}[{position}]")
        for position, code in enumerate(_items(value, path))
    )
    for position, code in enumerate(chosen):
        if code in chosen[:position]:
            raise CriteriaError(CriteriaFault.TWICE, f"{path}[{position}]")
    return chosen


def _choice(key: Key, code: object, path: str) -> str:
    if isinstance(key.choices, type):
        if isinstance(code, str) and code in list(key.choices):
            return key.choices(code)
        raise CriteriaError(_FAULTS.get(key.choices, CriteriaFault.UNKNOWN_CHOICE), path)
    if not isinstance(code, str) or not code:
        raise CriteriaError(CriteriaFault.UNKNOWN_CHOICE, path)
    return code


def _yuan(value: object, path: str, *, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST_YUAN:
        raise CriteriaError(CriteriaFault.NOT_WHOLE_YUAN, path)
    return value


def _share(value: object, path: str) -> Decimal:
    try:
        # By way of its text: the YAML number 0.5 is a float, but the share is exactly a half.
        share = Decimal(str(value)) if not isinstance(value, bool) else Decimal(-1)
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or not 0 <= share <= 1:
        raise CriteriaError(CriteriaFault.NOT_A_SHARE, path)
    return share


def _only(data: Mapping[object, object], keys: set[str], path: str) -> None:
    for key in data:
        if key not in keys:
            raise CriteriaError(CriteriaFault.UNKNOWN_KEY, _under(path, str(key)))


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def stored(clause: Clause, exclusions: frozenset[Exclusion] = ALL_EXCLUSIONS) -> dict[str, Any]:
    """The document that `parse_criteria` and `parse_exclusions` read back as the same."""
    document = _document(clause)
    if exclusions != ALL_EXCLUSIONS:
        document["exclusions"] = sorted(code.value for code in exclusions)
    return document


def _document(clause: Clause) -> dict[str, Any]:
    match clause:
        case AnyOf():
            return {"any_of": [_document(part) for part in clause.of]}
        case AllOf():
            return {"all": [_document(part) for part in clause.of]}
        case Not():
            return {"not": _document(clause.of)}
    name = clause_name(clause)
    document: dict[str, Any] = {"clause": name.value}
    for key in CATALOGUE[name].keys:
        value = getattr(clause, key.name)
        if value != key.default:
            document[key.name.value] = _plain(value)
    return document


def clause_name(leaf: Leaf) -> ClauseName:
    match leaf:
        case RankingClause():
            return ClauseName.RANKING
        case AmountClause():
            return ClauseName.AMOUNT
        case PhysicalClause():
            return ClauseName.IS_PHYSICAL
        case HeadquartersClause():
            return ClauseName.IS_HEADQUARTERS
        case FactClause():
            return ClauseName(leaf.fact.value)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, StrEnum):
        return value.value
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
