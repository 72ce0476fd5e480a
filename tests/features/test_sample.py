"""The sample district loads on any day of the year, also before anything was signed in it."""

from datetime import date, timedelta

import pytest

from crm import sample
from crm.accounts.queries import actor_by_login
from crm.core import clock
from crm.core.db import transaction
from crm.quotas.services import differences
from tests.walking import followed

PAGES = (
    *("/", "/quotas/", "/quotas/breakdown", "/quotas/reported", "/recognition/", "/outlook/"),
    *("/outlook/forecast", "/closing/bridge", "/closing/periods", "/checkup/", "/checkup/settings"),
)


@pytest.mark.on("sqlite")
@pytest.mark.parametrize(("month", "day"), [(1, 1), (3, 1), (4, 20), (12, 31)])
def test_the_sample_loads_and_its_pages_answer_on_any_day(app, sign_in, monkeypatch, month, day):
    today = date(clock.today().year, month, day)
    at = clock.office_moment(today) + timedelta(hours=12)
    monkeypatch.setattr(clock, "now", lambda: at)
    with app.app_context():
        with transaction(alone=True):
            sample.load(at, today, app.extensions["settings"].attachments_dir)
        assert list(differences(today=today)) == []
        leader = actor_by_login("leader")
    client = sign_in(leader)
    assert {client.get(page).status_code for page in PAGES} == {200}


@pytest.mark.on("postgresql")
def test_every_kind_of_page_answers_on_postgresql_too(app):
    """A browser opens them on SQLite: tests/browser/test_every_page.py."""
    today = clock.today()
    with app.app_context():
        with transaction(alone=True):
            sample.load(clock.now(), today, app.extensions["settings"].attachments_dir)
        assert list(differences(today=today)) == []
    for login in ("leader", "staff", "admin"):
        assert len(followed(app, login)) > 20
