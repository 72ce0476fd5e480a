"""`reminders due` says to whom which mail goes; stdout is one JSON document."""

import json
from datetime import date, time

import pytest

from crm.core import clock
from crm.leads.models import Lead
from crm.leads.rules import Stage
from tests.saving import saved


@pytest.fixture
def command(app):
    return lambda *words: app.test_cli_runner().invoke(args=["reminders", *words])


@pytest.fixture
def lead(app):
    def make(owner, due_on, title="动力电池项目"):
        return saved(app, Lead(
            title=title, owner_id=owner.id, stage=Stage.NEGOTIATING, next_action_on=due_on,
            stage_since=due_on, last_progress_on=due_on,
        ))  # fmt: skip

    return make


def test_the_mails_of_a_day_are_told_exactly_so(command, person, lead):
    owner = person("staff", name="王芳", email="wangfang@example.gov.cn")
    nobody = person("staff", name="李四")
    gone = person("staff", name="赵六", email="zhaoliu@example.gov.cn")
    late = lead(owner, date(2026, 12, 1))
    due = lead(owner, date(2026, 12, 4), "隔膜项目")
    lead(owner, date(2026, 12, 5))
    theirs = lead(nobody, date(2026, 12, 4))
    said = command("due", "--on", "2026-12-04", "--json")
    assert said.exit_code == 0
    assert json.loads(said.stdout) == {
        "on": "2026-12-04",
        "is_working_day": True,
        "mails": [
            {
                "to": "wangfang@example.gov.cn",
                "person": "王芳",
                "channels": ["mail"],
                "problem": None,
                "items": [
                    {
                        "lead_id": late,
                        "title": "动力电池项目",
                        "kind": "overdue",
                        "step": "due",
                        "level": "owner",
                        "due_on": "2026-12-01",
                    },
                    {
                        "lead_id": due,
                        "title": "隔膜项目",
                        "kind": "due",
                        "step": "due",
                        "level": "owner",
                        "due_on": "2026-12-04",
                    },
                ],
            },
            {
                "to": None,
                "person": "李四",
                "channels": [],
                "problem": "no_address",
                "items": [
                    {
                        "lead_id": theirs,
                        "title": "动力电池项目",
                        "kind": "due",
                        "step": "due",
                        "level": "owner",
                        "due_on": "2026-12-04",
                    }
                ],
            },
        ],
    }
    assert gone.name not in said.stdout


@pytest.mark.parametrize("day", ["2026-12-05", "2026-10-01"])
def test_on_a_day_off_no_mail_goes(command, person, lead, day):
    lead(person("staff", email="a@example.gov.cn"), date(2026, 9, 1))
    said = json.loads(command("due", "--on", day, "--json").stdout)
    assert said == {"on": day, "is_working_day": False, "mails": []}


@pytest.mark.parametrize("words", [("--on", "4.12."), ("--on", "2026-02-30"), ("--onn",)])
def test_wrong_arguments_end_with_2_and_leave_stdout_empty(command, words):
    said = command("due", "--json", *words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr


def test_without_json_people_can_read_it(command, person, lead):
    lead(person("staff", name="王芳", email="wangfang@example.gov.cn"), date(2026, 12, 1))
    said = command("due", "--on", "2026-12-04")
    assert said.stdout.splitlines()[0] == "王芳 <wangfang@example.gov.cn>"
    assert "2026-12-01 overdue" in said.stdout


def test_send_does_what_beat_and_worker_do(command, app, person, lead, monkeypatch):
    owner = person("staff", email="wangfang@example.gov.cn")
    lead(owner, date(2026, 12, 1))
    morning = clock.office_moment(date(2026, 12, 4), time(9))
    monkeypatch.setattr(clock, "now", lambda: morning)
    said = command("send")
    assert (said.exit_code, said.stderr) == (0, "sent: 1\n")
    folder = app.extensions["settings"].outbox_dir
    assert len(list(folder.glob("due_digest.20261204.*.eml"))) == 1
    assert command("send").stderr == "nothing\n"
