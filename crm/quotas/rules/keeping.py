"""A reason as the plain values in which it is kept, and back. Words are made when it is shown."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any

from crm.leads.rules import Basis, Exclusion, FigureKind, FigureSource, Qualifier
from crm.quotas.rules.criteria import FactName
from crm.quotas.rules.facts import Reason, ReasonCode

_NAMES = tuple(each.name for each in fields(Reason))
_values_of = attrgetter(*_NAMES)
_READ: dict[str, Any] = {
    "code": ReasonCode,
    "field": FigureKind,
    "qualifier": Qualifier,
    "source": FigureSource,
    "on": date.fromisoformat,
    "shareholding": Decimal,
    "min_shareholding": Decimal,
    "exclusion": Exclusion,
    "basis": Basis,
    "accepted_sources": lambda codes: tuple(FigureSource(code) for code in codes),
    "rate": Decimal,
    "rate_on": date.fromisoformat,
    "fact": FactName,
    "accepted": tuple,
}


def kept(reason: Reason) -> dict[str, Any]:
    """The reason as JSON keeps it; what says nothing is left out, `passed` always stands."""
    return {
        name: _plain(value)
        for name, value in zip(_NAMES, _values_of(reason), strict=True)
        if name == "passed" or not (value is None or value is False or value == "" or value == ())
    }


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def read_reason(data: Mapping[str, Any]) -> Reason:
    """The reason that `kept` wrote. Raises ValueError for a code that is no longer known."""
    return Reason(
        **{
            name: _READ[name](value) if name in _READ and value is not None else value
            for name, value in data.items()
            if name in _NAMES
        }
    )
