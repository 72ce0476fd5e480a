"""Signing ceremonies (集中签约): shared events that slip as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.facts import Ceremony, Settings
from crm.outlook.rules.forecasting.prospects import Prospects


@dataclass(frozen=True, slots=True)
class Slip:
    """Ceremonies that are on time or late together: one, or the smaller ones beyond the third."""

    ceremonies: Mapping[int, Ceremony]
    p_slip: float


MOST_CEREMONIES = 4


def slips_of(
    prospects: Prospects, settings: Settings, on: date
) -> tuple[tuple[Slip, ...], dict[int, int]]:
    """The shared slips, and of each row of `prospects` that signs at one which.

    A ceremony that should have been before today has slipped; when even its later day is past,
    nobody knows when it is and its leads are like all others.
    """
    known = {each.ceremony_id: each for each in settings.ceremonies}
    members: dict[int, list[int]] = {}
    for row, candidate in enumerate(prospects.candidates):
        ceremony = known.get(candidate.ceremony_id or 0)
        if (
            ceremony is None
            or candidate.assumed is not None
            or not candidate.stage.is_before(Stage.SIGNED)
            or ceremony.on + timedelta(days=ceremony.slip_days) < on
        ):
            continue
        members.setdefault(ceremony.ceremony_id, []).append(row)
    largest = sorted(members, key=lambda each: (-len(members[each]), each))
    apart = largest if len(largest) <= MOST_CEREMONIES else largest[: MOST_CEREMONIES - 1]
    together = largest[len(apart) :]
    slips: list[Slip] = []
    slip_of: dict[int, int] = {}
    for group in [*([each] for each in apart), *([together] if together else [])]:
        weight = sum(len(members[each]) for each in group)
        p_slip = sum(
            len(members[each]) * (1.0 if known[each].on < on else known[each].p_slip)
            for each in group
        )
        for each in group:
            slip_of.update(dict.fromkeys(members[each], len(slips)))
        slips.append(Slip({each: known[each] for each in group}, p_slip / weight))
    return tuple(slips), slip_of
