"""What Prometheus reads: the process's counts, and how much waits in the database."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.services.backlog import Backlog
from bot.vitals import SEARCH_BOUNDS, Vitals

#: Counter -> the name of its label, or "" for none, and what it counts.
COUNTERS = {
    "updates": ("", "Updates written to the inbox."),
    "decisions": ("decision", "Questions decided."),
    "sent": ("kind", "Messages that Telegram has taken."),
    "failed": ("queue", "Updates set aside and messages given up."),
}


def write(vitals: Vitals, queues: Mapping[str, Backlog]) -> bytes:
    """Return everything in Prometheus' text format; `queues` is empty without a database."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Readings(vitals, queues))
    return generate_latest(registry)


class _Readings(Collector):
    def __init__(self, vitals: Vitals, queues: Mapping[str, Backlog]) -> None:
        self._vitals = vitals
        self._queues = queues

    def collect(self) -> Iterator[Metric]:
        for name, (label, words) in COUNTERS.items():
            yield _counter(name, label, words, self._vitals.counts(name))
        yield _searches(self._vitals)
        yield GaugeMetricFamily(
            "govi_unreached_seconds",
            "Since Telegram last answered or sent something.",
            value=self._vitals.unreached_seconds(),
        )
        yield from _waiting(self._queues)


def _counter(name: str, label: str, words: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"govi_{name}", words, labels=[label] if label else [])
    for value, count in (counts or ({} if label else {"": 0})).items():
        family.add_metric([value] if label else [], count)
    return family


def _searches(vitals: Vitals) -> Metric:
    bounds = [*(str(bound) for bound in SEARCH_BOUNDS), "+Inf"]
    total, buckets = 0, []
    for bound, count in zip(bounds, vitals.searches, strict=True):
        total += count
        buckets.append((bound, float(total)))
    family = HistogramMetricFamily("govi_search_seconds", "How long a search takes.")
    family.add_metric([], buckets, vitals.search_seconds)
    return family


def _waiting(queues: Mapping[str, Backlog]) -> Iterator[Metric]:
    for name, words, field in (
        ("waiting", "Rows not finished yet.", "waiting"),
        ("oldest_seconds", "Age of the oldest row that is not finished.", "oldest_seconds"),
        ("set_aside", "Rows that a person should look at.", "failed"),
    ):
        family = GaugeMetricFamily(f"govi_queue_{name}", words, labels=["queue"])
        for queue, measured in queues.items():
            family.add_metric([queue], getattr(measured, field))
        yield family
