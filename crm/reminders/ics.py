"""A person's days as a calendar (RFC 5545): all-day events of the office, in the person's language."""

import re
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, Event

from crm.config import Settings
from crm.core.letters import Links
from crm.core.web import mark
from crm.reminders.rules.feed import FeedDay, FeedKind

MIMETYPE = "text/calendar"
ASK_AGAIN = timedelta(hours=1)
"""How often calendars are asked to look; many look less often."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""What RFC 5545 has no place for in a text."""


def written(days: Iterable[FeedDay], locale: str, settings: Settings) -> bytes:
    """The calendar file. The same days give the same bytes, so that their hash tells of a change."""
    with force_locale(locale):
        calendar = Calendar()
        calendar.add("prodid", "-//LianZhao//LianZhao//ZH")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        name = _("链招：我的日程")
        for key in ("name", "x-wr-calname"):
            calendar.add(key, name)
        calendar.add("x-wr-timezone", "Asia/Shanghai")
        calendar.add("refresh-interval", ASK_AGAIN)
        calendar["refresh-interval"].params["VALUE"] = "DURATION"
        calendar.add("x-published-ttl", "PT1H")
        links = Links(settings.base_url)
        for day in days:
            calendar.add_component(_event(day, links))
    return calendar.to_ical()


def _event(day: FeedDay, links: Links) -> Event:
    event = Event()
    event.add("uid", f"{day.uid}@{urlsplit(links.base_url).hostname}")
    event.add("dtstamp", day.made_at)
    event.add("sequence", day.version)
    event.add("dtstart", day.on)
    event.add("dtend", day.on + timedelta(days=1))
    said = _summary(day)
    if day.on_behalf_of:
        said = _("%(said)s（代%(name)s）", said=said, name=day.on_behalf_of)
    event.add("summary", _clean(said))
    url = _address(day, links)
    event.add("description", _clean("\n".join(each for each in (day.about, url) if each)))
    if url:
        event.add("url", url)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _summary(day: FeedDay) -> str:
    about = day.about or ""
    match day.kind:
        case FeedKind.NEXT_ACTION:
            return about + mark("：", ": ") + (day.words or _("下一步工作"))
        case FeedKind.EXPECTED_SIGNING:
            return _("预计签约：%(about)s", about=about)
        case FeedKind.AGREED_DATE:
            return about + mark("：", ": ") + day.words
        case FeedKind.TRIP_REPORT if about:
            return _("交外出招商报告：%(about)s", about=about)
        case FeedKind.TRIP_REPORT:
            return _("交外出招商报告（%(day)s返回）", day=day.words)
    return _("交办单%(number)s：%(matter)s", number=about, matter=day.words)


def _address(day: FeedDay, links: Links) -> str | None:
    if day.kind is FeedKind.INSTRUCTION:
        return links.to("dispatch.detail", instruction_id=day.of_id)
    return links.to("leads.detail", lead_id=day.lead_id) if day.lead_id else None


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("", text)
