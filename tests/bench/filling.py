"""Rows go in by COPY or executemany, past the product."""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeAlias

import psycopg

Row: TypeAlias = tuple[Any, ...]
Table: TypeAlias = tuple[str, tuple[str, ...], Iterable[Row]]  # its name, its columns, its rows


def fill_postgres(connection: psycopg.Connection[Any], tables: Iterable[Table]) -> None:
    """COPY every table."""
    with connection.transaction():
        for table, columns, rows in tables:
            names = ", ".join(f'"{name}"' for name in columns)
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )


def fill_sqlite(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    for table, columns, rows in tables:
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",
            (tuple(map(_for_sqlite, row)) for row in rows),
        )
    connection.commit()


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value
