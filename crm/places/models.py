"""Where things stand: cluster areas (组团), their carriers (载体), street offices (街道)."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, pk, ref


class Zone(Base):
    """A cluster area (组团)."""

    __tablename__ = "zones"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str | None] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)


class Carrier(Base):
    """A park, building or site of a cluster area (载体)."""

    __tablename__ = "carriers"

    id: Mapped[pk]
    zone_id: Mapped[ref | None] = mapped_column(ForeignKey("zones.id"), index=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    position: Mapped[int] = mapped_column(default=0)


class Street(Base):
    """A street office (街道) by its administrative code."""

    __tablename__ = "streets"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
