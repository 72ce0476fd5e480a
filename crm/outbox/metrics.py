"""How the outbox stands as Prometheus reads it, from the database at that moment.

No label names a person, a lead or an address.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crm.outbox import queries
from crm.outbox.rules import DeliveryState

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def scraped(at: datetime, since: date) -> bytes:
    """The text Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Outbox(at, since))
    return generate_latest(registry)


class _Outbox(Collector):
    """The numbers of one moment; failures since the day `since`."""

    def __init__(self, at: datetime, since: date) -> None:
        self._at, self._since = at, since

    def collect(self) -> Iterator[Metric]:
        yield from self._deliveries()
        depth = queries.queue_depth(self._at)
        yield GaugeMetricFamily(
            "lianzhao_pending_due", "Messages that may be sent now.", depth.due_now
        )
        yield GaugeMetricFamily(
            "lianzhao_oldest_pending_seconds",
            "Age of the oldest message that waits; 0 where none does.",
            self._age(depth.oldest_pending),
        )
        yield GaugeMetricFamily(
            "lianzhao_oldest_sending_seconds",
            "Age of the oldest claim that is being worked off; 0 where none is.",
            self._age(depth.oldest_sending),
        )
        ages = GaugeMetricFamily(
            "lianzhao_heartbeat_age_seconds",
            "Seconds since a part of the machine was last seen; absent where it never was.",
            labels=("name",),
        )
        for name, sign in sorted(queries.signs().items()):
            ages.add_metric((name,), self._age(sign))
        yield ages
        failures = GaugeMetricFamily(
            "lianzhao_failures",
            "Messages of the last 14 days that were given up, by reason.",
            labels=("problem",),
        )
        for each in queries.failures_since(self._since, self._at):
            failures.add_metric((each.problem.value,), each.failed)
        yield failures

    def _deliveries(self) -> Iterator[Metric]:
        labels = ("state", "kind", "channel")
        standing = GaugeMetricFamily("lianzhao_deliveries", "Messages by state.", labels=labels)
        sent = CounterMetricFamily(
            "lianzhao_messages_sent", "Messages a server has taken.", labels=labels[1:]
        )
        totals: defaultdict[DeliveryState, int] = defaultdict(int)
        for (state, kind, channel), count in sorted(queries.counts().items()):
            standing.add_metric((state.value, kind.value, channel.value), count)
            totals[state] += count
            if state is DeliveryState.SENT:
                sent.add_metric((kind.value, channel.value), count)
        yield standing
        yield sent
        yield GaugeMetricFamily(
            "lianzhao_messages_failed",
            "Messages given up that wait for a person; sending again lowers it.",
            totals[DeliveryState.FAILED],
        )

    def _age(self, moment: datetime | None) -> float:
        return max((self._at - moment).total_seconds(), 0) if moment else 0
