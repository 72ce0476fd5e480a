"""换口径试算: which leads would be judged otherwise by other criteria, and why. Nothing is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core.db import db
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.quotas.facts import facts_of, surroundings, terms_of
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import (
    CountedLead,
    CountingEvent,
    Judging,
    Standing,
    counted,
    parse_criteria,
    parse_exclusions,
    signing_of,
    standing,
    with_yuan,
)
from crm.quotas.rules import Verdict as Judgement

EVER = date.max
"""As the stored verdicts do: every recorded fact, whatever its day."""

BARRED = (Stage.LOST, Stage.TRANSFERRED)
"""Stages no criteria look past: such a lead never flips."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A lead with another outcome. `signed_on` is the day its signing counts; None in talks."""

    lead_id: int
    title: str
    before: Judgement
    after: Judgement
    signed_on: date | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What other criteria would make of one year of a quota: who flips, the numbers on a day."""

    year: int
    flips: tuple[Flip, ...]
    before: Standing
    after: Standing


def trial(quota: Quota, criteria: Mapping[str, Any], event: CountingEvent, on: date) -> Trial:
    """The leads that stand on the quota, judged by its present criteria and by others.

    Signed leads come first, then those in talks, each by lead id; the numbers are of the end of
    the day `on`. Raises CriteriaError.
    """
    now = terms_of(quota)
    then = replace(
        now,
        criteria=parse_criteria(criteria),
        exclusions=parse_exclusions(criteria),
        event=event,
    )
    around = surroundings()
    judging = Judging([now, then], EVER, around.editions)
    flips: list[Flip] = []
    places: tuple[list[CountedLead], list[CountedLead]] = ([], [])
    for facts in facts_of(_judged(quota)):
        lead = with_yuan(facts, around.rates, EVER)
        before, after = judging.of(lead)
        for verdict, placed in ((before, places[0]), (after, places[1])):
            placed.append(counted(lead, verdict))
        if before.outcome is not after.outcome:
            signing = signing_of(lead, EVER)
            signed_on = signing.counted_on if signing else None
            flips.append(Flip(lead.id, lead.title, before, after, signed_on))
    flips.sort(key=lambda flip: (flip.signed_on is None, flip.lead_id))
    return Trial(
        quota.year, tuple(flips), standing(places[0], now, on), standing(places[1], then, on)
    )


def _judged(quota: Quota) -> Sequence[int]:
    """The leads other criteria could concern: those judged on the quota that are not out of it."""
    return db.session.scalars(
        select(Verdict.lead_id)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Verdict.quota_id == quota.id, Lead.stage.not_in(BARRED))
        .order_by(Verdict.lead_id)
    ).all()
