"""What a chain's map is narrowed to: one value, read from an address and written back to it.

A status is one truth: the filter narrows what is counted and which segments stand out, never how
they are judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from crm.coverage.rules.status import COMING, LANDED, Status
from crm.leads.rules.filters import LARGEST_ID, Bucket, WrongParameter, read_number
from crm.leads.rules.stages import IN_TALKS, Stage

Code = TypeVar("Code", bound=StrEnum)


class Kind(StrEnum):
    """Of what a segment must have some to stand out."""

    FIRMS = "firms"
    LEADS = "leads"
    NEEDS = "needs"


STAGES: tuple[Stage | Bucket, ...] = (
    *COMING[:1],
    Bucket.IN_TALKS,
    *IN_TALKS,
    Bucket.FROM_SIGNING,
    Stage.SIGNED,
    *LANDED,
)
"""What the map can be narrowed to: each stage it counts, 在谈 and 已签约 as a whole."""


@dataclass(frozen=True, slots=True)
class MapFilter:
    """A cluster area by its id, a stage, a kind and a status; None narrows nothing."""

    zone: int | None = None
    stage: Stage | Bucket | None = None
    kind: Kind | None = None
    status: Status | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of leads that are counted; empty means all."""
        if isinstance(self.stage, Bucket):
            return self.stage.stages
        return (self.stage,) if self.stage else ()

    @property
    def counts_anew(self) -> bool:
        """Whether companies or leads are counted otherwise than for the status."""
        return self.zone is not None or self.stage is not None

    @property
    def narrows(self) -> bool:
        return self != MapFilter()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Of which kinds a segment must have one. Needs belong to no cluster area and no stage."""
        if self.kind is not None:
            return (self.kind,)
        if self.stage is not None:
            return (Kind.LEADS,)
        return (Kind.FIRMS, Kind.LEADS) if self.zone is not None else ()

    def shows(self, status: Status, *, firms: int, leads: int, needs: int) -> bool:
        """Whether a segment with these counts stands out."""
        counted = {Kind.FIRMS: firms, Kind.LEADS: leads, Kind.NEEDS: needs}
        has_some = not self.kinds or any(counted[kind] for kind in self.kinds)
        return has_some and self.status in {None, status}

    def url_args(self) -> dict[str, str]:
        """The filter as the parameters of an address; whatever is not set is left out."""
        given = {"zone": self.zone, "stage": self.stage, "kind": self.kind, "status": self.status}
        return {name: str(value) for name, value in given.items() if value is not None}

    def having(self, status: Status | None) -> "MapFilter":
        return replace(self, status=status)


def read_map_filter(args: Mapping[str, str]) -> MapFilter:
    """The filter an address asks for; other names and empty values are passed over. Raises
    WrongParameter."""
    zone, stage, kind, status = (
        args.get(name, "").strip() for name in ("zone", "stage", "kind", "status")
    )
    return MapFilter(
        _zone(zone) if zone else None,
        _stage(stage) if stage else None,
        _code(Kind, "kind", kind) if kind else None,
        _code(Status, "status", status) if status else None,
    )


def _zone(text: str) -> int:
    try:
        return read_number(text, LARGEST_ID)
    except ValueError as error:
        raise WrongParameter("zone", text) from error


def _stage(text: str) -> Stage | Bucket:
    for stage in STAGES:
        if stage.value == text:
            return stage
    raise WrongParameter("stage", text)


def _code(kind: type[Code], name: str, text: str) -> Code:
    try:
        return kind(text)
    except ValueError as error:
        raise WrongParameter(name, text) from error
