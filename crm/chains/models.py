"""Industrial chains (产业链), future tracks (未来赛道) and their segments (环节)."""

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.chains.rules import ChainKind, Tier
from crm.core.db import Base, pk, ref, revision, text


class Chain(Base):
    __tablename__ = "chains"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[ChainKind] = mapped_column(default=ChainKind.CHAIN)
    anchor: Mapped[text | None]
    leader_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))  # 链长
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[revision]


class Segment(Base):
    __tablename__ = "segments"

    id: Mapped[pk]
    chain_id: Mapped[ref] = mapped_column(ForeignKey("chains.id"), index=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))  # without the [group] suffix of the taxonomy
    name_en: Mapped[str | None] = mapped_column(String(120))
    tier: Mapped[Tier | None]
    group_name: Mapped[str | None] = mapped_column(String(60))  # the official chain group, if any
    examples: Mapped[list[str] | None] = mapped_column(JSON)
    position: Mapped[int] = mapped_column(default=0)
