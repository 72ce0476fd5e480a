"""The forecast in the reader's words: names and reasons first, probabilities second."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.language import is_chinese
from crm.leads.rules import FROM_SIGNING, Stage
from crm.leads.wording import word as lead_word
from crm.outlook.queries import ForecastQuota, LeadTold, WhatIf, YearForecast
from crm.outlook.rules.forecasting import Chance, FanPoint, Forecast, QuotaForecast, in_tenths
from crm.outlook.wording import BAND_WORDS, word
from crm.quotas.telling import subject

TENTHS = ("", "一", "两", "三", "四", "五", "六", "七", "八", "九")  # 原文


def percent(p: float | None) -> str | None:
    """62%; never 0 or 100 % of something open."""
    if p is None:
        return None
    if p < 0.01:
        return _("不到1%")
    if p > 0.99:
        return _("99%以上")
    return f"{p:.0%}"


def points(delta: float | None) -> str | None:
    """A change of a probability: +6个百分点. From 62 % to 63 % is a point, not a per cent."""
    if delta is None:
        return None
    size = abs(delta) * 100
    if size < 0.05:
        return _("%(n)s个百分点", n="±0")
    told = f"{size:.1f}" if size < 1 else f"{size:.0f}"
    return _("%(n)s个百分点", n=f"{'+' if delta >= 0 else '−'}{told}")


def in_words(p: float | None) -> str | None:
    """“照目前进度，约十次里六次能完成”."""
    if p is None:
        return None
    is_english = not is_chinese()
    if p < 0.05:
        return _("照目前进度，十次里不到一次能完成")
    if p > 0.95:
        return _("照目前进度，十次里九次以上能完成")
    k = in_tenths(p)
    return _("照目前进度，约十次里%(n)s次能完成", n=k if is_english else TENTHS[k])


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One lead of a quota's list: its three gates apart, and what it changes."""

    lead_id: int
    title: str | None  # None for one without sight of it
    stage: Any
    event: str | None
    amount: str
    recognition: str
    p: str | None
    if_signed: str | None
    if_lost: str | None
    supposed: str | None  # "signed", "lost" or nothing


@dataclass(frozen=True, slots=True)
class QuotaCard:
    code: str
    name: str
    target: int
    certain: int
    words: str | None
    before: str | None  # P(meet) without what is supposed, where something is
    p: str | None
    p_known: str | None
    low: int
    high: int
    expected: str
    unknown_low: int
    unknown_high: int
    unknown_expected: str
    leads: tuple[LeadLine, ...]
    more: int | None
    names: tuple[tuple[int, str | None], ...] | None
    flags: tuple[Any, ...]
    thin: tuple[Any, ...]
    is_over: bool
    chart: dict[str, Any]

    @property
    def missing(self) -> int:
        return max(0, self.target - self.certain)


def quota_cards(
    found: YearForecast,
    supposed: WhatIf,
    under: Forecast,
    leads: Mapping[int, LeadTold],
    reached: Mapping[str, Sequence[date]],
    due_on: Callable[[str, date], int],
) -> list[QuotaCard]:
    """`under` is the forecast under what is supposed; `reached` the days on which each quota's leads
    reached its number; `due_on` what is due of a quota by a day."""
    made = found.ingredients
    plain = {each.code: each for each in found.forecast.quotas}
    told = {each.code: each for each in under.quotas}
    chances: dict[tuple[str, int], Chance] = {(c.code, c.lead_id): c for c in under.chances}
    stages = {each.lead_id: each.stage for each in made.candidates}
    return [
        _card(
            quota, told[quota.code], plain[quota.code], supposed, leads, stages, chances,
            _burn_up(
                quota, told[quota.code], reached.get(quota.code, ()), made.on,
                _standing(found, quota), due_on,
            ),
            made.on,
        )
        for quota in made.quotas
    ]  # fmt: skip


def _standing(found: YearForecast, quota: ForecastQuota) -> float:
    """What is recognised, and what is expected to be of the leads that have reached the event."""
    targets = {each.code: each for each in found.ingredients.targets}
    target = targets[quota.code]
    return target.certain + sum(
        each.amount_gate * each.recognition_gate
        for each in found.ingredients.candidates
        if quota.code in each.counts_to
        and each.stage in FROM_SIGNING
        and not each.stage.is_before(target.event)
    )


