"""The day's list of a unit for its group robot: how much is due of what, and of which projects.

It is read by everybody in the group, so nothing of sensitive leads stands in it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.config import Settings
from crm.core.days import written_day
from crm.core.db import db, rows_of
from crm.core.letters import Links, Reader, letter, plain_letter
from crm.core.mail import Letter
from crm.core.web import mark
from crm.leads.models import Lead
from crm.outbox.models import ChannelEndpoint
from crm.outbox.rules import Channel, DeliveryKind, Problem, why_not_mail
from crm.outbox.sending import Writer, Written
from crm.outbox.services import Claim
from crm.reminders.models import Reminder
from crm.reminders.queries.inbox import waits
from crm.reminders.rules.kinds import Level, ReminderKind
from crm.reminders.wording import word

MOST_TITLES = 30
"""More than anybody reads in a group; the page shows the rest."""
MARKS = str.maketrans("\\`*_[]<>#", "＼｀＊＿［］＜＞＃")
"""What markdown would take for its own, in full width: not every messenger knows a backslash."""


@dataclass(frozen=True, slots=True)
class UnitItem:
    """One matter of a unit: what is due of which project since when, and its owner."""

    kind: ReminderKind
    title: str
    due_on: date
    owner: str | None
    lead_id: int


def unit_items(department_id: int | None, on: date) -> list[UnitItem]:
    """What waits on the unit's leads, oldest first; of the whole office where no unit is named."""
    statement = (
        select(Reminder.kind, Lead.title, Reminder.due_on, User.name, Lead.id)
        .join(Lead, Lead.id == Reminder.lead_id)
        .outerjoin(User, User.id == Lead.owner_id)
        .where(
            waits(on),
            Reminder.level == Level.OWNER,
            Reminder.kind != ReminderKind.INSTRUCTION,
            Lead.is_sensitive.is_(False),
        )
        .distinct()
        .order_by(Reminder.due_on, Lead.id, Reminder.kind)
    )
    if department_id is not None:
        statement = statement.where(Lead.department_id == department_id)
    return [UnitItem(*row) for row in rows_of(statement)]


def writers(settings: Settings) -> dict[DeliveryKind, Writer]:
    """Who writes the lists of units."""

    def written(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        return {hold.delivery_id: _written(hold, at, settings) for hold in holds}

    return {DeliveryKind.UNIT_DIGEST: written}


def _written(hold: Claim, at: datetime, settings: Settings) -> Written:
    robot = db.session.get(ChannelEndpoint, hold.endpoint_id) if hold.endpoint_id else None
    if robot is None or (not robot.is_on and hold.channel is not Channel.MAIL):
        return None
    items = unit_items(robot.department_id, hold.due_on)
    if not items:
        return None
    unit = db.session.get(Department, robot.department_id) if robot.department_id else None
    if hold.channel is Channel.MAIL:
        return _mail(hold, robot, unit, items, at, settings)
    with force_locale(robot.locale):
        subject = _subject(unit, items, hold.due_on, settings, robot.locale)
        lines = _markdown(subject, items, Links(settings.base_url))
    written = plain_letter(
        lines, Reader(robot.name, robot.name, robot.locale), settings,
        kind=hold.kind, on=hold.due_on, delivery_id=hold.delivery_id, at=at,
    )  # fmt: skip
    return replace(written, subject=subject)


def _mail(
    hold: Claim,
    robot: ChannelEndpoint,
    unit: Department | None,
    items: Sequence[UnitItem],
    at: datetime,
    settings: Settings,
) -> Written:
    user = db.session.get(User, hold.person_id) if hold.person_id else None
    if user is None:
        return Problem.INACTIVE
    problem = why_not_mail(user.email, user.is_active)
    if problem:
        return problem
    reader = Reader(user.name, user.email or "", user.locale)
    return unit_letter(robot.name, unit, items, reader, hold.due_on, at, hold.delivery_id, settings)


def unit_letter(
    robot: str,
    unit: Department | None,
    items: Sequence[UnitItem],
    reader: Reader,
    on: date,
    at: datetime,
    delivery_id: int,
    settings: Settings,
) -> Letter:
    """The list of a unit as the mail that goes in place of its robot's."""
    links, shown = Links(settings.base_url), items[:MOST_TITLES]
    with force_locale(reader.locale):
        subject = _subject(unit, items, on, settings, reader.locale)
        parts = [
            (str(word(kind)), count, [_line(each, links) for each in shown if each.kind is kind])
            for kind, count in counted(items)
        ]
    words = {
        "robot": robot,
        "preheader": shown[0].title if shown else None,
        "parts": [part for part in parts if part[2]],
        "left_out": len(items) - len(shown),
    }
    return letter(
        "unit", subject, words, reader, settings,
        kind=DeliveryKind.UNIT_DIGEST, on=on, delivery_id=delivery_id, at=at,
    )  # fmt: skip


def _line(item: UnitItem, links: Links) -> dict[str, object]:
    """One matter as the frame of the mails shows it."""
    return {
        "title": item.title,
        "href": links.to("leads.detail", lead_id=item.lead_id),
        "why": _("%(day)s起", day=item.due_on.isoformat()),
        "details": (item.owner,) if item.owner else (),
    }


def counted(items: Sequence[UnitItem]) -> list[tuple[ReminderKind, int]]:
    """How many of each kind, in the order of kinds."""
    found = Counter(each.kind for each in items)
    return [(kind, found[kind]) for kind in ReminderKind if found[kind]]


def _subject(
    unit: Department | None, items: Sequence[UnitItem], on: date, settings: Settings, locale: str
) -> str:
    is_chinese = locale.startswith("zh")
    office = settings.office_name if is_chinese else settings.office_name_en
    name = office if unit is None else unit.name if is_chinese else unit.name_en or unit.name
    return _(
        "链招：%(unit)s今日%(n)s项提醒（%(day)s）",
        unit=name, n=len(items), day=written_day(on, locale),
    )  # fmt: skip


def _markdown(subject: str, items: Sequence[UnitItem], links: Links) -> list[str]:
    """What all three messengers show: a heading, counts, lines with links."""
    colon, comma = mark("：", ": "), mark("，", ", ")
    lines = [f"**{subject.translate(MARKS)}**", ""]
    lines += [f"{word(kind)}{colon}{count}" for kind, count in counted(items)]
    lines.append("")
    for each in items[:MOST_TITLES]:
        url = links.to("leads.detail", lead_id=each.lead_id)
        said = f"{word(each.kind)}{comma}{each.due_on.isoformat()}"
        owner = f"{comma}{each.owner}" if each.owner else ""
        lines.append(f"- [{each.title.translate(MARKS)}]({url}) {said}{owner.translate(MARKS)}")
    if len(items) > MOST_TITLES:
        lines.append(_("另有%(n)s项，见系统。", n=len(items) - MOST_TITLES))
    return lines
