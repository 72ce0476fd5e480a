"""Standing on a ranking, as a dated fact: list, edition, day of publication and the paper."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale
from crm.enterprises.models import Enterprise, RankingEdition, RankingEntry, RankingList
from crm.history import services as history
from crm.history.services import Doer


@dataclass(frozen=True, slots=True)
class Membership:
    """A company's place on an edition, as confirmed by a person."""

    edition_id: int
    document: str
    rank: int | None = None
    name_on_list: str | None = None
    row_id: int | None = None
    """The printed row, where the edition was imported with its rows."""


def save_edition(
    actor: Doer,
    at: datetime,
    edition_id: int | None,
    *,
    list_id: int,
    year: int,
    published_on: date,
    document: str | None,
    today: date,
    seen_published_on: date | None = None,
) -> RankingEdition:
    """Add an edition (`edition_id` None) or correct its day and paper; list and year stay.

    `seen_published_on` is the day the person saw before correcting it. Raises Refused
    (published_on, year), Stale, NotFound.
    """
    ranking = db.session.get(RankingList, list_id)
    if ranking is None:
        raise NotFound
    edition = db.session.get(RankingEdition, edition_id) if edition_id else None
    if edition_id and (edition is None or edition.list_id != list_id):
        raise NotFound
    faults = Faults()
    if published_on > today:
        faults.add("published_on", "in_future", _l("发布日期晚于今天，榜单发布后再登记"))
    taken = db.session.scalar(
        select(RankingEdition.id).where(
            RankingEdition.list_id == list_id,
            RankingEdition.year == year,
            RankingEdition.id != (edition_id or 0),
        )
    )
    if taken is not None:
        faults.add("year", "year_taken", _l("这份榜单的该年度已经登记"))
    faults.raise_if_any()
    if edition is None:
        edition = RankingEdition(
            list_id=list_id, year=year, published_on=published_on, document=document
        )
        db.session.add(edition)
        db.session.flush()
        history.record(
            actor, at, "edition_added", edition,
            after={"list": ranking.name, "year": year, "published_on": published_on},
        )  # fmt: skip
        return edition
    if seen_published_on is not None and edition.published_on != seen_published_on:
        raise Stale(edition)
    edition.published_on, edition.document = published_on, document
    history.record_changes(actor, at, "edition_changed", edition)
    db.session.flush()
    return edition


def confirm_membership(
    actor: Doer, at: datetime, enterprise_id: int, wanted: Membership
) -> RankingEntry:
    """Confirm that a company stands on an edition. Raises Refused (already confirmed), NotFound."""
    company = db.session.get(Enterprise, enterprise_id)
    found = _edition(wanted.edition_id)
    if company is None or found is None:
        raise NotFound
    edition, list_name = found
    known = db.session.scalar(
        select(RankingEntry.id).where(
            RankingEntry.edition_id == edition.id, RankingEntry.enterprise_id == company.id
        )
    )
    if known is not None:
        text = _l("这家企业在该年度榜单上的记录已经确认；需要更正的，先撤销再确认")
        raise Refused([Fault("edition_id", "already_confirmed", text)])
    entry = RankingEntry(
        edition_id=edition.id,
        enterprise_id=company.id,
        rank=wanted.rank,
        name_on_list=wanted.name_on_list,
        row_id=wanted.row_id,
        document=wanted.document,
        confirmed_by_id=actor.id,
        confirmed_at=at,
    )
    try:
        with db.session.begin_nested():
            db.session.add(entry)
            db.session.flush()
    except IntegrityError:
        text = _l("刚刚有人确认了这家企业或榜单的这一行，请刷新后查看")
        raise Refused([Fault("edition_id", "already_confirmed", text)]) from None
    history.record(
        actor, at, "ranking_confirmed", company,
        after={
            "list": list_name, "year": edition.year, "rank": wanted.rank,
            "name_on_list": wanted.name_on_list, "document": wanted.document,
        },
    )  # fmt: skip
    return entry


def withdraw_membership(
    actor: Doer, at: datetime, enterprise_id: int, entry_id: int, reason: str
) -> None:
    """Take back what was confirmed by mistake; the trail keeps it. Raises Refused, NotFound."""
    if not reason.strip():
        raise Refused([Fault("reason", "reason_missing", _l("请说明撤销的原因"))])
    entry = db.session.get(RankingEntry, entry_id)
    company = db.session.get(Enterprise, enterprise_id)
    if entry is None or company is None or entry.enterprise_id != enterprise_id:
        raise NotFound
    found = _edition(entry.edition_id)
    history.record(
        actor, at, "ranking_withdrawn", company,
        before={
            "list": found[1] if found else None,
            "year": found[0].year if found else None,
            "rank": entry.rank, "document": entry.document,
        },
        note=reason.strip(),
    )  # fmt: skip
    db.session.delete(entry)
    db.session.flush()


def _edition(edition_id: int) -> tuple[RankingEdition, str] | None:
    row = db.session.execute(
        select(RankingEdition, RankingList.name)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .where(RankingEdition.id == edition_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None
