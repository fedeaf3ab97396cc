"""Rate limits as Discord keeps them: buckets by route and major parameter, told in headers, and one limit for all of it."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.simulators.discord import limits
from tests.simulators.discord.world import Json


@dataclass
class _Bucket:
    limit: int
    seconds: float
    left: int
    until: float = 0.0


@dataclass
class Refusal:
    """A 429."""

    after: float
    everywhere: bool
    headers: dict[str, str]

    def json(self) -> Json:
        return {"message": "You are being rate limited.", "retry_after": round(self.after, 3), "global": self.everywhere}


@dataclass
class Rates:
    """`pace` shortens every window, so that a test need not wait as long as a person would: 0.1 is ten times as fast."""

    pace: float = 1.0
    refused: int = 0
    """How many requests were answered with 429."""
    calls: Counter[str] = field(default_factory=Counter)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _all: _Bucket | None = None

    def take(self, route: str, major: str, *, free: bool = False) -> tuple[dict[str, str], Refusal | None]:
        """One request: the headers of its answer, and a refusal when it is one too many. `free`: not under the global limit."""
        self.calls[route] += 1
        now = time.monotonic()
        if not free and (over := self._globally(now)):
            self.refused += 1
            return {}, Refusal(over, True, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"} | _via(over))
        limit, seconds = limits.RATES.get(route, limits.OTHERWISE)
        bucket = self._buckets.setdefault(f"{route}:{major}", _Bucket(limit, seconds * self.pace, limit))
        if now >= bucket.until:
            bucket.left, bucket.until = bucket.limit, now + bucket.seconds
        if bucket.left <= 0:
            self.refused += 1
            after = bucket.until - now
            return {}, Refusal(after, False, self._headers(route, bucket, now) | {"X-RateLimit-Scope": "user"} | _via(after))
        bucket.left -= 1
        return self._headers(route, bucket, now), None

    def _globally(self, now: float) -> float:
        limit, seconds = limits.GLOBAL
        if self._all is None or now >= self._all.until:
            self._all = _Bucket(limit, seconds * self.pace, limit, now + seconds * self.pace)
        self._all.left -= 1
        return max(0.0, self._all.until - now) if self._all.left < 0 else 0.0

    def _headers(self, route: str, bucket: _Bucket, now: float) -> dict[str, str]:
        after = max(0.0, bucket.until - now)
        return {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.left),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:24],
        }


def _via(after: float) -> dict[str, str]:
    return {"Via": "1.1 google", "Retry-After": str(max(1, round(after)))}
