"""The outbox: every message that is to leave the product, as a row."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision, text
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Problem


class ChannelEndpoint(Base):
    """A group robot or gateway the office has set up; for one unit, or for all of it.

    `locale` is the language of the list a group is told; messages to a person are in the person's.
    """

    __tablename__ = "channel_endpoints"

    id: Mapped[pk]
    channel: Mapped[Channel]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    url: Mapped[str] = mapped_column(String(400))
    secret: Mapped[str | None] = mapped_column(String(200))
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))
    is_on: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(String(5), default="zh", server_default="zh")
    version: Mapped[revision]


class Delivery(Base):
    """One message to one reader by one channel: planned once, whatever restarts.

    `recipient` is `user:7` or `endpoint:3`; `key` tells several of one kind and day apart. What was
    handed over is kept word for word, so that sending it again sends the same mail.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("kind", "recipient", "due_on", "key", "channel"),
        Index("ix_deliveries_state", "state", "next_try_at"),
        Index("ix_deliveries_day", "due_on", "state"),
    )

    id: Mapped[pk]
    kind: Mapped[DeliveryKind]
    channel: Mapped[Channel] = mapped_column(default=Channel.MAIL, server_default="mail")
    recipient: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80), default="", server_default="")
    person_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"), index=True)
    endpoint_id: Mapped[ref | None] = mapped_column(ForeignKey("channel_endpoints.id"))
    due_on: Mapped[date]
    expires_at: Mapped[datetime | None]  # from then on another message tells it
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # of attempts: workers that died
    attempts_before: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # of attempts: failures before a person had it sent again
    next_try_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]  # just before the server was given the message
    sent_at: Mapped[datetime | None]
    written_at: Mapped[datetime | None]  # the Date of the message below
    message_id: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(400))
    subject: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[text | None]
    html: Mapped[text | None]
    envelope: Mapped[text | None]  # sender, names, language and further headers, as JSON
    problem: Mapped[Problem | None]
    last_error: Mapped[text | None]  # in the server's own words
    instead_of_id: Mapped[ref | None] = mapped_column(
        ForeignKey("deliveries.id"), index=True
    )  # a failed one
    created_at: Mapped[created]


class Heartbeat(Base):
    """When beat and worker were last seen; an old one is shown to the administrator."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    at: Mapped[datetime]


class Lease(Base):
    """Who does a thing only one may do at a time, and until when; for two beats, for instance."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime]


class MailPace(Base):
    """How far the messages sent so far fill the road to one server (see `rules.Pace`)."""

    __tablename__ = "mail_paces"

    server: Mapped[str] = mapped_column(String(200), primary_key=True)
    free_at: Mapped[datetime]
