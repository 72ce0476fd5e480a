"""Chains as trees with groups, links, firms, needs; settings of coverage and dismissed targets"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coverage_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_settings")),
    )
    op.create_table(
        "chain_groups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=True),
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("leader_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["chains.id"], name=op.f("fk_chain_groups_chain_id_chains")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_chain_groups_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["users.id"], name=op.f("fk_chain_groups_leader_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_groups")),
        sa.UniqueConstraint("code", name=op.f("uq_chain_groups_code")),
        sa.UniqueConstraint("name", name=op.f("uq_chain_groups_name")),
    )
    with op.batch_alter_table("chain_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_groups_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_groups_leader_id"), ["leader_id"], unique=False)

    op.create_table(
        "anchor_needs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "enterprise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "segment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum("supply", "customer", "partner", name="needkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column(
            "partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("partner_name", sa.String(length=120), nullable=True),
        sa.Column("amount_yuan", sa.BigInteger(), nullable=True),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "amount_yuan IS NULL OR amount_yuan >= 0",
            name=op.f("ck_anchor_needs_amount_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_anchor_needs_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_anchor_needs_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["enterprises.id"], name=op.f("fk_anchor_needs_partner_id_enterprises")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_anchor_needs_segment_id_segments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchor_needs")),
    )
    with op.batch_alter_table("anchor_needs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_anchor_needs_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_anchor_needs_partner_id"), ["partner_id"], unique=False
        )
        batch_op.create_index("ix_anchor_needs_segment", ["segment_id", "met_on"], unique=False)

    op.create_table(
        "presences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "enterprise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "segment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "role",
            sa.Enum(
                "anchor",
                "supplier",
                "research",
                "service",
                name="presencerole",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "strength",
            sa.Enum("weak", "medium", "strong", name="strength", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("output_yuan", sa.BigInteger(), nullable=True),
        sa.Column("output_year", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.String(length=300), nullable=True),
        sa.Column("zone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column(
            "checked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "output_yuan IS NULL OR output_yuan >= 0", name=op.f("ck_presences_output_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["users.id"], name=op.f("fk_presences_checked_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_presences_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_presences_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_presences_segment_id_segments")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_presences_zone_id_zones")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presences")),
    )
    with op.batch_alter_table("presences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_presences_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_index("ix_presences_segment", ["segment_id", "ended_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_presences_zone_id"), ["zone_id"], unique=False)
        batch_op.create_index(
            "uq_presences_standing",
            ["enterprise_id", "segment_id"],
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        )

    op.create_table(
        "segment_fits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "enterprise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "segment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "basis",
            sa.Enum(
                "example",
                "keyword",
                "industry_code",
                "both",
                "person",
                name="fitbasis",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "suggested", "confirmed", "rejected", name="fitstate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("matched", sa.JSON(), nullable=True),
        sa.Column(
            "decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("decided_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_segment_fits_score_in_range")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_segment_fits_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_segment_fits_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_segment_fits_segment_id_segments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_fits")),
        sa.UniqueConstraint(
            "enterprise_id", "segment_id", name=op.f("uq_segment_fits_enterprise_id_segment_id")
        ),
    )
    with op.batch_alter_table("segment_fits", schema=None) as batch_op:
        batch_op.create_index(
            "ix_segment_fits_segment",
            ["segment_id", "state", "score", "enterprise_id"],
            unique=False,
        )

    op.create_table(
        "segment_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product", sa.String(length=120), nullable=True),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_segment_links_leads_elsewhere")),
        sa.ForeignKeyConstraint(
            ["from_id"], ["segments.id"], name=op.f("fk_segment_links_from_id_segments")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["segments.id"], name=op.f("fk_segment_links_to_id_segments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_links")),
        sa.UniqueConstraint("from_id", "to_id", name=op.f("uq_segment_links_from_id_to_id")),
    )
    with op.batch_alter_table("segment_links", schema=None) as batch_op:
        batch_op.create_index("ix_segment_links_to", ["to_id"], unique=False)

    op.create_table(
        "target_dismissals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "enterprise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "segment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_target_dismissals_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_target_dismissals_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_target_dismissals_segment_id_segments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_dismissals")),
    )
    with op.batch_alter_table("target_dismissals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_target_dismissals_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_index(
            "ix_target_dismissals_segment", ["segment_id", "until_on"], unique=False
        )

    with op.batch_alter_table("chains", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("confirmed_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "confirmed_by_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("retired_on", sa.Date(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_chains_confirmed_by_id_users"), "users", ["confirmed_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_chains_department_id_departments"),
            "departments",
            ["department_id"],
            ["id"],
        )

    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "layout",
                sa.Enum(
                    "focus", "external", "none", name="segmentlayout", native_enum=False, length=32
                ),
                nullable=False,
                server_default="focus",
            )
        )
        batch_op.add_column(
            sa.Column("is_key", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("weight", sa.Integer(), nullable=False, server_default="3"))
        batch_op.add_column(sa.Column("keywords", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("industry_codes", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("retired_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "merged_into_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.create_index(batch_op.f("ix_segments_group_id"), ["group_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_segments_merged_into_id"), ["merged_into_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_segments_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_segments_group_id_chain_groups"), "chain_groups", ["group_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_segments_merged_into_id_segments"),
            "segments",
            ["merged_into_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_segments_parent_id_segments"), "segments", ["parent_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_segments_weight_in_range"), "weight BETWEEN 1 AND 5"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_segments_not_its_own_parent"), "parent_id IS NULL OR parent_id <> id"
        )
    with op.batch_alter_table("segments", schema=None) as batch_op:
        for name in ("layout", "is_key", "weight", "version"):
            batch_op.alter_column(name, server_default=None)
    _groups_as_rows()
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.drop_column("group_name")


def _groups_as_rows() -> None:
    """Each name that stood at segments becomes a group of their chain."""
    bind = op.get_bind()
    names = bind.execute(
        sa.text(
            "SELECT group_name, min(chain_id) FROM segments WHERE group_name IS NOT NULL"
            " GROUP BY group_name ORDER BY min(chain_id), min(id)"
        )
    ).all()
    for place, (name, chain_id) in enumerate(names, 1):
        bind.execute(
            sa.text(
                "INSERT INTO chain_groups (code, name, chain_id, position, version)"
                " VALUES (:code, :name, :chain_id, :place, 1)"
            ),
            {"code": f"G{place}", "name": name, "chain_id": chain_id, "place": place},
        )
    bind.execute(
        sa.text(
            "UPDATE segments SET group_id ="
            " (SELECT id FROM chain_groups WHERE chain_groups.name = segments.group_name)"
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_name", sa.String(length=60), nullable=True))
    op.execute(
        "UPDATE segments SET group_name ="
        " (SELECT name FROM chain_groups WHERE chain_groups.id = segments.group_id)"
    )
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_segments_weight_in_range"), type_="check")
        batch_op.drop_constraint(op.f("ck_segments_not_its_own_parent"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_segments_parent_id_segments"), type_="foreignkey")
        batch_op.drop_constraint(
            batch_op.f("fk_segments_merged_into_id_segments"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_segments_group_id_chain_groups"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_segments_parent_id"))
        batch_op.drop_index(batch_op.f("ix_segments_merged_into_id"))
        batch_op.drop_index(batch_op.f("ix_segments_group_id"))
        batch_op.drop_column("version")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("retired_on")
        batch_op.drop_column("industry_codes")
        batch_op.drop_column("keywords")
        batch_op.drop_column("weight")
        batch_op.drop_column("is_key")
        batch_op.drop_column("layout")
        batch_op.drop_column("group_id")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("target_dismissals", schema=None) as batch_op:
        batch_op.drop_index("ix_target_dismissals_segment")
        batch_op.drop_index(batch_op.f("ix_target_dismissals_enterprise_id"))

    op.drop_table("target_dismissals")
    with op.batch_alter_table("segment_links", schema=None) as batch_op:
        batch_op.drop_index("ix_segment_links_to")

    op.drop_table("segment_links")
    with op.batch_alter_table("segment_fits", schema=None) as batch_op:
        batch_op.drop_index("ix_segment_fits_segment")

    op.drop_table("segment_fits")
    with op.batch_alter_table("presences", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_presences_standing",
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_presences_zone_id"))
        batch_op.drop_index("ix_presences_segment")
        batch_op.drop_index(batch_op.f("ix_presences_enterprise_id"))

    op.drop_table("presences")
    with op.batch_alter_table("anchor_needs", schema=None) as batch_op:
        batch_op.drop_index("ix_anchor_needs_segment")
        batch_op.drop_index(batch_op.f("ix_anchor_needs_partner_id"))
        batch_op.drop_index(batch_op.f("ix_anchor_needs_enterprise_id"))

    op.drop_table("anchor_needs")
    with op.batch_alter_table("chain_groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_groups_leader_id"))
        batch_op.drop_index(batch_op.f("ix_chain_groups_chain_id"))

    op.drop_table("chain_groups")
    op.drop_table("coverage_settings")
    with op.batch_alter_table("chains", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_chains_department_id_departments"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("fk_chains_confirmed_by_id_users"), type_="foreignkey")
        batch_op.drop_column("retired_on")
        batch_op.drop_column("confirmed_by_id")
        batch_op.drop_column("confirmed_on")
        batch_op.drop_column("department_id")
