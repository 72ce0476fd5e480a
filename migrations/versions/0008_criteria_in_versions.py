"""Criteria in versions: every quota's present criteria become its version 1"""

import sqlalchemy as sa
from alembic import op

import crm.core.db
from crm.core import clock


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

VERSIONS = sa.table(
    "criteria_versions",
    sa.column("quota_id", sa.BigInteger),
    sa.column("number", sa.Integer),
    sa.column("criteria", sa.JSON),
    sa.column("event", sa.String),
    sa.column("started_at", crm.core.db.UTCDateTime()),
    sa.column("published_at", crm.core.db.UTCDateTime()),
    sa.column("in_force_from", sa.Date),
    sa.column("document_number", sa.String),
    sa.column("version", sa.Integer),
)
QUOTAS = sa.table(
    "quotas",
    sa.column("id", sa.BigInteger),
    sa.column("criteria", sa.JSON),
    sa.column("event", sa.String),
    sa.column("opens", sa.Date),
    sa.column("is_example", sa.Boolean),
)


def upgrade() -> None:
    op.create_table(
        "criteria_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=True),
        sa.Column("started_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "started_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("published_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column(
            "published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("document_number", sa.String(length=100), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["users.id"],
            name=op.f("fk_criteria_versions_published_by_id_users"),
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_criteria_versions_quota_id_quotas")
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["users.id"], name=op.f("fk_criteria_versions_started_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_versions")),
        sa.UniqueConstraint(
            "quota_id", "in_force_from", name=op.f("uq_criteria_versions_quota_id_in_force_from")
        ),
        sa.UniqueConstraint(
            "quota_id", "number", name=op.f("uq_criteria_versions_quota_id_number")
        ),
    )
    _copy_present_criteria()


def _copy_present_criteria() -> None:
    bind, now = op.get_bind(), clock.now()
    rows = [
        {
            "quota_id": quota.id,
            "number": 1,
            "criteria": quota.criteria,
            "event": quota.event,
            "started_at": now,
            "published_at": now,
            "in_force_from": quota.opens,
            "document_number": "示例" if quota.is_example else None,
            "version": 1,
        }
        for quota in bind.execute(sa.select(QUOTAS))
        if quota.criteria is not None
    ]
    if rows:
        bind.execute(sa.insert(VERSIONS), rows)


def downgrade() -> None:
    op.drop_table("criteria_versions")
