"""What the bot counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of one bot, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.updates = Counter("sourcier_updates_total", "Updates received from Telegram", registry=self._registry)
        self.answers = Counter(
            "sourcier_answers_total", "Answers given", ["mode", "abstained", "notice"], registry=self._registry
        )
        self.errors = Counter("sourcier_errors_total", "Failures shown to people", ["where"], registry=self._registry)
        self.seconds = Histogram(
            "sourcier_answer_seconds", "From question to last message", buckets=_SECONDS, registry=self._registry
        )
        self.cost = Counter("sourcier_cost_usd_total", "US dollars spent on models", registry=self._registry)
        self.busy = Gauge("sourcier_updates_in_progress", "Updates being handled or waiting", registry=self._registry)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)
