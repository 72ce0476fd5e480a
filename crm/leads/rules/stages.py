"""Stages, paths and milestones: where a lead stands, and what moved it there.

Before signing people choose the stage. From signing on it follows from dated milestones,
whatever order they really happened in.
"""

from collections.abc import Collection
from enum import StrEnum


class Stage(StrEnum):
    """The stage codes; upper case because ledgers, exports and settings name them so."""

    LEAD = "LEAD"
    CONTACTED = "CONTACTED"
    NEGOTIATING = "NEGOTIATING"
    REVIEWED = "REVIEWED"
    PRE_SIGNING = "PRE_SIGNING"
    SIGNED = "SIGNED"
    REGISTERED = "REGISTERED"
    STARTED = "STARTED"
    OPERATING = "OPERATING"
    PARKED = "PARKED"
    LOST = "LOST"
    TRANSFERRED = "TRANSFERRED"

    @property
    def is_off_ramp(self) -> bool:
        """Whether the lead has left the ordinary way (parked, lost, transferred)."""
        return self in OFF_RAMPS

    @property
    def is_in_talks(self) -> bool:
        """The bucket 在谈: first contact made, nothing signed yet."""
        return self in IN_TALKS

    @property
    def is_signed(self) -> bool:
        return self in FROM_SIGNING

    @property
    def is_closed(self) -> bool:
        """Lost or transferred: nobody here works on it and it counts toward nothing."""
        return self in CLOSED

    def is_before(self, other: "Stage") -> bool:
        """Whether this stage comes earlier on the ordinary way; off-ramps have no place there."""
        return self in ORDER and other in ORDER and ORDER.index(self) < ORDER.index(other)


ORDER = (
    Stage.LEAD,
    Stage.CONTACTED,
    Stage.NEGOTIATING,
    Stage.REVIEWED,
    Stage.PRE_SIGNING,
    Stage.SIGNED,
    Stage.REGISTERED,
    Stage.STARTED,
    Stage.OPERATING,
)
"""The ordinary way, first stage to last."""

IN_TALKS = ORDER[1:5]
FROM_SIGNING = ORDER[5:]
OFF_RAMPS = (Stage.PARKED, Stage.LOST, Stage.TRANSFERRED)
CLOSED = (Stage.LOST, Stage.TRANSFERRED)
OPEN_STAGES = tuple(stage for stage in Stage if stage not in CLOSED)


class Path(StrEnum):
    """How the project will stand here: on land of its own, in rented space, as headquarters."""

    LAND = "land"
    CARRIER = "carrier"
    HEADQUARTERS = "headquarters"


class MilestoneKind(StrEnum):
    SIGNED = "signed"
    REGISTERED = "registered"
    FILED = "filed"
    LAND_SUPPLIED = "land_supplied"
    STARTED = "started"
    COMPLETED = "completed"
    OPERATING = "operating"
    MOVED_IN = "moved_in"
    TAXPAYING = "taxpaying"


MILESTONES_OF: dict[Path, tuple[MilestoneKind, ...]] = {
    Path.LAND: (
        MilestoneKind.SIGNED,
        MilestoneKind.REGISTERED,
        MilestoneKind.FILED,
        MilestoneKind.LAND_SUPPLIED,
        MilestoneKind.STARTED,
        MilestoneKind.COMPLETED,
        MilestoneKind.OPERATING,
    ),
    Path.CARRIER: (
        MilestoneKind.SIGNED,
        MilestoneKind.REGISTERED,
        MilestoneKind.MOVED_IN,
        MilestoneKind.OPERATING,
    ),
    Path.HEADQUARTERS: (
        MilestoneKind.SIGNED,
        MilestoneKind.REGISTERED,
        MilestoneKind.TAXPAYING,
        MilestoneKind.OPERATING,
    ),
}
"""The milestones of each path in their usual order; the real order may differ."""

STARTS: dict[Path, MilestoneKind] = {
    Path.LAND: MilestoneKind.STARTED,
    Path.CARRIER: MilestoneKind.MOVED_IN,
    Path.HEADQUARTERS: MilestoneKind.TAXPAYING,
}
"""The milestone that means STARTED on each path."""


def starting_milestones(path: Path | None) -> frozenset[MilestoneKind]:
    """The milestones that mean STARTED; any of the three while the path is not decided."""
    return frozenset(STARTS.values()) if path is None else frozenset({STARTS[path]})


def milestones_for(stage: Stage, path: Path | None) -> frozenset[MilestoneKind]:
    """The milestones any one of which carries ``stage``; empty before signing."""
    if stage is Stage.STARTED:
        return starting_milestones(path)
    if stage in FROM_SIGNING:
        return frozenset({MilestoneKind(stage.value.lower())})
    return frozenset()


def stage_from_milestones(kinds: Collection[MilestoneKind], path: Path | None) -> Stage | None:
    """The stage that recorded milestones prove, or None while nothing is signed.

    The chain signed, registered, started, operating must have no gap: a company registered
    before it signs keeps its chosen stage until the signing is recorded and then stands at
    REGISTERED at once. Filing, land and completion are recorded but carry no stage of their own.
    A signing counts as milestone only with a formal agreement; framework agreements are none.
    """
    reached: Stage | None = None
    for stage in FROM_SIGNING:
        if not milestones_for(stage, path).intersection(kinds):
            break
        reached = stage
    return reached


def implied_milestones(stage: Stage, path: Path | None) -> tuple[MilestoneKind, ...]:
    """The milestones a stated stage claims without naming their days, in usual order.

    An import that states STARTED claims signing, registration and the start of the path (of the
    land path while none is decided); stages before signing claim none.
    """
    if stage not in FROM_SIGNING:
        return ()
    start = STARTS[path or Path.LAND]
    return tuple(
        start if reached is Stage.STARTED else MilestoneKind(reached.value.lower())
        for reached in FROM_SIGNING[: FROM_SIGNING.index(stage) + 1]
    )


def milestones_beyond(
    stage: Stage, kinds: Collection[MilestoneKind], path: Path | None
) -> tuple[MilestoneKind, ...]:
    """The recorded milestones that a step back to ``stage`` must withdraw, in usual order."""
    beyond: set[MilestoneKind] = set()
    for later in FROM_SIGNING:
        if stage.is_before(later):
            beyond |= milestones_for(later, path)
    return tuple(kind for kind in MilestoneKind if kind in beyond and kind in kinds)
