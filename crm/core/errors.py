"""What a service may refuse, in codes; doors turn them into words and status codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (form field, "" for the whole), and in words.

    `text` is translatable text (a LazyString), `code` the stable name tests and JSON use.
    """

    field: str
    code: str
    text: Any = ""


class Refused(Exception):
    """The verb was understood and is not allowed or not complete: status 422, all faults at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{f.field}: {f.code}" for f in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class TheirChange:
    """What somebody else changed meanwhile: field, before and after as people read them."""

    field: str
    before: Any
    after: Any
    by: str
    at: Any


class Stale(Exception):
    """The record changed since the form was opened: status 409, nothing saved, nothing lost."""

    def __init__(
        self,
        current: Any = None,
        changes: Sequence[TheirChange] = (),
        yours: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__("the record changed meanwhile")
        self.current = current
        self.changes = tuple(changes)
        self.yours = dict(yours or {})


class Unversioned(Stale):
    """A form filled from a record came back without the version it was opened at: nobody can tell
    whether the record changed meanwhile. Status 409, nothing saved, nothing lost."""

    is_unversioned = True


class TooOften(Exception):
    """Allowed, but not this often: status 429; `wait_seconds` until it makes sense to try again."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"try again in {wait_seconds} s")
        self.wait_seconds = wait_seconds


class NotFound(Exception):
    """Unknown and forbidden alike: status 404."""


@dataclass(slots=True)
class Faults:
    """Collects faults so that a person hears of all of them at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, field_name: str, code: str, text: Any = "") -> None:
        self.found.append(Fault(field_name, code, text))

    def raise_if_any(self) -> None:
        if self.found:
            raise Refused(self.found)
