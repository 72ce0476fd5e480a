"""Rows a test needs, past the services."""

from flask import Flask

from crm.core.db import Base, transaction


def saved(app: Flask, row: Base) -> int:
    """The row, saved in a transaction of its own; its id."""
    with app.app_context(), transaction() as session:
        session.add(row)
        session.flush()
        return int(row.id)  # type: ignore[attr-defined]
