"""The frame's navigation: which entries a role sees."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_login import current_user

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Role
from crm.core import clock
from crm.core.guard import PUBLIC, SIGNED_IN
from crm.outbox.rules import is_silent


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: where it leads, its words, its icon and who sees it."""

    endpoint: str
    label: Any
    icon: str
    roles: tuple[Role, ...]
    on_phone: bool = False
    also: tuple[str, ...] = ()  # further endpoints it stands for


ENTRIES = (
    Entry(
        "dashboard.home",
        _l("工作台"),
        "home",
        (*LEAD_READERS, Role.ADMINISTRATOR),
        on_phone=True,
    ),
    Entry("leads.index", _l("项目库"), "briefcase", LEAD_READERS),
    Entry("enterprises.index", _l("企业"), "building", LEAD_READERS),
    Entry("chains.index", lazy_pgettext("list", "产业链"), "sitemap", LEAD_READERS),
    Entry("quotas.index", _l("指标"), "target-arrow", LEAD_READERS),
    Entry("reminders.index", _l("提醒"), "bell", LEAD_READERS, on_phone=True),
    Entry("dispatch.index", _l("交办单"), "send", LEAD_READERS),
    Entry("imports.index", _l("台账"), "file-spreadsheet", (Role.UNIT_HEAD, Role.DIRECTOR)),
    Entry("reports.index", _l("报表"), "report", LEAD_READERS),
    Entry(
        "accounts.people",
        _l("管理"),
        "settings",
        (Role.ADMINISTRATOR,),
        also=(
            *("channels.index", "channels.endpoint"),
            *("outbox.index", "calendar.index", "calendar.set_day", "quotas.ranking"),
            *("reminders.settings", "reminders.setting", "reminders.particular"),
            *("reminders.new_particular", "reminders.remove_particular", "reminders.as_begun"),
            *("reminders.arranged", "reminders.absence"),
        ),
    ),
    Entry("history.index", _l("操作记录"), "history", (Role.ADMINISTRATOR, Role.AUDITOR)),
)
# The pages beside each other under one entry; those that a role may not open are left out.
SECTIONS: dict[str, tuple[tuple[str, Any], ...]] = {
    "dispatch.index": (
        ("dispatch.index", _l("交办单")),
        ("dispatch.meetings", _l("调度会")),
        ("dispatch.brief", _l("周一简报")),
    ),
    "enterprises.index": (
        ("enterprises.index", _l("企业")),
        ("enterprises.rankings", lazy_pgettext("list", "榜单")),
        ("enterprises.signals", lazy_pgettext("list", "扩产信号")),
    ),
    "chains.index": (
        ("chains.index", lazy_pgettext("list", "产业链")),
        ("chains.firms", _l("本地企业")),
        ("chains.anchors", _l("以商招商")),
        ("chains.fits", _l("归链建议")),
        ("chains.groups", lazy_pgettext("list", "链群")),
        ("coverage.progress", _l("链上成效")),
    ),
    "quotas.index": (
        ("quotas.index", _l("看板")),
        ("recognition.index", _l("认定")),
        ("outlook.index", _l("三本账")),
        ("outlook.forecast", _l("预测")),
        ("quotas.breakdown", _l("分解")),
        ("closing.bridge", _l("数字对账")),
        ("quotas.reported", _l("部门报数")),
        ("quotas.criteria", _l("认定口径")),
        ("checkup.index", _l("水分体检")),
    ),
}
SEARCH = Entry("leads.entry", _l("搜索"), "search", LEAD_WRITERS, on_phone=True)


def blueprint_of(endpoint: str) -> str:
    return endpoint.partition(".")[0]


def section_tabs(entry: str) -> list[dict[str, Any]]:
    """The tabs of an entry's sections for the signed-in person; none where only one is open."""
    sections = SECTIONS.get(entry, ())
    found = [
        {"label": label, "href": url_for(endpoint), "active": _is_open(endpoint, sections)}
        for endpoint, label in sections
        if may_use(endpoint)
    ]
    return found if len(found) > 1 else []


def _is_open(endpoint: str, sections: Iterable[tuple[str, Any]]) -> bool:
    """Whether this section is shown: itself, or a page of its blueprint that has no other section."""
    if request.endpoint in {each for each, _ in sections}:
        return endpoint == request.endpoint
    blueprints = [blueprint_of(each) for each, _ in sections]
    return request.blueprint == blueprint_of(endpoint) and blueprints.count(request.blueprint) == 1


def entries() -> Iterator[dict[str, Any]]:
    """The entries of the signed-in person, with `active` for the page shown."""
    role = getattr(current_user, "role", None)
    blueprint = request.blueprint
    for entry in ENTRIES:
        if role in entry.roles and entry.endpoint in current_app.view_functions:
            yield {
                "endpoint": entry.endpoint,
                "label": entry.label,
                "icon": entry.icon,
                "on_phone": entry.on_phone,
                "active": blueprint in _blueprints(entry) or request.endpoint in entry.also,
            }


def _blueprints(entry: Entry) -> set[str]:
    sections = SECTIONS.get(entry.endpoint, ())
    return {
        blueprint_of(endpoint) for endpoint in (entry.endpoint, *(each for each, _ in sections))
    }


def may_use(endpoint: str) -> bool:
    """Whether there is such a page and the signed-in person's role may open it."""
    view = current_app.view_functions.get(endpoint)
    allowed = getattr(view, "allowed_roles", frozenset())
    role = getattr(current_user, "role", None)
    return PUBLIC in allowed or (role is not None and bool(allowed & {SIGNED_IN, role}))


def register(app: Flask) -> None:
    @app.context_processor
    def _navigation() -> dict[str, Any]:
        signed_in = bool(current_user and current_user.is_authenticated)
        return {
            "navigation": list(entries()) if signed_in else [],
            "may_use": may_use,
            "section_tabs": section_tabs,
            "inbox_count": g.get("unread", 0) if signed_in else 0,
            "worker_is_silent": (
                signed_in
                and current_user.role is Role.ADMINISTRATOR
                and "last_sign_at" in g
                and is_silent(g.last_sign_at, clock.now())
            ),
            "settings": current_app.extensions["settings"],
        }
