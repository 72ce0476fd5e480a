"""Questions whose fact is a choice: physical, headquarters, nature, origin and their like.

Compared by identity and equality, never hashed: the hash of an enum is Python code, and here it
would be most of the work.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from crm.quotas.rules.criteria import FactClause, HeadquartersClause
from crm.quotas.rules.findings.reading import C, Read, Said, said


class PhysicalQuestion:
    """Unset is evidence to come."""

    def say(self, read: Read) -> Said:
        is_physical = read.lead.is_physical
        if is_physical is None:
            return _PHYSICAL_UNSET
        return _PHYSICAL if is_physical else _NOT_PHYSICAL

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        yield {"code": answer.codes[0]}


_PHYSICAL = said(True, False, C.PHYSICAL)


_NOT_PHYSICAL = said(False, True, C.NOT_PHYSICAL)


_PHYSICAL_UNSET = said(None, None, C.PHYSICAL_UNSET)


class FactQuestion:
    """Unset is evidence to come, whichever way it is asked."""

    def __init__(self, clause: FactClause) -> None:
        self.fact, self.accepted = clause.fact, clause.of
        self.value_of = attrgetter(clause.fact.value)

    def say(self, read: Read) -> Said:
        value = self.value_of(read.lead)
        if value is None:
            return _FACT_UNSET
        return _FACT_ACCEPTED if value in self.accepted else _FACT_OTHER

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        yield {
            "code": answer.codes[0],
            "fact": self.fact,
            "fact_value": self.value_of(read.lead),
            "accepted": self.accepted,
        }


_FACT_ACCEPTED = said(True, False, C.FACT_ACCEPTED)


_FACT_OTHER = said(False, True, C.FACT_OTHER)


_FACT_UNSET = said(None, None, C.FACT_UNSET)


class HeadquartersQuestion:
    """Unset is not met: a title with 总部 in it is a hint, and hints never count."""

    def __init__(self, clause: HeadquartersClause) -> None:
        self.types = clause.types

    def say(self, read: Read) -> Said:
        lead = read.lead
        if lead.is_headquarters is None:
            return _HEADQUARTERS_UNCONFIRMED
        if not lead.is_headquarters:
            return _NOT_HEADQUARTERS
        if not self.types or lead.headquarters_type in self.types:
            return _HEADQUARTERS
        return _TYPE_UNSET if lead.headquarters_type is None else _TYPE_OTHER

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"code": answer.codes[0]}
        if self.types:
            values |= {"accepted": self.types, "fact_value": read.lead.headquarters_type}
        yield values


_HEADQUARTERS = said(True, False, C.HEADQUARTERS)


_NOT_HEADQUARTERS = said(False, True, C.NOT_HEADQUARTERS)


_HEADQUARTERS_UNCONFIRMED = said(False, None, C.HEADQUARTERS_UNCONFIRMED)


_TYPE_UNSET = said(None, None, C.HEADQUARTERS_TYPE_UNSET)


_TYPE_OTHER = said(False, True, C.HEADQUARTERS_TYPE_OTHER)
