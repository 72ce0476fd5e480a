"""The forecast put together: from stays, open leads and quotas to what may be said of the year's end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

import numpy as np

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.arrangement import Arrangement, Odds, QuotaCount, bundles_of
from crm.outlook.rules.forecasting.arriving import arriving
from crm.outlook.rules.forecasting.ceremonies import slips_of
from crm.outlook.rules.forecasting.counting import at_least, band80
from crm.outlook.rules.forecasting.facts import (
    Arrivals,
    Candidate,
    Chance,
    Flag,
    Forecast,
    Needed,
    QuotaForecast,
    QuotaTarget,
    Settings,
    Spell,
    Training,
)
from crm.outlook.rules.forecasting.fanning import fan_of
from crm.outlook.rules.forecasting.hazards import Hazards, learn
from crm.outlook.rules.forecasting.moving import movers_of, needed_of
from crm.outlook.rules.forecasting.observation import STAGE_AT, STAGES, Floats, observe
from crm.outlook.rules.forecasting.prospects import Goal, Prospects, Reaching, prospects_of
from crm.outlook.rules.forecasting.quadrature import shared
from crm.outlook.rules.forecasting.sight import Picture, Sight
from crm.outlook.rules.forecasting.together import Together, goals_differ

SUBSTANTIAL = (Stage.NEGOTIATING, Stage.REVIEWED, Stage.PRE_SIGNING)
"""Where a lead has made real progress (有实质进展): what a typical further project is like."""


def forecast(
    spells: Sequence[Spell],
    candidates: Sequence[Candidate],
    targets: Sequence[QuotaTarget],
    settings: Settings,
    on: date,
) -> Forecast:
    """How the quotas will stand at their close, seen from ``on``.

    Raises ValueError where a candidate is closed or stands twice, or a quota code does.
    """
    codes = frozenset(target.code for target in targets)
    if len(codes) < len(targets):
        raise ValueError("a quota stands twice among the targets")
    counting = [each for each in candidates if each.counts_to & codes]
    observed = observe(spells, counting, on)
    hazards = learn(observed, settings)
    prospects = prospects_of(counting, hazards)
    goals = {target.code: (target.event, target.closes_on) for target in targets}
    distinct = tuple(dict.fromkeys(goals.values()))
    reaching = Reaching(hazards, prospects, on, settings)
    parameters_sd = float(
        np.hypot(reaching.parameters_sd(distinct), left_out_sd(observed.training, settings))
    )
    common = shared(settings.u, settings.u_sd, parameters_sd)
    slips, slip_of = slips_of(prospects, settings, on)
    sight = Sight(reaching, common, slips, slip_of)
    within = Arrangement(
        bundles_of(prospects, slip_of, codes),
        slips,
        {goal: sight.odds(goal) for goal in distinct},
        len(common.points),
    )
    pictures = {goal: sight.picture(goal) for goal in distinct}
    arrivals = {each.code: each for each in settings.arrivals}
    coming = {code: arriving(arrivals.get(code), common) for code in sorted(codes)}
    thin = {
        band
        for band, count in observed.training.resolved_by_band
        if count < settings.enough_transitions
    }
    quotas = tuple(
        _Quota(
            target,
            within.of(target.code, goals[target.code], coming[target.code]),
            pictures[goals[target.code]],
            arrivals.get(target.code),
            sight,
        ).forecast(thin)
        for target in targets
    )
    p_all, flags = _all(targets, quotas, Together(within, goals, coming, common.weights), prospects)
    if settings.month_factors is None:
        flags.add(Flag.FLAT_MONTHS)
    if any(len(slip.ceremonies) > 1 for slip in slips):
        flags.add(Flag.CEREMONIES_JOINED)
    return Forecast(
        on=on,
        quotas=quotas,
        p_all=p_all,
        chances=tuple(_chances(targets, within, pictures, sight, thin)),
        training=observed.training,
        parameters=_parameters(settings, common.sd, parameters_sd, hazards, observed.training),
        flags=frozenset(flags),
    )


def left_out_sd(training: Training, settings: Settings) -> float:
    """What stays left out of training (补录) add to the deviation of the shared shift.

    Where they stand and how fast they went is not known; the expected count answers to their pace by
    their share. A simple discount of evidence, no estimate: the pace is not learned from them.
    """
    stays = training.spells + training.backfilled
    return settings.left_out_sd * training.backfilled / stays if stays else 0.0


def _parameters(
    settings: Settings, shared_sd: float, parameters_sd: float, hazards: Hazards, training: Training
) -> dict[str, object]:
    """What the archive keeps beside the figures, as plain JSON."""
    return {
        "settings": _plain(asdict(settings)),
        "shared_sd": round(shared_sd, 4),
        "parameters_sd": round(parameters_sd, 4),
        "weekly_by_stage": {
            stage.value: [round(float(rate), 5) for rate in hazards.by_stage[STAGE_AT[stage]]]
            for stage in STAGES
        },
        "chain_shift": {
            str(chain): round(value, 3) for chain, value in hazards.chain_shift.items()
        },
        "training": _plain(asdict(training)),
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _all(
    targets: Sequence[QuotaTarget],
    quotas: Sequence[QuotaForecast],
    together: Together,
    prospects: Prospects,
) -> tuple[float | None, set[Flag]]:
    """P(all quotas are met), and what must be known of it."""
    groups: dict[str, list[QuotaTarget]] = {}
    for target in targets:
        group = target.exclusive_group
        groups.setdefault(f"alone {target.code}" if group is None else f"group {group}", []).append(
            target
        )
    flags: set[Flag] = set()
    if any(len(group) > 2 for group in groups.values()):
        return None, {Flag.EXCLUSIVE_OVER_TWO}
    group_of = {target.code: key for key, group in groups.items() for target in group}
    several = any(
        len({group_of[code] for code in each.counts_to if code in group_of}) > 1
        for each in prospects.candidates
    )
    if several or any(goals_differ(group) for group in groups.values()):
        flags.add(Flag.P_ALL_AT_LEAST)
    if not targets or any(quota.p_meet is None for quota in quotas):
        return None, flags
    return together.p_all(list(groups.values())), flags


def _chances(
    targets: Sequence[QuotaTarget],
    within: Arrangement,
    pictures: Mapping[Goal, Picture],
    sight: Sight,
    thin: set[str],
) -> Iterator[Chance]:
    prospects, chance = sight.reaching.prospects, sight.slip_chance
    columns = {
        goal: (
            odds.event.tolist(),
            odds.mean(chance, sight.common.weights).tolist(),
            pictures[goal].scored.T.tolist(),
        )
        for goal, odds in within.odds.items()
    }
    for target in targets:
        event, p, scored = columns[target.event, target.closes_on]
        for row, each in enumerate(prospects.candidates):
            if target.code not in each.counts_to:
                continue
            gates = each.amount_gate, each.recognition_gate
            if each.size_band in thin:
                yield Chance(each.lead_id, target.code, None, *gates, None, None, None, None)
            else:
                yield Chance(each.lead_id, target.code, event[row], *gates, p[row], *scored[row])


@dataclass(frozen=True, slots=True)
class _Quota:
    target: QuotaTarget
    count: QuotaCount
    picture: Picture
    arrivals: Arrivals | None
    sight: Sight

    @property
    def _odds(self) -> Odds:
        return self.count.within.odds[self.count.goal]

    def forecast(self, thin: set[str]) -> QuotaForecast:
        count, weights = self.count, self.sight.common.weights
        settings, prospects = self.sight.reaching.settings, self.sight.reaching.prospects
        certain, needed = self.target.certain, self.target.target - self.target.certain
        whole = count.whole @ weights
        coming = np.ones(1) if count.arriving is None else count.arriving @ weights
        movers, rows = movers_of(
            count,
            self._odds,
            self.sight.slip_chance,
            weights,
            needed,
            [each.lead_id for each in prospects.candidates],
            settings.movers,
        )
        low, high = band80(whole)
        found = QuotaForecast(
            code=self.target.code,
            p_meet=float(at_least(count.whole, needed) @ weights),
            p_meet_known=float(at_least(count.known, needed) @ weights),
            band80=(certain + low, certain + high),
            expected=certain + float(whole @ np.arange(len(whole))),
            not_yet_known=band80(coming),
            not_yet_known_expected=float(coming @ np.arange(len(coming))),
            first_count=certain,
            distribution=tuple(whole[: np.flatnonzero(whole > 1e-13)[-1] + 1].tolist()),
            fan=fan_of(count, self.picture, self.arrivals, self.sight, certain, whole),
            movers=movers,
            needed=needed_of(
                count, self._odds, weights, needed, self._typical(), movers, rows, settings
            ),
            flags=_flags_of(self.arrivals),
        )
        mine = {
            prospects.candidates[row].size_band
            for n in count.mine
            for row in count.within.bundles[n].rows.tolist()
        }
        return _without_percentages(found, mine & thin) if mine & thin else found

    def _typical(self) -> Floats | None:
        """P(counts) by node of one more project like those in substantial talks for this quota."""
        candidates = self.sight.reaching.prospects.candidates
        like = [
            row
            for n in self.count.mine
            for row in self.count.within.bundles[n].rows.tolist()
            if candidates[row].stage in SUBSTANTIAL and candidates[row].assumed is None
        ]
        if not like:
            return None
        chance = self.sight.slip_chance[like][:, None]
        odds = self._odds
        return np.asarray(
            ((1 - chance) * odds.on_time[like] + chance * odds.late[like]).mean(axis=0)
        )


def _flags_of(arrivals: Arrivals | None) -> frozenset[Flag]:
    if arrivals is None or not (arrivals.counts or arrivals.prior_mean):
        return frozenset({Flag.NO_ARRIVALS})
    return frozenset() if arrivals.counts else frozenset({Flag.LABELLED_PRIOR_ARRIVALS})


def _without_percentages(found: QuotaForecast, thin: set[str]) -> QuotaForecast:
    """Only range and names: too few transitions were seen in a size band of this quota."""
    return replace(
        found,
        p_meet=None,
        p_meet_known=None,
        distribution=(),
        movers=tuple(
            replace(mover, p=None, delta_signed=None, delta_lost=None) for mover in found.movers
        ),
        needed=Needed(None, None),
        thin_bands=tuple(sorted(thin)),
        flags=found.flags | {Flag.TOO_FEW_TRANSITIONS},
    )
