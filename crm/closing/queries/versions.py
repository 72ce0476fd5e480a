"""The bridge between two versions of a quota's criteria: today's facts judged by one and the other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select

from crm.accounts.rules import Actor
from crm.closing.queries.bridges import Point, YearBridge, assemble, counted_by
from crm.closing.queries.known import QuotaAsKnown, quotas_as_known
from crm.closing.rules import BY_EVENT, Cause, Number, Why, decisive
from crm.core.db import db, rows_of
from crm.leads.models import Milestone
from crm.leads.rules import MilestoneKind
from crm.quotas.facts import facts_of, surroundings
from crm.quotas.models import CriteriaVersion, Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    CountingEvent,
    Entry,
    Judging,
    QuotaTerms,
    Verdict,
    counted,
    entered,
    parse_criteria,
    parse_exclusions,
    with_yuan,
)

EVER = date.max


def versions_of(year: int) -> list[Any]:
    """The published versions of the year's quotas: (id, quota_id, code, label, label_en, number, …)."""
    version = CriteriaVersion
    return list(
        rows_of(
            computed_quotas(year)
            .with_only_columns(
                version.id,
                version.quota_id,
                version.number,
                version.criteria,
                version.event,
                version.in_force_from,
                version.document_number,
                Quota.code,
                Quota.label,
                Quota.label_en,
            )
            .join(version, version.quota_id == Quota.id)
            .where(version.in_force_from.is_not(None))
            .order_by(Quota.position, Quota.id, version.number)
        )
    )


def bridge_of_versions(
    actor: Actor, year: int, old: Any, new: Any, point: Point
) -> YearBridge | None:
    """The leads that one version of a quota's criteria counts and the other does not, by today's facts.

    `old` and `new` are rows of `versions_of`, of one quota.
    """
    quota = next(
        (
            each
            for each in quotas_as_known(year, point.known_at)
            if each.quota_id == old.quota_id == new.quota_id
        ),
        None,
    )
    if quota is None:
        return None
    terms = [
        replace(
            quota.terms,
            criteria=parse_criteria(row.criteria),
            exclusions=parse_exclusions(row.criteria),
            event=CountingEvent(row.event or CountingEvent.SIGNED_AND_REGISTERED),
        )
        for row in (old, new)
    ]
    around = surroundings()
    judging = Judging(terms, EVER, around.editions)
    before: dict[int, Entry] = {}
    after: dict[int, Entry] = {}
    told: dict[int, Verdict] = {}
    for facts in facts_of(_signed_within(quota.terms)):
        lead = with_yuan(facts, around.rates, EVER)
        old_verdict, new_verdict = judging.of(lead)
        was = before[lead.id] = entered(counted(lead, old_verdict), terms[0])
        now = after[lead.id] = entered(counted(lead, new_verdict), terms[1])
        if was != now:
            told[lead.id] = new_verdict
    starts = counted_by(actor, _places(quota, before, point.on))
    ends = counted_by(actor, _places(quota, after, point.on))

    def why(_quota_id: int, _number: Number, lead_id: int, _entered: bool) -> Why:
        verdict = told[lead_id]
        return Why(
            Cause.RULE_CHANGED,
            reasons=decisive(verdict.outcome, verdict.branch, verdict.reasons),
        )

    return assemble(actor, year, [quota], BY_EVENT, starts, ends, why)


def _signed_within(terms: QuotaTerms) -> Sequence[int]:
    """The leads whose signing the period counts: no others stand in a number, whatever is asked."""
    counted_on = func.coalesce(Milestone.statistics_on, Milestone.happened_on, Milestone.known_on)
    return db.session.scalars(
        select(Milestone.lead_id).where(
            Milestone.kind == MilestoneKind.SIGNED,
            counted_on.between(terms.opens, terms.closes),
        )
    ).all()


def _places(
    quota: QuotaAsKnown, judged: dict[int, Entry], on: date
) -> dict[tuple[int, Number], set[int]]:
    found: dict[tuple[int, Number], set[int]] = {
        (quota.quota_id, number): set() for number in BY_EVENT
    }
    for lead_id, entry in judged.items():
        for number, day in zip(
            BY_EVENT,
            (entry.signed_from, entry.registered_from, entry.started_from),
            strict=True,
        ):
            if day is not None and day <= on:
                found[quota.quota_id, number].add(lead_id)
    return found
