"""/metrics: what a Prometheus server reads, with the token alone, and nothing of people."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crm.core import clock
from crm.core.db import transaction
from crm.outbox import services
from crm.outbox.models import Delivery
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Problem

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOKEN = "a-token-of-some-length"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scraped(app, client, monkeypatch):
    """The samples by name and labels, as Prometheus' own parser reads them."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(settings, metrics_token=TOKEN))

    def read(token=TOKEN):
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 200:
            return answer.status_code
        assert answer.content_type.startswith("text/plain; version=0.0.4")
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.get_data(as_text=True))
            for sample in family.samples
        }

    return read


@pytest.fixture
def deliveries(app, person):
    owner = person("staff", name="王芳", email="wangfang@example.gov.cn")
    numbers = iter(range(1000))

    def make(count=1, **columns):
        with app.app_context(), transaction() as session:
            for _ in range(count):
                row = {
                    "kind": DeliveryKind.AT_ONCE, "recipient": f"user:{owner.id}",
                    "person_id": owner.id, "due_on": date(2026, 11, 23), "key": str(next(numbers)),
                    "created_at": AT - 10 * MINUTE, **columns,
                }  # fmt: skip
                session.add(Delivery(**row))

    return make


def test_without_a_token_set_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "词"])
def test_a_wrong_token_reads_nothing(scraped, token):
    assert scraped(token.encode().decode("latin-1")) == 401


def test_it_tells_how_the_outbox_stands(scraped, deliveries, app):
    deliveries(3, state=DeliveryState.SENT)
    deliveries(2)
    deliveries(next_try_at=AT + MINUTE, created_at=AT - 60 * MINUTE)
    deliveries(4, state=DeliveryState.FAILED, problem=Problem.REFUSED, channel=Channel.WEBHOOK)
    with app.app_context(), transaction():
        services.beat(AT - 2 * MINUTE)
    found = scraped()
    assert found["lianzhao_deliveries", "at_once", "mail", "pending"] == 3
    assert found["lianzhao_deliveries", "at_once", "failed", "webhook"] == 4
    assert found["lianzhao_messages_sent_total", "at_once", "mail"] == 3
    assert found[("lianzhao_messages_failed",)] == 4
    assert found["lianzhao_failures", "refused"] == 4
    assert found[("lianzhao_pending_due",)] == 2
    assert found[("lianzhao_oldest_pending_seconds",)] == 3600
    assert found["lianzhao_heartbeat_age_seconds", "worker"] == 120


def test_an_empty_outbox_is_told_too(scraped):
    found = scraped()
    assert found[("lianzhao_oldest_pending_seconds",)] == 0
    assert found[("lianzhao_messages_failed",)] == 0
    assert not any(name == "lianzhao_heartbeat_age_seconds" for name, *_labels in found)


def test_more_messages_cost_no_statement(scraped, deliveries, count_queries):
    deliveries(1)
    with count_queries() as few:
        scraped()
    deliveries(30)
    deliveries(30, state=DeliveryState.FAILED, problem=Problem.REFUSED)
    with count_queries() as many:
        scraped()
    assert len(many) == len(few) == 4
