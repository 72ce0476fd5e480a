"""The office's robots and gateways: kept, tried, switched off. Services never commit, doors do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.core.db import db, rows_of
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.history import services as history
from crm.outbox.models import ChannelEndpoint
from crm.outbox.robots import Endpoint
from crm.outbox.rules import PERSONAL, Channel

ROBOTS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)


@dataclass(frozen=True, slots=True)
class EndpointEntry:
    """What the page sends; `url` and `secret` None: as they were, for they are never shown."""

    channel: Channel
    name: str
    url: str | None
    secret: str | None
    department_id: int | None
    is_on: bool
    locale: str = "zh"


def endpoints() -> list[Row[Any]]:
    """Every endpoint with the name of its unit, in the order of their names."""
    statement = (
        select(ChannelEndpoint, Department.name.label("department"))
        .outerjoin(Department, Department.id == ChannelEndpoint.department_id)
        .order_by(ChannelEndpoint.name)
    )
    return list(db.session.execute(statement).all())


def endpoint_of(endpoint_id: int) -> ChannelEndpoint:
    """Raises NotFound."""
    row = db.session.get(ChannelEndpoint, endpoint_id)
    if row is None:
        raise NotFound
    return row


def gateways() -> dict[Channel, int]:
    """The gateways that carry messages to one person and are in use, by channel."""
    asked = (
        select(ChannelEndpoint.channel, ChannelEndpoint.id)
        .where(ChannelEndpoint.is_on, ChannelEndpoint.channel.in_(PERSONAL))
        .order_by(ChannelEndpoint.id.desc())
    )
    return dict(rows_of(asked).all())


def reached(endpoint_id: int | None) -> Endpoint | None:
    """Where its messages go; None for one that is switched off or gone."""
    asked = select(ChannelEndpoint.channel, ChannelEndpoint.url, ChannelEndpoint.secret).where(
        ChannelEndpoint.id == endpoint_id, ChannelEndpoint.is_on
    )
    row = rows_of(asked).one_or_none()
    return None if row is None else Endpoint(*row)


def host_of(url: str) -> str:
    """What may be shown of an address: its host; the rest holds the key."""
    return urlsplit(url).hostname or ""


def save_endpoint(
    actor: Actor, endpoint_id: int | None, entry: EndpointEntry, version: int | None, at: datetime
) -> ChannelEndpoint:
    """Add or change an endpoint. Raises NotFound, Refused, Stale."""
    row = db.session.scalar(
        select(ChannelEndpoint).where(ChannelEndpoint.id == endpoint_id).with_for_update()
    )
    if endpoint_id and row is None:
        raise NotFound
    if row is not None and row.version != version:
        raise Stale(row)
    if row is None and not entry.url:
        raise Refused([Fault("url", "required", _l("请填写地址"))])
    if entry.url and entry.channel in ROBOTS and urlsplit(entry.url).scheme != "https":
        raise Refused([Fault("url", "not_https", _l("群机器人的地址以https://开头"))])
    if entry.channel in PERSONAL:
        _check_gateway(entry, endpoint_id)
    before = _told(row) if row is not None else {}
    is_new = row is None
    row = row or ChannelEndpoint(channel=entry.channel, name=entry.name, url=entry.url or "")
    row.channel, row.name = entry.channel, entry.name
    row.department_id, row.is_on, row.locale = entry.department_id, entry.is_on, entry.locale
    changed = []
    for name, value in (("url", entry.url), ("secret", entry.secret)):
        if value is not None and value != (None if is_new else getattr(row, name)):
            setattr(row, name, value)
            changed.append(name)
    if not is_new:
        row.version += 1
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise Refused([Fault("name", "taken", _l("已有同名的渠道"))]) from None
    after = _told(row) | ({"credentials": ", ".join(changed)} if changed else {})
    history.record(
        actor, at, "channel_added" if is_new else "channel_changed", row,
        before={k: v for k, v in before.items() if after.get(k) != v},
        after={k: v for k, v in after.items() if before.get(k) != v},
    )  # fmt: skip
    return row


def _check_gateway(entry: EndpointEntry, endpoint_id: int | None) -> None:
    """A gateway to people serves the whole office, one of a kind at a time. Raises Refused."""
    if entry.department_id is not None:
        raise Refused([Fault("department_id", "of_all", _l("发给个人的网关供全局使用，不选单位"))])
    others = select(ChannelEndpoint.name).where(
        ChannelEndpoint.channel == entry.channel,
        ChannelEndpoint.is_on,
        ChannelEndpoint.id != (endpoint_id or 0),
    )
    other = db.session.scalar(others.limit(1)) if entry.is_on else None
    if other is not None:
        said = _l("同类网关只启用一个，请先停用“%(name)s”", name=other)
        raise Refused([Fault("is_on", "one_in_use", said)])


def note_trial(actor: Actor, row: ChannelEndpoint, at: datetime) -> None:
    """Note that a test message was sent."""
    history.record(actor, at, "channel_tried", row)


def _told(row: ChannelEndpoint) -> dict[str, Any]:
    """What the audit trail may know: no secret, and of the address only the host."""
    return {
        "channel": row.channel,
        "name": row.name,
        "department_id": row.department_id,
        "is_on": row.is_on,
        "locale": row.locale,
        "host": host_of(row.url),
    }
