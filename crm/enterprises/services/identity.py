"""Registering and editing a company, and telling it apart from those already known."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.clock import office_day
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale
from crm.enterprises.models import Enterprise, FormerHolding
from crm.enterprises.queries import by_name, by_uscc, name_of
from crm.enterprises.rules import (
    Ownership,
    clean_uscc,
    loose_name,
    normalise_name,
    pinyin_initials,
    search_text,
    seat_of,
)
from crm.enterprises.rules.shareholding import LinkFault, why_not_link
from crm.enterprises.wording import FIELD, tell, uscc_words, word
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import Doer

LONGEST_NAME = 120
LONGEST_DESCENT = 50
CHANGED = "enterprise_changed"
COLUMNS = (
    "name", "short_name", "name_en", "former_names", "uscc", "ownership", "parent_id",
    "parent_shareholding", "parent_since", "industry_code", "business_scope", "address",
    "region_code", "legal_representative", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EnterpriseEntry:
    """A company as typed. `parent_shareholding` is the percentage the parent holds."""

    name: str
    short_name: str | None = None
    name_en: str | None = None
    former_names: str | None = None
    """One a line."""
    uscc: str | None = None
    ownership: Ownership | None = None
    parent_id: int | None = None
    parent_shareholding: Decimal | None = None
    parent_since: date | None = None
    """Since when the parent holds that much. Another day than before says that what was until then
    was true and ended; the same day, or none, that it was entered wrongly."""
    industry_code: str | None = None
    business_scope: str | None = None
    """经营范围 as on the licence."""
    address: str | None = None
    region_code: str | None = None
    """GB/T 2260; None: follows from code, name and address (`seat_of`)."""
    legal_representative: str | None = None
    """法定代表人 as on the licence: the name alone, no number of a document."""
    note: str | None = None
    same_name_reason: str | None = None
    """Why this is another company than the known one of the same name."""
    keeps_former_name: bool = True
    """Whether the name it had until now becomes a former one (false: it was misspelt)."""


def set_name_keys(enterprise: Enterprise) -> None:
    """Bring the keys for searching and for finding doubles in line with names and code."""
    keys = name_keys(
        enterprise.name,
        enterprise.short_name,
        enterprise.name_en,
        enterprise.former_names,
        enterprise.uscc,
    )
    for key, value in keys.items():
        setattr(enterprise, key, value)


def name_keys(
    name: str,
    short_name: str | None = None,
    name_en: str | None = None,
    former_names: str | None = None,
    uscc: str | None = None,
) -> dict[str, str]:
    """The columns by which a company is searched for and its doubles are found."""
    initials = pinyin_initials(name)[:LONGEST_NAME]
    return {
        "name_norm": normalise_name(name)[:LONGEST_NAME],
        "name_loose": loose_name(name)[:LONGEST_NAME],
        "pinyin_initials": initials,
        "search_text": search_text(
            name,
            short_name,
            name_en,
            *(former_names or "").splitlines(),
            uscc,
            initials,
            pinyin_initials(short_name or ""),
        ),
    }


def add(
    actor: Doer,
    at: datetime,
    name: str,
    *,
    uscc: str | None = None,
    same_name_reason: str | None = None,
    field: str = "investor",
) -> Enterprise:
    """A new company by its name alone. `field` is the form field its name was typed in.

    Raises Refused: same_name (take the known one, or give a reason), uscc (not a code), same_uscc
    (the code belongs to a known company; no reason helps).
    """
    entry = EnterpriseEntry(name=name, uscc=uscc, same_name_reason=same_name_reason)
    return _register(actor, at, entry, name_field=field)


def save(
    actor: Doer,
    at: datetime,
    enterprise_id: int | None,
    entry: EnterpriseEntry,
    *,
    version: int | None = None,
) -> Enterprise:
    """Register a company (`enterprise_id` None) or change one.

    Raises Refused (as `add`; unknown_parent, parent_circle, shareholding), Stale with what changed
    meanwhile, NotFound. After a change of names the door refreshes the words of its leads.
    """
    if enterprise_id is None:
        return _register(actor, at, entry)
    enterprise = _to_change(enterprise_id, version)
    faults = Faults()
    _judge(faults, entry, enterprise)
    ended = _ended_holding(faults, entry, enterprise, at)
    faults.raise_if_any()
    # Asked before anything changes: a query flushes, and the trail reads what is not yet flushed.
    parents = ("parent", name_of(enterprise.parent_id), name_of(entry.parent_id))
    old_name, old_seat = enterprise.name, enterprise.region_code
    was_derived = old_seat == _derived_seat(enterprise)
    _fill(enterprise, entry)
    if entry.region_code is None or (was_derived and entry.region_code == old_seat):
        enterprise.region_code = _derived_seat(enterprise)
    if ended is not None:
        ended.recorded_by_id, ended.recorded_at = actor.id or None, at
        db.session.add(ended)
    if entry.parent_id is None:
        enterprise.parent_since = None  # what it said is kept with the holding that ended
    if enterprise.name != old_name and entry.keeps_former_name:
        former = (enterprise.former_names or "").splitlines()
        if old_name not in former:
            enterprise.former_names = "\n".join([*former, old_name])
    set_name_keys(enterprise)
    changed = history.record_changes(
        actor, at, CHANGED, enterprise,
        note=entry.same_name_reason,
        more=[parents],
    )  # fmt: skip
    if changed:
        enterprise.version += 1
    _flush(enterprise)
    return enterprise


def give_code(actor: Doer, at: datetime, enterprise: Enterprise, code: str) -> None:
    """Set the code of a company that has none. Raises Refused as `add` does, or if it has another."""
    code = clean_uscc(code)
    if enterprise.uscc == code:
        return
    faults = Faults()
    _judge_code(faults, code, enterprise.id)
    if enterprise.uscc:
        faults.add(
            "uscc", "other_uscc", _l("这家企业登记的是另一个统一社会信用代码，请核对营业执照")
        )
    faults.raise_if_any()
    was_derived = enterprise.region_code == _derived_seat(enterprise)
    enterprise.uscc = code
    if was_derived:
        enterprise.region_code = _derived_seat(enterprise)
    set_name_keys(enterprise)
    history.record_changes(actor, at, CHANGED, enterprise)
    enterprise.version += 1
    _flush(enterprise)


def _register(
    actor: Doer, at: datetime, entry: EnterpriseEntry, *, name_field: str = "name"
) -> Enterprise:
    faults = Faults()
    _judge(faults, entry, None, name_field)
    _tell_link_faults(faults, entry, None, office_day(at))
    faults.raise_if_any()
    enterprise = Enterprise(created_by_id=actor.id or None, created_at=at, version=1)
    _fill(enterprise, entry)
    enterprise.region_code = entry.region_code or _derived_seat(enterprise)
    set_name_keys(enterprise)
    _flush(enterprise)
    told = {key: getattr(enterprise, key) for key in COLUMNS if key != "parent_id"}
    told["parent"] = name_of(enterprise.parent_id)
    history.record(
        actor, at, "enterprise_added", enterprise,
        after={key: value for key, value in told.items() if value is not None},
        note=entry.same_name_reason,
    )  # fmt: skip
    return enterprise


def _fill(enterprise: Enterprise, entry: EnterpriseEntry) -> None:
    for key in COLUMNS:
        value = getattr(entry, key)
        if key == "uscc":
            value = clean_uscc(value) if value else None
        if getattr(enterprise, key) != value:
            setattr(enterprise, key, value)


def _derived_seat(enterprise: Enterprise) -> str | None:
    return seat_of(None, enterprise.uscc, enterprise.name, enterprise.address)


def _to_change(enterprise_id: int, version: int | None) -> Enterprise:
    enterprise = db.session.scalar(
        select(Enterprise).where(Enterprise.id == enterprise_id).with_for_update()
    )
    if enterprise is None:
        raise NotFound
    if version is not None and enterprise.version != version:
        missed = trail.missed_changes(
            "enterprises", enterprise.id, CHANGED, enterprise.version - version, FIELD, tell
        )
        raise Stale(enterprise, missed)
    return enterprise


def _judge(
    faults: Faults, entry: EnterpriseEntry, known: Enterprise | None, name_field: str = "name"
) -> None:
    own_id = known.id if known else None
    is_new_name = known is None or normalise_name(entry.name)[:LONGEST_NAME] != known.name_norm
    double = by_name(entry.name, other_than=own_id) if is_new_name else None
    if double is not None and not (entry.same_name_reason or "").strip():
        faults.add(
            name_field,
            "same_name",
            _l("“%(name)s”已经登记，请选用；确属另一家的，请写明理由", name=double.name),
        )
    if entry.uscc:
        _judge_code(faults, clean_uscc(entry.uscc), own_id)
    if entry.parent_id is not None:
        _judge_parent(faults, entry.parent_id, own_id)
    if entry.parent_shareholding is not None and entry.parent_id is None:
        faults.add("parent_shareholding", "no_parent", _l("填写持股比例时，请同时填写母公司"))


def _ended_holding(
    faults: Faults, entry: EnterpriseEntry, enterprise: Enterprise, at: datetime
) -> FormerHolding | None:
    """What the company was until the day the entry says; None where nothing ended or it was wrong."""
    held = (enterprise.parent_id, enterprise.parent_shareholding)
    is_other = held != (entry.parent_id, entry.parent_shareholding)
    since = entry.parent_since if entry.parent_since != enterprise.parent_since else None
    ends = is_other and since is not None and enterprise.parent_id is not None
    before = enterprise.parent_since if ends else None
    _tell_link_faults(faults, entry, before, office_day(at), has_ended=ends)
    if not ends or since is None or enterprise.parent_id is None or faults.found:
        return None
    return FormerHolding(
        enterprise_id=enterprise.id,
        parent_id=enterprise.parent_id,
        parent_shareholding=enterprise.parent_shareholding,
        from_on=enterprise.parent_since,
        until_on=since,
    )


def _tell_link_faults(
    faults: Faults,
    entry: EnterpriseEntry,
    before: date | None,
    today: date,
    *,
    has_ended: bool = False,
) -> None:
    for fault in why_not_link(entry.parent_shareholding, entry.parent_since, before, today):
        field = "parent_shareholding" if fault is LinkFault.SHARE else "parent_since"
        faults.add(field, fault.value, word(fault))
    if entry.parent_since is not None and entry.parent_id is None and not has_ended:
        faults.add("parent_since", LinkFault.NO_PARENT.value, word(LinkFault.NO_PARENT))


def _judge_code(faults: Faults, code: str, own_id: int | None) -> None:
    for words in uscc_words(code):
        faults.add("uscc", "uscc", words)
    owner = by_uscc(code)
    if owner is not None and owner.id != own_id:
        faults.found.append(_same_code(owner.name))


def _same_code(name: str | None) -> Fault:
    if name is None:
        return Fault("uscc", "same_uscc", _l("该统一社会信用代码刚刚被别人登记，请搜索后选用"))
    text = _l("该统一社会信用代码已登记在“%(name)s”名下，请选用这家企业", name=name)
    return Fault("uscc", "same_uscc", text)


def _judge_parent(faults: Faults, parent_id: int, own_id: int | None) -> None:
    """Walk up from the parent: meeting the company itself there is a circle."""
    above: int | None = parent_id
    for _generation in range(LONGEST_DESCENT):
        if above is None:
            return
        if above == own_id:
            text = _l("母公司不能是企业自己或它的下属企业")
            faults.add("parent", "parent_circle", text)
            return
        row = db.session.execute(
            select(Enterprise.parent_id).where(Enterprise.id == above)
        ).one_or_none()
        if row is None:
            faults.add("parent", "unknown_parent", _l("没有登记这家企业，请先登记母公司"))
            return
        above = row.parent_id


def _flush(enterprise: Enterprise) -> None:
    """Two people may register one code in the same moment: the second is told, not failed."""
    try:
        with db.session.begin_nested():
            db.session.add(enterprise)
            db.session.flush()
    except IntegrityError as error:
        if "uscc" not in str(error.orig):
            raise
        raise Refused([_same_code(None)]) from None
