"""分解目标: the year's quotas divided among units or leaders, on one paper; and the ranking switch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale, TheirChange
from crm.history import queries as trail
from crm.history import services as history
from crm.quotas.access import may_divide, may_switch_ranking
from crm.quotas.division import HOLDER, RANKING_SWITCHED, holders
from crm.quotas.models import Division, Quota, QuotaShare, RankingSwitch
from crm.quotas.queries import computed_quotas, quota_years
from crm.quotas.rules import (
    LARGEST_TARGET,
    Among,
    FigureError,
    FigureFault,
    VersionFault,
    read_figure,
)
from crm.quotas.wording import FIELD, label_text, word

DIVIDED = "quota_divided"


@dataclass(frozen=True, slots=True)
class Shares:
    """What was typed: by (quota id, holder id) the target as text, nothing where there is none."""

    typed: Mapping[tuple[int, int], str | None]
    document_number: str | None = None
    note: str | None = None


def share_field(quota_id: int, holder_id: int) -> str:
    """The form field a share is typed into."""
    return f"share_{quota_id}_{holder_id}"


def divide(
    actor: Actor, at: datetime, year: int, among: Among, version: int | None, shares: Shares
) -> bool:
    """Divide the year's quotas among units or leaders; whether anything was changed.

    The shares may be more than the target (加压) or less (未分解): both are told, neither is
    refused. Raises Refused with everything that is wrong, NotFound, Stale.
    """
    if not may_divide(actor):
        raise NotFound
    # Whoever divides the same year waits here, so that a first division is not made twice.
    statement = computed_quotas(year).order_by(Quota.position, Quota.id)
    quotas = {
        quota.id: quota for quota in db.session.scalars(statement.with_for_update(key_share=True))
    }
    if not quotas:
        raise NotFound
    names = {each.id: each.name for each in holders(among)}
    told = {
        (quota_id, holder_id): f"{name} · {label_text(quota.label)}"
        for quota_id, quota in quotas.items()
        for holder_id, name in names.items()
    }
    division = db.session.scalar(
        select(Division).where(Division.year == year, Division.among == among)
    )
    if (division.version if division else None) != version:
        raise Stale(division, _missed(division, version, told.values()))
    rows = _rows(quotas, among)
    wanted = _read(shares, quotas, told, rows)
    before = {key: row.target for key, row in rows.items()}
    more = [(name, before.get(key), wanted.get(key)) for key, name in told.items() if key in wanted]
    is_first = division is None
    if division is None:
        given = (shares.document_number, shares.note)
        if not any(given) and all(old == new for _name, old, new in more):
            return False
        division = Division(year=year, among=among)
        db.session.add(division)
        db.session.flush()
    division.document_number, division.note = shares.document_number, shares.note
    event = history.record_changes(
        actor, at, DIVIDED, division, note=shares.document_number, more=more
    )
    if event is None:
        return False
    _keep(among, rows, wanted)
    if not is_first:
        division.version += 1
    db.session.flush()
    return True


def _rows(quotas: Mapping[int, Quota], among: Among) -> dict[tuple[int, int], QuotaShare]:
    holder = HOLDER[among]
    found = db.session.scalars(
        select(QuotaShare).where(QuotaShare.quota_id.in_(quotas), holder.is_not(None))
    )
    return {(row.quota_id, getattr(row, holder.key)): row for row in found}


def _read(
    shares: Shares,
    quotas: Mapping[int, Quota],
    told: Mapping[tuple[int, int], str],
    rows: Mapping[tuple[int, int], QuotaShare],
) -> dict[tuple[int, int], int | None]:
    """What was typed as whole numbers, None for no task. Raises Refused with everything wrong."""
    faults = Faults()
    wanted: dict[tuple[int, int], int | None] = {}
    for key, text in shares.typed.items():
        name = share_field(*key)
        if key not in told:
            faults.add(name, "unknown", _l("请从列表中选择"))
            continue
        quota = quotas[key[0]]
        try:
            wanted[key] = int(read_figure(text, quota.unit)) if text else None
        except FigureError as error:
            faults.add(name, error.code.value, word(error.code))
            continue
        value, row = wanted[key], rows.get(key)
        if value == 0:
            faults.add(name, "zero", _l("没有任务请留空"))
        elif value is not None and value > LARGEST_TARGET:
            faults.add(name, FigureFault.TOO_LARGE.value, word(FigureFault.TOO_LARGE))
        elif quota.frozen_at is not None and value != (row.target if row else None):
            faults.add(name, VersionFault.FROZEN.value, word(VersionFault.FROZEN))
    faults.raise_if_any()
    return wanted


def _keep(
    among: Among,
    rows: Mapping[tuple[int, int], QuotaShare],
    wanted: Mapping[tuple[int, int], int | None],
) -> None:
    for (quota_id, holder_id), target in wanted.items():
        row = rows.get((quota_id, holder_id))
        if row is not None and target is None:
            db.session.delete(row)
        elif row is not None and target is not None:
            row.target = target
        elif target is not None:
            held = {HOLDER[among].key: holder_id}
            db.session.add(QuotaShare(quota_id=quota_id, target=target, **held))


def _missed(
    division: Division | None, version: int | None, names: Iterable[str]
) -> list[TheirChange]:
    if division is None:
        return []
    words = {**FIELD, **{name: name for name in names}}
    versions = division.version - (version or 0)
    return trail.missed_changes(Division.__tablename__, division.id, DIVIDED, versions, words)


def switch_ranking(
    actor: Actor, at: datetime, year: int, version: int | None, *, is_on: bool
) -> None:
    """Allow the tables of a year to be sorted by 完成率, or forbid it. Raises NotFound, Stale."""
    if not may_switch_ranking(actor) or year not in quota_years():
        raise NotFound
    db.session.execute(select(Quota.id).where(Quota.year == year).with_for_update(key_share=True))
    row = db.session.scalar(select(RankingSwitch).where(RankingSwitch.year == year))
    if (row.version if row else None) != version:
        missed = (
            trail.missed_changes(
                RankingSwitch.__tablename__,
                row.id,
                RANKING_SWITCHED,
                row.version - (version or 0),
                FIELD,
            )
            if row
            else []
        )
        raise Stale(row, missed)
    if row is None and not is_on:
        return
    is_first = row is None
    if row is None:
        row = RankingSwitch(year=year, is_on=False)
        db.session.add(row)
        db.session.flush()
    row.is_on = is_on
    if history.record_changes(actor, at, RANKING_SWITCHED, row, note=str(year)) and not is_first:
        row.version += 1
