"""Search pairs are compared as bytes"""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

# Nobody reads pairs of characters in order, and to compare them by the rules of a language was a fifth of
# what the index costs wherever a project or company is written.
BYTES = ' COLLATE "C"'
TABLES = ("leads", "enterprises")


def upgrade() -> None:
    _index_again(BYTES)


def downgrade() -> None:
    _index_again("")


def _index_again(order: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"DROP INDEX search_{table}")
        op.execute(
            f"CREATE INDEX search_{table} ON {table} USING gin (search_grams(search_text{order}))"
        )
