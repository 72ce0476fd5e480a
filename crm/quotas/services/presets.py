"""Loading a year's quotas and indicators from a preset file."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core.db import db
from crm.quotas.models import Quota


def load_preset(targets: Mapping[str, Any], year: int) -> int:
    """Quotas and indicators of a preset file as `year`'s, marked 示例; how many were new.

    Idempotent by (year, code): what a bureau has changed since is left alone.
    """
    period = targets["period"]
    opens = _in_year(period["opens"], year)
    closes = _in_year(period["closes"], year)
    known = set(db.session.scalars(select(Quota.code).where(Quota.year == year)))
    added = 0
    for position, entry in enumerate([*targets["quotas"], *targets.get("indicators", ())]):
        if entry["code"] in known:
            continue
        target, unit = _target(entry)
        db.session.add(
            Quota(
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
                opens=opens,
                closes=closes,
                monthly_cutoff_day=period.get("monthly_cutoff_day", 25),
                criteria={"any_of": entry["any_of"]} if "any_of" in entry else None,
                is_example=True,
                position=position,
            )
        )
        added += 1
    db.session.flush()
    return added


def _target(entry: Mapping[str, Any]) -> tuple[int, str]:
    if "target_yuan" in entry:
        return entry["target_yuan"], "元"
    if "target_usd" in entry:
        return entry["target_usd"], "美元"
    return entry["target"], entry.get("unit", "个")


def _in_year(day: date, year: int) -> date:
    return day.replace(year=year)
