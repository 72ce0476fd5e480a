"""Loading a year's quotas, indicators and the figures beside them from a preset file."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from crm.core.db import db
from crm.history.services import recorded
from crm.leads.rules import ChainRole
from crm.quotas.models import CriteriaVersion, Quota, YearFigure
from crm.quotas.rules import Curve, Rounding, YearSection

BESIDE = ("field", "chain_codes", "role", "named")
"""What an indicator's preset says beside its number."""


EXAMPLE = "示例"
"""Stands where a bureau's own criteria name their document."""


def load_preset(targets: Mapping[str, Any], year: int, at: datetime) -> int:
    """A preset file as `year`'s quotas and indicators, marked 示例; how many rows were new.

    Idempotent by (year, code): what a bureau has changed since is left alone; an indicator that
    an earlier version loaded with less gets what is missing beside its number. Criteria are
    version 1 of a quota, in force from the first day of its period. Zones and the ways
    of promoting are the business of others (places, the lead's pick list).
    """
    known = {
        quota.code: quota for quota in db.session.scalars(select(Quota).where(Quota.year == year))
    }
    added = 0
    for position, entry in enumerate([*targets["quotas"], *targets.get("indicators", ())]):
        quota = known.get(entry["code"])
        if quota is None:
            quota = _quota(entry, targets["period"], year, position)
            db.session.add(quota)
            db.session.flush()
            if quota.criteria is not None:
                db.session.add(_first_version(quota, at))
            added += 1
        elif quota.is_example:
            for name, value in _beside(entry).items():
                if value and not getattr(quota, name):
                    setattr(quota, name, value)
    added += _load_figures(targets, year)
    db.session.flush()
    return added


def _quota(entry: Mapping[str, Any], period: Mapping[str, Any], year: int, position: int) -> Quota:
    target, unit = _target(entry)
    return Quota(
        year=year,
        code=entry["code"],
        label=entry.get("label") or entry["name"],
        label_en=entry.get("label_en"),
        name=entry["name"],
        name_en=entry.get("name_en"),
        measure=entry["measure"],
        target=target,
        unit=unit,
        modality=entry["modality"],
        universe=entry["universe"],
        source=entry["source"],
        event=entry.get("event"),
        exclusive_group=entry.get("exclusive_group"),
        opens=_in_year(period["opens"], year),
        closes=_in_year(period["closes"], year),
        monthly_cutoff_day=period.get("monthly_cutoff_day", 25),
        rounding=Rounding(period.get("rounding", Rounding.HALF_UP)),
        curve=Curve(period.get("curve", Curve.SEASONAL)),
        criteria={"any_of": entry["any_of"]} if "any_of" in entry else None,
        is_example=True,
        position=position,
        **_beside(entry),
    )


def _first_version(quota: Quota, at: datetime) -> CriteriaVersion:
    return CriteriaVersion(
        quota_id=quota.id,
        number=1,
        criteria=quota.criteria,
        event=quota.event,
        started_at=at,
        published_at=recorded(at),
        in_force_from=quota.opens,
        document_number=EXAMPLE,
    )


def _beside(entry: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: entry.get("chains" if name == "chain_codes" else name) for name in BESIDE}
    if said["role"]:
        ChainRole(said["role"])  # a role nobody can have would count nothing: refused here
    return said


def _target(entry: Mapping[str, Any]) -> tuple[int, str]:
    if "target_yuan" in entry:
        return entry["target_yuan"], "元"
    if "target_usd" in entry:
        return entry["target_usd"], "美元"
    return entry["target"], entry.get("unit", "个")


def _in_year(day: date, year: int) -> date:
    return day.replace(year=year)


def _load_figures(targets: Mapping[str, Any], year: int) -> int:
    rows = db.session.execute(
        select(YearFigure.section, YearFigure.position).where(YearFigure.year == year)
    )
    known = {(row.section, row.position) for row in rows}
    added = 0
    positions: dict[YearSection, int] = {}
    for section, columns in _figures(targets):
        position = positions[section] = positions.get(section, -1) + 1
        if (section, position) not in known:
            db.session.add(YearFigure(year=year, section=section, position=position, **columns))
            added += 1
    return added


def _figures(targets: Mapping[str, Any]) -> Iterator[tuple[YearSection, dict[str, Any]]]:
    for name, percent in targets.get("headline_growth_percent", {}).items():
        yield YearSection.GROWTH, {"name": name, "percent": Decimal(str(percent))}
    for key, of_year in ((key, key.removeprefix("base_")) for key in targets):
        if of_year != key and of_year.isdigit():
            for name, amount in targets[key].items():
                yield (
                    YearSection.BASE,
                    {
                        "name": name,
                        "of_year": int(of_year),
                        "amount": amount,
                        "unit": BASE_UNITS[name.rpartition("_")[2]],
                    },
                )
    for section, rows in targets.get("key_projects", {}).items():
        for row in rows:
            yield (
                YearSection(section),
                {
                    "name": row.get("level") or row["state"],
                    "zone": row.get("zone"),
                    "count": row["count"],
                    "amount": row.get("total_investment_yuan"),
                    "unit": "元" if "total_investment_yuan" in row else None,
                    "modality": row.get("modality"),
                    "named": row.get("named"),
                },
            )
    belts = [name for axis in targets.get("axes", {}).values() for name in axis]
    for section, names in (
        (YearSection.LEADING, targets.get("leading_industries", ())),
        (YearSection.FUTURE, targets.get("future_tracks", ())),
        (YearSection.CHAIN_GROUPS, targets.get("official_chain_groups", ())),
        (YearSection.AXES, belts),
    ):
        for name in names:
            yield section, {"name": name}


BASE_UNITS = {"mu": "亩", "yuan": "元", "units": "套", "m2": "平方米"}
"""The unit of a figure of an earlier year, by the end of its name."""
