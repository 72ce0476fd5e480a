"""What the departments of the sample district reported so far this year."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.accounts.rules import DepartmentKind
from crm.core.db import db
from crm.quotas.models import Quota, QuotaNode, QuotaOwner, ReportedFigure
from crm.quotas.rules import cutoff, months_of, read_figure

BUREAUS = ("区发展改革局", "区科技局", "区工业和信息化局", "区自然资源局", "区住房城乡建设局")


@dataclass(frozen=True, slots=True)
class Told:
    """Who reports an indicator, in which words, and what the year would end with at this speed."""

    owner: str
    unit: str
    whole_year: Decimal
    last_year: Decimal | None = None
    lacks_last: bool = False
    decimals: int = 0


TOLD: dict[str, Told] = {
    "cultivation": Told("区工业和信息化局", "家", Decimal(54), Decimal(46)),
    "high_tech": Told("区科技局", "家", Decimal(83), Decimal(71)),
    "incubators": Told("区科技局", "家", Decimal(3), Decimal(4)),
    "listings": Told("区工业和信息化局", "家", Decimal(3)),
    "completed_investment": Told(
        "区发展改革局", "亿元", Decimal("221.6"), Decimal("203.4"), decimals=2
    ),
    "fdi": Told("区投资促进局", "万美元", Decimal(7450), Decimal(6120)),
    "land": Told("区自然资源局", "亩", Decimal(2710), Decimal(2886), decimals=1),
    "demolition": Told("区住房城乡建设局", "万平方米", Decimal(318), decimals=1),
    "renewal_starts": Told("区住房城乡建设局", "万平方米", Decimal(322), Decimal(209), True, 1),
    "resettlement": Told("区住房城乡建设局", "套", Decimal(4360), Decimal(6764)),
    "old_estates": Told("区住房城乡建设局", "万平方米", Decimal(163), None, True, 1),
    "tech_contracts": Told("区科技局", "亿元", Decimal("96.8"), Decimal("84.2"), decimals=2),
    "talents": Told("区科技局", "人", Decimal(22), Decimal(18)),
}
CORRECTED = "land"


def load(users: dict[str, User], today: date, at: datetime) -> None:
    """Owners, monthly figures up to the last cut-off day, one correction and one set of nodes."""
    units = {unit.name: unit for unit in db.session.scalars(select(Department))}
    for place, name in enumerate(BUREAUS):
        units[name] = units.get(name) or Department(
            name=name, kind=DepartmentKind.BUREAU, position=100 + place
        )
        db.session.add(units[name])
    db.session.flush()
    quotas = {
        quota.code: quota
        for quota in db.session.scalars(select(Quota).where(Quota.year == today.year))
    }
    for code, told in TOLD.items():
        if code in quotas:
            owner = units[told.owner]
            db.session.add(QuotaOwner(quota_id=quotas[code].id, department_id=owner.id))
            _report(quotas[code], told, users["leader"], today, at)
    for code in ("A", "B", "new_starts", "chain_suppliers"):
        if code in quotas:
            owner = units["区投资促进局"]
            db.session.add(QuotaOwner(quota_id=quotas[code].id, department_id=owner.id))
    if "land" in quotas:
        for month, count in ((3, 500), (6, 1300), (9, 2200)):
            on = date(today.year, month, 25)
            db.session.add(QuotaNode(quota_id=quotas["land"].id, due_on=on, count=count))
    db.session.flush()


def _report(quota: Quota, told: Told, by: User, today: date, at: datetime) -> None:
    months = [
        month
        for month in months_of(quota.opens, quota.closes)
        if cutoff(month, quota.monthly_cutoff_day, quota.closes) < today
    ]
    if told.lacks_last:
        months = months[:-1]
    for month in months:
        on = cutoff(month, quota.monthly_cutoff_day, quota.closes)
        stated = _stated(told.whole_year, month, told)
        corrected = quota.code == CORRECTED and month == months[-1]
        if corrected:
            draft = _stated(told.whole_year * Decimal("1.03"), month, told)
            _add(quota, month, on, 1, draft, told, by, at - timedelta(hours=3), None)
        number = 2 if corrected else 1
        note = "原数含未完成出让手续的地块，已核减" if corrected else None  # 原文
        _add(quota, month, on, number, stated, told, by, at, note)


def _add(
    quota: Quota, month: date, on: date, number: int, stated: str, told: Told, by: User,
    at: datetime, note: str | None,
) -> None:  # fmt: skip
    before = _stated(told.last_year, month, told) if told.last_year else None
    name = told.owner.removeprefix("区").removesuffix("局")  # 原文
    db.session.add(
        ReportedFigure(
            quota_id=quota.id,
            month=month,
            number=number,
            value=read_figure(stated, quota.unit),
            stated_text=stated,
            as_of=on,
            document=f"天{name[:2]}报〔{month.year}〕{month.month}号",  # 原文
            last_year_value=read_figure(before, quota.unit) if before else None,
            last_year_text=before,
            note=note,
            recorded_by_id=by.id,
            recorded_at=at,
        )
    )


def _stated(whole_year: Decimal, month: date, told: Told) -> str:
    """The cumulative figure at a month's end: slow in the first quarter, as such figures are."""
    share = Decimal(month.month * month.month + 14 * month.month) / Decimal(12 * 12 + 14 * 12)
    number = (whole_year * share).quantize(Decimal(1).scaleb(-told.decimals))
    return f"{number.normalize():f}{told.unit}"
