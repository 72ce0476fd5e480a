"""A form filled from a record says which version it was opened at, or nothing is saved."""

import importlib
import pkgutil

import pytest
from flask import Flask
from flask_babel import Babel
from wtforms.fields.core import UnboundField

import crm
from crm.accounts.models import Department, User
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import Unversioned
from crm.core.fields import SeenVersion
from crm.core.forms import BaseForm
from crm.enterprises.models import Contact, Enterprise
from crm.reminders.models import Absence, Reminder
from crm.reminders.rules import ReminderKind, ReminderState
from tests.leads import opened

for module in pkgutil.walk_packages(crm.__path__, "crm."):
    if ".forms" in module.name or ".views" in module.name:
        importlib.import_module(module.name)


def _forms(base=BaseForm):
    for kind in base.__subclasses__():
        yield kind
        yield from _forms(kind)


GUARDED = [
    kind
    for kind in dict.fromkeys(_forms())
    if isinstance(getattr(kind, "version", None), UnboundField)
    and issubclass(kind.version.field_class, SeenVersion)
]


@pytest.fixture(scope="module")
def requests():
    """Requests in which a form may be read, without a database behind."""
    app = Flask("forms")
    Babel(app)
    app.config |= {"SECRET_KEY": "forms", "WTF_CSRF_ENABLED": False}
    return app.test_request_context


def test_the_forms_are_found():
    names = {kind.__name__ for kind in GUARDED}
    assert {"PersonForm", "EnterpriseForm", "StepForm", "DoneForm", "PublishForm"} <= names
    assert len(GUARDED) > 20


@pytest.mark.parametrize("kind", GUARDED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_form_of_a_record_passes_without_its_version(requests, kind):
    """A field that is not sent keeps what the form was filled with: the version of this moment."""
    with requests("/", method="POST", data={"anything": "1"}), pytest.raises(Unversioned):
        kind(data={"version": 3}).validate()
    # Opened when there was no record: older than any there is now. Anything else is no version.
    for sent, read in (("2", 2), ("", 0), ("abc", None)):
        with requests("/", method="POST", data={"version": sent}):
            form = kind(data={"version": 3})
            assert form.version.data == read
            assert read is not None or form.version.process_errors


# --- at the doors ---


@pytest.fixture
def doors(app, person, sign_in):
    """(browser, address, what is sent, the record) by name."""
    admin, staff = sign_in("administrator"), person("staff", "药山街道", name="王芳")
    away = person("staff", "药山街道", name="李娜")
    client = sign_in(staff)
    today = clock.today()
    with app.app_context(), transaction() as session:
        unit = session.query(Department).filter_by(name="药山街道").one().id
        company = Enterprise(
            name="甲公司", name_norm="甲公司", name_loose="甲", created_by_id=staff.id
        )
        session.add(company)
        session.flush()
        contact = Contact(enterprise_id=company.id, name="周总", created_by_id=staff.id)
        absence = Absence(user_id=staff.id, delegate_id=away.id, starts_on=today, ends_on=today)
        reminder = Reminder(
            kind=ReminderKind.QUOTA_BEHIND, subject="quota:1", step="2026-11", due_on=today,
            person_id=staff.id, planned_on=today,
        )  # fmt: skip
        session.add_all([contact, absence, reminder])
        session.flush()
        ids = company.id, contact.id, absence.id, reminder.id
    of_company = f"/enterprises/{ids[0]}"
    return {
        "person": (admin, f"/people/{staff.id}", None, (User, staff.id)),
        "unit": (admin, f"/departments/{unit}", None, (Department, unit)),
        "contact": (client, f"{of_company}/contacts/{ids[1]}", None, (Contact, ids[1])),
        "contact removed": (
            client, f"{of_company}/contacts/{ids[1]}/remove", {}, (Contact, ids[1]),
        ),
        "absence ended": (client, f"/reminders/absences/{ids[2]}/end", {}, (Absence, ids[2])),
        "reminder done": (client, f"/reminders/{ids[3]}/done", None, (Reminder, ids[3])),
    }  # fmt: skip


@pytest.mark.parametrize(
    "door", ["person", "unit", "contact", "contact removed", "absence ended", "reminder done"]
)
def test_nothing_is_saved_and_what_was_typed_is_shown(app, doors, door):
    client, address, sent, (model, key) = doors[door]
    sent = opened(client, address) if sent is None else {"version": "1"}
    text = next((name for name in ("name", "note") if name in sent), None)
    if text:
        sent[text] = "新写的话"
    del sent["version"]
    assert client.post(address, data={**sent, "version": ""}).status_code == 409
    answer = client.post(address, data=sent)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "没有保存" in page
    assert text is None or "新写的话" in page
    with app.app_context():
        row = db.session.get(model, key)
        assert row is not None
        assert row.version == 1
        assert getattr(row, "state", None) in (None, ReminderState.OPEN)
