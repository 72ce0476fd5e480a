"""What the stays in the stages tell: exposure and endings, counted in arrays.

A piecewise constant hazard needs only these two sums (occurrence/exposure rates; Holford 1980,
Biometrics 36:299). Time before the ledger knew of a stay is not observed (left truncation), a stay
that lasts is right-censored at the day of the forecast. Event dates count, not days of entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from crm.leads.rules.stages import ORDER, Path, Stage
from crm.outlook.rules.forecasting.facts import Candidate, Ending, Spell, Training

Floats = NDArray[np.float64]
Form = tuple[str, Path | None]
"""Size band × path: leads of one form share their hazards."""

STAGES = (*ORDER, Stage.PARKED)
STAGE_AT = {stage: position for position, stage in enumerate(STAGES)}
PARKED_AT = STAGE_AT[Stage.PARKED]
ENDINGS = tuple(Ending)
ENDING_AT = {ending: position for position, ending in enumerate(ENDINGS)}
ADVANCE_AT, LOST_AT, PARKING_AT, RETURN_AT = range(4)

BIN_WEEKS = (0, 4, 13, 26)
"""Where the duration bins of a stay begin, in weeks; the last is open."""
BIN_DAYS = np.array([*(7 * week for week in BIN_WEEKS), 10**6], dtype=np.float64)
BINS = len(BIN_WEEKS)


@dataclass(frozen=True, slots=True)
class Observed:
    """Sums over the stays that train. ``exposure[stage, bin, form]`` is in weeks at risk,
    ``endings[stage, bin, form, cause]`` counts; the ``spell_…`` arrays keep what chains need."""

    forms: tuple[Form, ...]
    exposure: Floats
    endings: Floats
    spell_chain: NDArray[np.int64]
    spell_stage: NDArray[np.int64]
    spell_form: NDArray[np.int64]
    spell_weeks: Floats
    spell_advanced: NDArray[np.bool_]
    chains: tuple[int, ...]
    training: Training


def observe(spells: Sequence[Spell], candidates: Iterable[Candidate], on: date) -> Observed:
    """Count exposure and endings up to ``on``; what ended later still lasted then.

    Backfilled stays (补录) are left out and counted. A stay that had ended before the ledger knew
    of it was never at risk of being seen and teaches nothing.
    """
    forms = tuple(
        sorted(
            {(each.size_band, each.path) for each in spells}
            | {(each.size_band, each.path) for each in candidates},
            key=lambda form: (form[0], form[1] or ""),
        )
    )
    form_at = {form: position for position, form in enumerate(forms)}
    chains = tuple(sorted({each.chain_id for each in spells if each.chain_id is not None}))
    chain_at: dict[int | None, int] = {chain: n for n, chain in enumerate(chains)}
    today = on.toordinal()
    rows = [
        (
            STAGE_AT[each.stage],
            form_at[each.size_band, each.path],
            chain_at.get(each.chain_id, -1),
            each.entered_on.toordinal(),
            each.known_on.toordinal(),
            today + 1 if each.ended_on is None else each.ended_on.toordinal(),
            -1 if each.ending is None else ENDING_AT[each.ending],
        )
        for each in spells
        if not each.is_backfilled and each.stage in STAGE_AT
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 7)
    stage, form, chain, entered, known, ended, cause = table.T
    has_ended = (cause >= 0) & (ended <= today)
    begin = np.maximum(known - entered, 0)
    end = np.minimum(ended, today) - entered
    # Through a stage within a day: no time at risk, but its ending was seen.
    seen = (end > begin) | ((end == 0) & (begin == 0) & has_ended)
    stage, form, chain, cause = stage[seen], form[seen], chain[seen], cause[seen]
    begin, end, has_ended, entered = begin[seen], end[seen], has_ended[seen], entered[seen]
    low, high = BIN_DAYS[:-1], BIN_DAYS[1:]
    weeks = (np.clip(end[:, None], low, high) - np.clip(begin[:, None], low, high)) / 7
    shape = (len(STAGES), BINS, len(forms))
    cell = (stage[:, None] * BINS + np.arange(BINS)) * len(forms) + form[:, None]
    exposure = np.bincount(cell.ravel(), weights=weeks.ravel(), minlength=int(np.prod(shape)))
    ended_in = np.searchsorted(BIN_DAYS[1:-1], end[has_ended], side="left")
    ending_cell = (stage[has_ended] * BINS + ended_in) * len(forms) + form[has_ended]
    endings = np.bincount(
        ending_cell * len(ENDINGS) + cause[has_ended],
        minlength=int(np.prod(shape)) * len(ENDINGS),
    )
    by_band = dict.fromkeys(sorted({band for band, _path in forms}), 0)
    for position, count in enumerate(np.bincount(form[has_ended], minlength=len(forms))):
        by_band[forms[position][0]] += int(count)
    first = int((entered + begin).min()) if len(entered) else today
    return Observed(
        forms=forms,
        exposure=exposure.reshape(shape).astype(np.float64),
        endings=endings.reshape(*shape, len(ENDINGS)).astype(np.float64),
        spell_chain=chain,
        spell_stage=stage,
        spell_form=form,
        spell_weeks=weeks,
        spell_advanced=has_ended & (cause == ADVANCE_AT),
        chains=chains,
        training=Training(
            spells=len(stage),
            backfilled=sum(each.is_backfilled for each in spells),
            resolved=int(has_ended.sum()),
            exposure_weeks=float(weeks.sum()),
            resolved_by_band=tuple(by_band.items()),
            years=round((today - first) / 365.25, 2),
        ),
    )
