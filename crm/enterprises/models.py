"""Companies, the people in them, and the ranking lists they stand on."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.core.db import Base, created, pk, ref, revision, text, yuan
from crm.enterprises.rules import Ownership
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.rules.signals import SignalKind


class Enterprise(Base):
    """A company anywhere in the world. `uscc` is unique; foreign companies have none."""

    __tablename__ = "enterprises"
    __table_args__ = (
        CheckConstraint(
            "parent_shareholding IS NULL OR (parent_shareholding >= 0 AND parent_shareholding <= 100)",
            name="shareholding_is_percent",
        ),
    )

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str | None] = mapped_column(String(60))
    name_en: Mapped[str | None] = mapped_column(String(200))
    former_names: Mapped[text | None]  # one a line
    name_norm: Mapped[str] = mapped_column(String(120), index=True)
    name_loose: Mapped[str] = mapped_column(String(120), index=True)
    pinyin_initials: Mapped[str] = mapped_column(String(120), default="")
    search_text: Mapped[text] = mapped_column(default="")
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    ownership: Mapped[Ownership | None]
    parent_id: Mapped[ref | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    parent_shareholding: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # percent
    parent_since: Mapped[date | None]  # None: as far back as anybody knows
    industry_code: Mapped[str | None] = mapped_column(String(6))  # GB/T 4754-2017
    business_scope: Mapped[text | None]  # 经营范围 as on the licence
    address: Mapped[str | None] = mapped_column(String(200))
    region_code: Mapped[str | None] = mapped_column(String(6))
    """GB/T 2260 division of its seat, as fine as known; None: unknown."""
    legal_representative: Mapped[str | None] = mapped_column(String(60))  # the name alone
    note: Mapped[text | None]
    created_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]

    parent: Mapped["Enterprise | None"] = relationship(lazy="raise", remote_side="Enterprise.id")


class ExpansionSignal(Base):
    """A dated sign that a company is about to invest (扩产信号), with where it was read.

    A withdrawn one stays for the record and weighs nothing. `amount_yuan` is what the source names.
    """

    __tablename__ = "expansion_signals"
    __table_args__ = (
        Index("ix_expansion_signals_enterprise", "enterprise_id", "happened_on"),
        Index("ix_expansion_signals_day", "happened_on", "id"),
        Index(
            "uq_expansion_signals_once",
            "enterprise_id",
            "kind",
            "happened_on",
            "source",
            unique=True,
            sqlite_where=sql("withdrawn_at IS NULL"),
            postgresql_where=sql("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"))
    kind: Mapped[SignalKind]
    happened_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(200))
    note: Mapped[text | None]
    amount_yuan: Mapped[yuan | None]
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[revision]


class FormerHolding(Base):
    """Who held a company before: projects signed then are judged by it still."""

    __tablename__ = "former_holdings"
    __table_args__ = (
        CheckConstraint(
            "parent_shareholding IS NULL OR (parent_shareholding > 0 AND parent_shareholding <= 100)",
            name="shareholding_is_percent",
        ),
        CheckConstraint("from_on IS NULL OR from_on < until_on", name="ends_after_it_began"),
        UniqueConstraint("enterprise_id", "until_on"),
        Index("ix_former_holdings_parent", "parent_id"),
    )

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"))
    parent_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"))
    parent_shareholding: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # percent
    from_on: Mapped[date | None]
    until_on: Mapped[date]  # the first day on which it held no more
    recorded_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[created]


class Contact(Base):
    """A person at a company. The phone is shown masked; each reveal is logged."""

    __tablename__ = "contacts"

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[str | None] = mapped_column(String(60))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[text | None]
    created_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]


class RankingList(Base):
    """A published ranking (榜单), for example Fortune Global 500."""

    __tablename__ = "ranking_lists"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str | None] = mapped_column(String(120))
    publisher: Mapped[str | None] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)


class RankingEdition(Base):
    """One year's issue of a ranking; membership is judged by its day of publication."""

    __tablename__ = "ranking_editions"
    __table_args__ = (UniqueConstraint("list_id", "year"),)

    id: Mapped[pk]
    list_id: Mapped[ref] = mapped_column(ForeignKey("ranking_lists.id"))
    year: Mapped[int]
    published_on: Mapped[date]
    document: Mapped[str | None] = mapped_column(String(200))
    revenue_unit: Mapped[str | None] = mapped_column(String(20))  # as the list prints it: 百万美元
    source_file: Mapped[str | None] = mapped_column(String(200))
    imported_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[datetime | None]

    ranking_list: Mapped[RankingList] = relationship(lazy="raise")


class RankingRow(Base):
    """A company as an edition prints it, whether it is one of ours or not.

    `previous_id` is the same company's row on the edition before; `is_renamed` says that the two
    print it otherwise.
    """

    __tablename__ = "ranking_rows"
    __table_args__ = (
        UniqueConstraint("edition_id", "position"),
        Index("ix_ranking_rows_previous", "previous_id"),
    )

    id: Mapped[pk]
    edition_id: Mapped[ref] = mapped_column(ForeignKey("ranking_editions.id"))
    position: Mapped[int]  # in the file, from 1; ranks may be shared or missing
    rank: Mapped[int | None]
    name_zh: Mapped[str | None] = mapped_column(String(120))
    name_en: Mapped[str | None] = mapped_column(String(200))
    country: Mapped[str | None] = mapped_column(String(60))
    revenue: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))  # in the edition's revenue_unit
    uscc: Mapped[str | None] = mapped_column(String(18))
    parent_key: Mapped[str | None] = mapped_column(String(120))  # the group as printed
    previous_id: Mapped[ref | None] = mapped_column(ForeignKey("ranking_rows.id"))
    is_renamed: Mapped[bool] = mapped_column(default=False)


class RankingProposal(Base):
    """One of our companies that a printed row may be; rejected ones stay, so they do not come back."""

    __tablename__ = "ranking_proposals"
    __table_args__ = (
        UniqueConstraint("row_id", "enterprise_id"),
        Index("ix_ranking_proposals_enterprise", "enterprise_id"),
    )

    id: Mapped[pk]
    row_id: Mapped[ref] = mapped_column(ForeignKey("ranking_rows.id"))
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"))
    basis: Mapped[Basis]
    score: Mapped[int]
    rejected_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    rejected_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))


class RankingEntry(Base):
    """A company on an edition, matched and confirmed by a person, with the paper that proves it."""

    __tablename__ = "ranking_entries"
    __table_args__ = (
        UniqueConstraint("edition_id", "enterprise_id"),
        UniqueConstraint("row_id"),
        Index("ix_ranking_entries_enterprise", "enterprise_id"),
    )

    id: Mapped[pk]
    edition_id: Mapped[ref] = mapped_column(ForeignKey("ranking_editions.id"))
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"))
    row_id: Mapped[ref | None] = mapped_column(ForeignKey("ranking_rows.id"))
    """The printed row; none where an edition was registered without its rows."""
    rank: Mapped[int | None]
    name_on_list: Mapped[str | None] = mapped_column(String(120))
    document: Mapped[str] = mapped_column(String(200))
    confirmed_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime]

    edition: Mapped[RankingEdition] = relationship(lazy="raise")