def _card(
    quota: ForecastQuota,
    said: QuotaForecast,
    before: QuotaForecast,
    supposed: WhatIf,
    leads: Mapping[int, LeadTold],
    stages: Mapping[int, Stage],
    chances: Mapping[tuple[str, int], Chance],
    chart: dict[str, Any],
    on: date,
) -> QuotaCard:
    lines = tuple(
        _line(mover, leads, stages, chances[said.code, mover.lead_id], supposed)
        for mover in said.movers
    )
    names = said.needed.names
    return QuotaCard(
        code=said.code,
        name=subject(quota.label, quota.label_en),
        target=quota.target,
        certain=said.first_count,
        # Without a lead of its own a quota has nothing to learn from but the assumption of 尚未入库.
        words=in_words(said.p_meet) if said.movers else None,
        before=None if supposed.is_empty else percent(before.p_meet),
        p=percent(said.p_meet),
        p_known=percent(said.p_meet_known),
        low=said.band80[0],
        high=said.band80[1],
        expected=f"{said.expected:.1f}",
        unknown_low=said.not_yet_known[0],
        unknown_high=said.not_yet_known[1],
        unknown_expected=f"{said.not_yet_known_expected:.1f}",
        leads=lines,
        more=said.needed.more,
        names=None if names is None else tuple((each, _title(leads, each)) for each in names),
        flags=tuple(word(each) for each in sorted(said.flags)),
        thin=tuple(BAND_WORDS[each] for each in said.thin_bands),
        is_over=quota.closes <= on,
        chart=chart,
    )


def _title(leads: Mapping[int, LeadTold], lead_id: int) -> str | None:
    told = leads.get(lead_id)
    return told.title if told and told.is_seen else None


def _line(
    mover: Any,
    leads: Mapping[int, LeadTold],
    stages: Mapping[int, Stage],
    chance: Chance,
    supposed: WhatIf,
) -> LeadLine:
    return LeadLine(
        lead_id=mover.lead_id,
        title=_title(leads, mover.lead_id),
        stage=lead_word(stages[mover.lead_id]),
        event=percent(chance.p_event),
        amount=f"{chance.amount_gate:.0%}",
        recognition=f"{chance.recognition_gate:.0%}",
        p=percent(mover.p),
        if_signed=points(mover.delta_signed),
        if_lost=points(mover.delta_lost),
        supposed="signed"
        if mover.lead_id in supposed.signed
        else "lost"
        if mover.lead_id in supposed.lost
        else None,
    )


def _month_ends(opens: date, closes: date) -> Iterator[date]:
    day = opens
    while True:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = following - timedelta(days=1)
        if end >= closes:
            yield closes
            return
        yield end
        day = following


def _burn_up(
    quota: ForecastQuota,
    said: QuotaForecast,
    reached: Sequence[date],
    on: date,
    standing: float,
    due_on: Callable[[str, date], int],
) -> dict[str, Any]:
    """What is reached by each month end, what is due, and where it will stand: mean, 80 % band, and the
    part of the mean that is not in the ledger yet. `standing` is what is expected to be recognised
    of what is reached today."""
    ends = [*_month_ends(quota.opens, quota.closes)]
    fan = {point.on: point for point in said.fan}
    days = sorted({*(end for end in ends if end <= on or end in fan), min(on, quota.closes), *fan})
    days = [day for day in days if quota.opens <= day <= quota.closes]
    now = sum(day <= on for day in reached)
    start = FanPoint(on, standing, int(standing), max(now, int(standing)))
    span = max(1, (quota.closes - on).days)

    def point(day: date) -> FanPoint | None:
        return start if day == on else fan.get(day)

    def mean(day: date) -> float | None:
        found = point(day)
        return None if found is None else round(found.expected, 1)

    def known(day: date) -> float | None:
        found = point(day)
        if found is None:
            return None
        part = said.not_yet_known_expected * max(0, (day - on).days) / span
        return round(max(0.0, found.expected - part), 1)

    return {
        "categories": [day.isoformat()[5:] for day in days],
        "series": [
            {"name": _("应达"), "values": [due_on(quota.code, day) for day in days], "role": "due"},
            {
                "name": _("已达到"),
                "values": [
                    sum(each <= day for each in reached) if day <= on else None for day in days
                ],
                "role": "reached",
            },
            {"name": _("预计"), "values": [mean(day) for day in days], "role": "mean"},
            {"name": _("预计（仅库内）"), "values": [known(day) for day in days], "role": "known"},
            {
                "name": _("八成范围下限"),
                "values": [one.low if (one := point(day)) else None for day in days],
                "role": "low",
            },
            {
                "name": _("八成范围上限"),
                "values": [one.high if (one := point(day)) else None for day in days],
                "role": "high",
            },
        ],
    }


def needed_text(card: QuotaCard) -> str | None:
    """“约需再有 n 个有实质进展的在谈项目” in words, without the names."""
    if card.more is None:
        return None
    return ngettext(
        "约需再有%(num)s个有实质进展的在谈项目", "约需再有%(num)s个有实质进展的在谈项目", card.more
    )
