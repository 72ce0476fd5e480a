"""The Monday brief and the weekly roll-up as mails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from flask_babel import force_locale
from flask_babel import gettext as _

from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Role
from crm.config import Settings
from crm.core import clock
from crm.core.letters import Links, Reader, letter
from crm.core.mail import Letter
from crm.core.web import mark
from crm.dispatch.rules import Light, number_text
from crm.dispatch.wording import word
from crm.outbox.rules import Channel, DeliveryKind
from crm.outbox.sending import Writer, Written
from crm.outbox.services import Claim
from crm.reminders.queries.addressees import Addressee, people_to_write_to
from crm.reports import wording
from crm.reports.brief import Asked, Brief, QuotaLine, brief_of
from crm.reports.rules import Line, Still, Week

One = TypeVar("One")
MOST_LINES = 15
"""Lines of a part in a mail; the page shows all of them."""
READERS = {
    DeliveryKind.MONDAY_BRIEF: Role.DIRECTOR,
    DeliveryKind.WEEK_ROLL_UP: Role.DISTRICT_LEADER,
}
"""Who gets which; somebody whose role has changed meanwhile gets none."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the mail: what, where it can be opened, and what is said of it."""

    title: str
    href: str | None = None
    why: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the mail under its heading; `sorts` stand within it under headings of their own.

    `left_out`: how many lines more there are than the mail shows.
    """

    heading: str
    lines: tuple[Told, ...] = ()
    left_out: int = 0
    said: str = ""
    tone: str = "plain"
    sorts: tuple["Section", ...] = ()


def writers(settings: Settings) -> dict[DeliveryKind, Writer]:
    """Who writes the week's mails to leaders."""

    def brief(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        people = people_to_write_to([hold.person_id for hold in holds if hold.person_id])
        # Every bureau leader is told the same; its words are those of one language.
        of_bureau: dict[tuple[Week, str], Brief] = {}
        found: dict[int, Written] = {}
        for hold in holds:
            reader = people.get(hold.person_id or 0)
            actor = actor_by_id(hold.person_id or 0)
            if reader is None or actor is None or actor.role is not READERS[hold.kind]:
                found[hold.delivery_id] = reader.problem(Channel.MAIL) if reader else None
                continue
            week, today = Week.of(hold.due_on).before, clock.office_day(at)
            key = week, reader.locale
            told = of_bureau.get(key) if actor.role is Role.DIRECTOR else None
            if told is None:
                with force_locale(reader.locale):
                    told = brief_of(actor, today, week)
            if actor.role is Role.DIRECTOR:
                of_bureau[key] = told
            found[hold.delivery_id] = reader.problem(Channel.MAIL) or brief_letter(
                told, reader, hold.kind, hold.delivery_id, at, settings
            )
        return found

    return dict.fromkeys(READERS, brief)


def brief_letter(
    brief: Brief,
    reader: Addressee,
    kind: DeliveryKind,
    delivery_id: int,
    at: datetime,
    settings: Settings,
) -> Letter:
    """The mail of one leader; the roll-up leaves out who stands still and every instruction.

    `brief` is put together in the language of its reader.
    """
    is_short = kind is DeliveryKind.WEEK_ROLL_UP
    with force_locale(reader.locale):
        title = _("一周招商情况") if is_short else _("周一简报")
        week = wording.week_text(brief.week)
        subject = _("链招：%(title)s，%(week)s", title=title, week=week)
        parts = _sections(brief, Links(settings.base_url), is_short=is_short)
        words = {
            "intro": title + mark("，", ", ") + week + mark("。", "."),
            "preheader": parts[0].heading,
            "parts": parts,
            "why_sent": _("本邮件每周发给区领导，不能关闭。")
            if is_short
            else _("本邮件每周第一个工作日发给局领导，不能关闭。"),
        }
    return letter(
        "brief", subject, words, Reader(reader.name, reader.address or "", reader.locale), settings,
        kind=kind, on=brief.week.monday, delivery_id=delivery_id, at=at,
    )  # fmt: skip


def _sections(brief: Brief, links: Links, *, is_short: bool) -> tuple[Section, ...]:
    red, yellow = len(brief.red), len(brief.stalled)
    return (
        Section(
            _("一、上周交办%(n)s项，办结%(done)s项，逾期%(late)s项",
              n=len(brief.asked), done=brief.done, late=brief.late),
            *_first(() if is_short else brief.asked, partial(_asked, links=links)),
        ),
        Section(
            _("二、项目变化"),
            said=wording.head_text(brief.report),
            sorts=tuple(
                Section(
                    wording.count_text(part),
                    *_first(part.lines, partial(_changed, week=brief.week, links=links)),
                )
                for part in brief.report.parts
                if part.count
            ),
        ),
        Section(
            _("三、红灯项目%(n)s个，黄灯%(yellow)s个", n=red, yellow=yellow),
            *_first(() if is_short else brief.red, partial(_still, links=links)),
            tone="bad" if red else "plain",
        ),
        Section(
            _("四、任务进度"),
            tuple(_quota(each) for each in brief.quotas) or (Told(_("本年度还没有任务")),),
        ),
    )  # fmt: skip


def _first(items: Sequence[One], told: Callable[[One], Told]) -> tuple[tuple[Told, ...], int]:
    """The lines of the first items, and how many more there are."""
    return tuple(told(each) for each in items[:MOST_LINES]), max(len(items) - MOST_LINES, 0)


def _changed(line: Line, week: Week, links: Links) -> Told:
    href = links.to("leads.detail", lead_id=line.about.lead_id)
    return Told(line.about.title, href, wording.line_text(line, week))


def _asked(each: Asked, links: Links) -> Told:
    is_late = each.light is Light.RED
    said = [number_text(each.row.year, each.row.number), each.row.person, str(word(each.row.state))]
    if is_late:
        said.append(str(word(Light.RED)))
    href = links.to("dispatch.detail", instruction_id=each.row.id)
    return Told(each.row.matter, href, mark("，", ", ").join(said), is_late)


def _still(each: Still, links: Links) -> Told:
    said = (each.about.unit or _("未定责任单位"), wording.still_text(each))
    href = links.to("leads.detail", lead_id=each.about.lead_id)
    return Told(each.about.title, href, mark("，", ", ").join(said))


def _quota(each: QuotaLine) -> Told:
    card = each.card
    said = [card.light_words] if card.light_words else []
    said += [f"{level.label}{mark('', ' ')}{level.number}" for level in each.levels]
    return Told(card.bar_words, None, mark("，", ", ").join(said), card.light == "red")
