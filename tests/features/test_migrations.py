"""Migrations run down and up again on a database that holds data."""

from sqlalchemy import func, select

from crm import sample
from crm.chains.models import Segment
from crm.core import clock, migrations
from crm.core.db import db, transaction


def test_migrations_go_down_and_up_again_with_the_sample_district(app, database):
    database.spoil()
    with app.app_context():
        with transaction(alone=True):
            sample.load(clock.now(), clock.today(), app.extensions["settings"].attachments_dir)
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
