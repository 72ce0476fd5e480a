"""Where the quotas of a year stood on a day: judged anew from the facts dated by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core.db import db
from crm.leads.models import Lead
from crm.quotas.facts import facts_of, surroundings, terms_of
from crm.quotas.models import Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    CountedLead,
    Judging,
    QuotaTerms,
    Standing,
    Together,
    Verdict,
    counted,
    standing,
    together,
    with_yuan,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One quota on a day: where it stands, and the verdict on every lead."""

    terms: QuotaTerms
    standing: Standing
    verdicts: Sequence[Verdict]


@dataclass(frozen=True, slots=True)
class YearOnDay:
    year: int
    on: date
    quotas: Sequence[Judged]
    together: Together


def year_on_day(year: int, on: date) -> YearOnDay | None:
    """The year's quotas by the facts dated on or before `on`, as known now; None without quotas.

    What is undated (being physical, a headquarters, excluded) is taken as it is now.
    """
    quotas = [
        terms_of(quota)
        for quota in db.session.scalars(computed_quotas(year).order_by(Quota.position, Quota.id))
    ]
    if not quotas:
        return None
    around = surroundings(on)
    judging = Judging(quotas, on, around.editions)
    verdicts: list[list[Verdict]] = [[] for _ in quotas]
    places: list[list[CountedLead]] = [[] for _ in quotas]
    for facts in facts_of(db.session.scalars(select(Lead.id)), on=on):
        lead = with_yuan(facts, around.rates, on)
        for verdict, found, placed in zip(judging.of(lead), verdicts, places, strict=True):
            found.append(verdict)
            placed.append(counted(lead, verdict))
    judged = [
        Judged(terms, standing(placed, terms, on), found)
        for terms, found, placed in zip(quotas, verdicts, places, strict=True)
    ]
    return YearOnDay(year, on, judged, together(each.standing for each in judged))
