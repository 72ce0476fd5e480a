"""Search indexes: PostgreSQL finds any two characters of a name without reading every row"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Each character and each pair of neighbours, once. Characters too, so that a query of one
# character has an index as well. crm.core.search.grams asks with the same pairs.
GRAMS = """
CREATE FUNCTION search_grams(value text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT gram) FROM (
    SELECT one FROM unnest(string_to_array(value, NULL)) AS one
    UNION ALL
    SELECT one || lead(one) OVER (ORDER BY place)
    FROM unnest(string_to_array(value, NULL)) WITH ORDINALITY AS characters (one, place)
  ) AS pieces (gram) WHERE gram IS NOT NULL
$$
"""
TABLES = ("leads", "enterprises")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(GRAMS)
    for table in TABLES:
        op.execute(f"CREATE INDEX search_{table} ON {table} USING gin (search_grams(search_text))")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"DROP INDEX search_{table}")
    op.execute("DROP FUNCTION search_grams(text)")
