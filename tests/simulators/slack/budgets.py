"""Counts calls against Slack's budgets: a bucket that refills, per method and workspace, or per channel."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from tests.simulators.slack.limits import budget


@dataclass
class Budgets:
    """`strict` refuses what is beyond a budget; otherwise calls are only logged."""

    strict: bool = False
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def spend(self, method: str, token: str, channel: str) -> int:
        """Seconds to wait when this call is beyond its budget, else 0."""
        if not self.strict:
            return 0
        allowed = budget(method)
        key = (method, channel if allowed.by_channel else token)
        left, at = self._buckets.get(key, (float(allowed.burst), time.monotonic()))
        per_second = allowed.per_minute / 60
        left = min(float(allowed.burst), left + (time.monotonic() - at) * per_second)
        if left < 1:
            self._buckets[key] = (left, time.monotonic())
            return max(1, math.ceil((1 - left) / per_second))
        self._buckets[key] = (left - 1, time.monotonic())
        return 0
