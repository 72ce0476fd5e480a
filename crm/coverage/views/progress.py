"""链上成效: the gaps filled this year, the suppliers brought in, and how leads became companies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.chains.queries import chain_named
from crm.chains.wording import named
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.coverage.queries.conversion import (
    Conversion,
    chains_told,
    conversion,
    segments_told,
)
from crm.coverage.queries.facts import chains_in_use
from crm.coverage.queries.history import FilledGap, filled_gaps
from crm.coverage.services.handing import counts_filled, report_filled
from crm.coverage.views import bp
from crm.leads.rules import MilestoneKind
from crm.leads.rules.filters import NONE, LeadFilter
from crm.quotas.access import may_report
from crm.quotas.indicators import Indicator, indicators
from crm.quotas.queries import year_quotas
from crm.quotas.rules import Universe
from crm.quotas.wording import month_text
from crm.quotas.wording import word as quota_word


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the leads behind it."""

    value: int
    behind: LeadFilter


@dataclass(frozen=True, slots=True)
class Row:
    """One chain or segment, its numbers in the order of the columns."""

    name: str
    href: str | None
    told: Conversion
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class GapShown:
    chain: str
    segment: str
    href: str
    title: str | None
    lead: str | None
    on: date


@bp.get("/progress")
@allow(*LEAD_READERS)
def progress() -> ResponseReturnValue:
    today = clock.today()
    since = today.replace(month=1, day=1)
    code = request.args.get("chain", "").strip()
    chain_id = chain_named(code) if code else None
    if code and chain_id is None:
        raise NotFound
    told = conversion(g.actor, since, today, chain_id=chain_id)
    chain = chains_in_use(chain_id)[0] if chain_id is not None else None
    rows = _segments(chain, told, since, today) if chain else _chains(told, since, today)
    return render_template(
        "coverage/progress.html",
        year=today.year,
        gaps=[_gap(each) for each in filled_gaps(g.actor, since, today)],
        suppliers=_suppliers(today),
        handed=list(_handed(today)),
        rows=list(rows),
        chain=named(chain.name, chain.name_en) if chain else None,
        is_whole=g.actor.sees_all,
        words=quota_word,
        month_text=month_text,
    )


def _chains(told: Mapping[int | None, Conversion], since: date, today: date) -> Iterator[Row]:
    for row in chains_told():
        found = told.get(row.id)
        if found is None and row.is_retired:
            continue
        found = found or Conversion()
        href = None if row.is_retired else url_for("coverage.progress", chain=row.code)
        yield Row(_name(row), href, found, _numbers(found, row.id, None, since, today))
    if left := told.get(None):
        yield Row(_("未归链"), None, left, _numbers(left, NONE, None, since, today))


def _segments(
    chain: Any, told: Mapping[int | None, Conversion], since: date, today: date
) -> Iterator[Row]:
    for row in segments_told(chain.id):
        if found := told.get(row.id):
            href = url_for("chains.segment", code=chain.code, segment=row.code)
            yield Row(
                _name(row),
                None if row.is_retired else href,
                found,
                _numbers(found, chain.id, row.id, since, today),
            )
    if left := told.get(None):
        yield Row(_("未归环节"), None, left, _numbers(left, chain.id, NONE, since, today))


def _name(row: Any) -> str:
    name = named(row.name, row.name_en)
    return _("%(name)s（已停用）", name=name) if row.is_retired else name


def _numbers(
    found: Conversion, chain: int, segment: int | None, since: date, today: date
) -> tuple[Number, ...]:
    at = LeadFilter(chain=chain, segment=segment)

    def reaching(kind: MilestoneKind, first: date | None, last: date | None) -> LeadFilter:
        return LeadFilter(chain=chain, segment=segment, milestone=kind, since=first, until=last)

    signed, registered = MilestoneKind.SIGNED, MilestoneKind.REGISTERED
    return (
        Number(found.leads, at),
        Number(found.signed_this_year, reaching(signed, since, today)),
        Number(found.signed, reaching(signed, None, None)),
        Number(found.registered_this_year, reaching(registered, since, today)),
        Number(found.registered, reaching(registered, None, None)),
    )


def _gap(each: FilledGap) -> GapShown:
    row = each.segment
    return GapShown(
        named(row.chain, row.chain_en),
        named(row.name, row.name_en),
        url_for("chains.segment", code=row.chain_code, segment=row.code),
        each.title,
        url_for("leads.detail", lead_id=each.found.lead_id) if each.title else None,
        each.found.on,
    )


@dataclass(frozen=True, slots=True)
class Handed:
    """An indicator that counts the gaps filled; `seen` entries of this month there are."""

    indicator: Indicator
    seen: int
    may_report: bool


def _handed(today: date) -> Iterator[Handed]:
    quotas = [quota for quota in year_quotas(today.year) if counts_filled(quota)]
    for each in indicators(g.actor, quotas, today):
        seen = len(each.known.reports.of(today.replace(day=1)))
        owner = each.owner.department_id if each.owner else None
        yield Handed(each, seen, may_report(g.actor, owner))


@bp.post("/progress/report")
@allow(Role.UNIT_HEAD, Role.DIRECTOR)
def report_gaps() -> ResponseReturnValue:
    """Hand the number of gaps filled to the indicator that waits for it."""
    now = clock.now()
    seen = request.form.get("seen", "")
    wanted = request.form.get("quota", "")
    quota = next(
        (
            each
            for each in year_quotas(clock.today().year)
            if counts_filled(each) and each.code == wanted
        ),
        None,
    )
    if quota is None or not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        raise NotFound
    with transaction():
        report_filled(g.actor, now, quota, int(seen))
    flash(_("已报为本月的数。"), "success")
    return redirect(url_for("quotas.detail", year=quota.year, code=quota.code))


def _suppliers(today: date) -> list[Indicator]:
    """The year's indicators of companies on named chains (配套企业)."""
    quotas = [
        quota
        for quota in year_quotas(today.year)
        if quota.universe == Universe.ENTERPRISES and quota.chain_codes
    ]
    return indicators(g.actor, quotas, today)
