"""上年同期: figures of the year before, typed from a paper where our own ledger does not hold them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.leads.rules.filters import CountedEvent
from crm.leads.wording import FILTER_WORDS
from crm.quotas.access import may_divide
from crm.quotas.division import LastYear, last_year_of
from crm.quotas.models import PastFigure, Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    LARGEST_TARGET,
    FigureError,
    FigureFault,
    VersionFault,
    falling,
    months_of,
    read_figure,
)
from crm.quotas.wording import FIELD, figure_text, word

TYPED = "last_year_typed"


@dataclass(frozen=True, slots=True)
class PastFigures:
    """What was typed: by month of the year before the cumulative number, nothing where unknown."""

    event: CountedEvent
    department_id: int | None
    typed: Mapping[date, str | None]
    document: str | None


def past_months(quota: Quota) -> tuple[date, ...]:
    """The months of the year before that stand beside the quota's own."""
    return tuple(
        month.replace(year=month.year - 1) for month in months_of(quota.opens, quota.closes)
    )


def past_field(month: date) -> str:
    """The form field a month's figure is typed into."""
    return f"past_{month:%Y_%m}"


def type_last_year(
    actor: Actor, at: datetime, quota_id: int, version: int | None, figures: PastFigures
) -> Quota:
    """Keep the figures of the year before of one number, of the district or of one unit.

    What is new or changed stands on `document`; what is left empty is taken away. Units never have
    more together than the district. Raises Refused with everything that is wrong, NotFound, Stale.
    """
    if not may_divide(actor):
        raise NotFound
    quota = db.session.scalar(
        computed_quotas()
        .where(Quota.id == quota_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if quota is None:
        raise NotFound
    if quota.version != version:
        words = {**FIELD, **{_name(month): _name(month) for month in past_months(quota)}}
        versions = quota.version - (version or 0)
        missed = trail.missed_changes(Quota.__tablename__, quota.id, TYPED, versions, words)
        raise Stale(quota, missed)
    wanted = _read(quota, figures)
    statement = select(PastFigure).where(
        PastFigure.quota_id == quota_id,
        PastFigure.event == figures.event,
        PastFigure.department_id == figures.department_id,
    )
    rows = {row.month: row for row in db.session.scalars(statement)}
    changed = {
        month: value
        for month, value in wanted.items()
        if value != (rows[month].value if month in rows else None)
    }
    if not changed:
        return quota
    before = {_name(month): rows[month].value for month in changed if month in rows}
    for month, value in changed.items():
        row = rows.get(month)
        if value is None:
            db.session.delete(row)
            continue
        if row is None:
            row = PastFigure(
                quota_id=quota_id,
                event=figures.event,
                department_id=figures.department_id,
                month=month,
            )
            db.session.add(row)
        row.value, row.document = value, figures.document or ""
        row.recorded_by_id, row.recorded_at = actor.id or None, at
    unit = db.session.get(Department, figures.department_id) if figures.department_id else None
    history.record(
        actor,
        at,
        TYPED,
        quota,
        before=before,
        after={
            **{_name(month): value for month, value in changed.items()},
            "counted": str(FILTER_WORDS[CountedEvent][figures.event]),
            "owner_department": unit.name if unit else None,
            "document": figures.document,
        },
    )
    quota.version += 1
    db.session.flush()
    return quota


def _name(month: date) -> str:
    return f"{month:%Y-%m}"


def _read(quota: Quota, figures: PastFigures) -> dict[date, int | None]:
    faults = Faults()
    if quota.frozen_at is not None:
        faults.add("", VersionFault.FROZEN.value, word(VersionFault.FROZEN))
    unit_id = figures.department_id
    if unit_id is not None and db.session.get(Department, unit_id) is None:
        faults.add("", "unknown", _l("请从列表中选择"))
    wanted: dict[date, int | None] = {}
    for month, text in figures.typed.items():
        name = past_field(month)
        try:
            wanted[month] = int(read_figure(text, quota.unit)) if text else None
        except FigureError as error:
            faults.add(name, error.code.value, word(error.code))
            continue
        if (wanted[month] or 0) > LARGEST_TARGET:
            faults.add(name, FigureFault.TOO_LARGE.value, word(FigureFault.TOO_LARGE))
        if month not in past_months(quota):
            faults.add(name, "month_outside", _l("请选择年度内已到的月份"))
    known = {month: value for month, value in wanted.items() if value is not None}
    for month in falling(known):
        faults.add(past_field(month), "falls", _l("累计数不能小于前面的月份"))
    last_year = last_year_of(quota.id)
    _compare(faults, quota, figures, known, last_year)
    before = last_year.of(figures.event, unit_id)
    if not figures.document and any(before.get(month) != value for month, value in known.items()):
        faults.add("document", "document_missing", _l("请填写文号或文件名"))
    faults.raise_if_any()
    return wanted


def _compare(
    faults: Faults, quota: Quota, figures: PastFigures, known: Mapping[date, int], kept: LastYear
) -> None:
    """The units of a month never have more than the district."""
    units = {each.department_id for each in kept.entries if each.department_id}
    units |= {figures.department_id} if figures.department_id else set()
    for month in figures.typed:
        if figures.department_id is None:
            district, own = known.get(month), 0
        else:
            district, own = kept.of(figures.event).get(month), known.get(month, 0)
        others = sum(
            kept.of(figures.event, unit).get(month, 0)
            for unit in units
            if unit != figures.department_id
        )
        if district is not None and own + others > district:
            text = _l(
                "各单位合计%(units)s，多于全区%(district)s",
                units=figure_text(own + others, quota.unit),
                district=figure_text(district, quota.unit),
            )
            faults.add(past_field(month), "above_district", text)
