"""Migrations run down and up again on a database that holds data."""

from sqlalchemy import func, select

from crm.chains.models import Segment
from crm.core import migrations
from crm.core.db import db


def test_migrations_go_down_and_up_again_with_data(app, database):
    database.spoil()
    with app.app_context():
        count = select(func.count()).select_from(Segment)
        before = db.session.scalar(count)
        db.session.remove()
        migrations.downgrade(db.engine, "0001")
        migrations.upgrade(db.engine)
        assert db.session.scalar(count) == before > 0
        db.session.remove()
        migrations.downgrade(db.engine, "base")
        assert migrations.current(db.engine) is None
        migrations.upgrade(db.engine)
        assert migrations.current(db.engine) == migrations.head()
        assert migrations.differences(db.engine) == []
