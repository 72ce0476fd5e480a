"""Search indexes: PostgreSQL finds any two characters of a name without reading every row"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Each character and each pair of neighbours. Characters too, so that a query of one character has
# an index as well. crm.core.search.grams asks with the same pairs. A loop, because it takes a quarter
# of the time of the same in one SELECT. Its cost keeps the planner from calling it row by row, and
# RESTRICTED from starting workers for a thousand rows because of that cost.
GRAMS = """
CREATE FUNCTION search_grams(value text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 1000 AS $$
DECLARE
  characters text[] := string_to_array(value, NULL);
  found text[] := characters;
  before text;
  here text;
BEGIN
  FOREACH here IN ARRAY characters LOOP
    IF before IS NOT NULL THEN
      found := found || (before || here);
    END IF;
    before := here;
  END LOOP;
  RETURN found;
END $$
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
