"""The frame's navigation: which entries a role sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS, Role
from crm.core.guard import PUBLIC, SIGNED_IN


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
    Entry("chains.index", _l("产业链"), "sitemap", LEAD_READERS),
    Entry("quotas.index", _l("指标"), "target-arrow", LEAD_READERS),
    Entry("reminders.index", _l("提醒"), "bell", LEAD_READERS, on_phone=True),
    Entry("imports.index", _l("台账"), "file-spreadsheet", (Role.UNIT_HEAD, Role.DIRECTOR)),
    Entry("reports.index", _l("报表"), "report", LEAD_READERS),
    Entry(
        "accounts.people",
        _l("管理"),
        "settings",
        (Role.ADMINISTRATOR,),
        also=("reminders.deliveries", "reminders.calendar", "reminders.set_day"),
    ),
    Entry("history.index", _l("操作记录"), "history", (Role.ADMINISTRATOR, Role.AUDITOR)),
)
SEARCH = Entry("leads.entry", _l("搜索"), "search", LEAD_WRITERS, on_phone=True)


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
                "active": entry.endpoint.partition(".")[0] == blueprint
                or request.endpoint in entry.also,
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
            "settings": current_app.extensions["settings"],
        }
