"""How fast we speak to others: budgets of calls kept in Redis, so that all our processes keep to them together.

Each budget is a leaky bucket as in GCRA (ITU-T I.371): one number in Redis, the time when it is empty again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from storage.late_import import Late

if TYPE_CHECKING:
    import redis
else:
    redis = Late("redis")

log = structlog.get_logger(__name__)

_TAKE = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
local wait = 0
for i, key in ipairs(KEYS) do
  local full = tonumber(redis.call('GET', key) or '0')
  local every, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  wait = math.max(wait, full - at - every * (burst - 1))
end
if wait > 0.0005 then return tostring(wait) end
for i, key in ipairs(KEYS) do
  local every = tonumber(ARGV[2 * i - 1])
  local full = math.max(tonumber(redis.call('GET', key) or '0'), at) + every
  redis.call('SET', key, string.format('%.6f', full), 'PX', math.ceil((full - at) * 1000) + 1000)
end
return '0'
"""
_HOLD = """
local now = redis.call('TIME')
local full = now[1] + now[2] / 1000000 + tonumber(ARGV[1])
if full > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil(tonumber(ARGV[1]) * 1000) + 1000)
end
return 0
"""
_REMEMBERED = 10_000
"""Budgets that a process remembers while Redis is away, before it forgets those that are empty again."""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True)
class Budget:
    """What one kind of call may cost: one every `every` seconds, `burst` of them at once after a pause."""

    key: str
    every: float
    burst: int = 1


class Pacing:
    """Budgets and leases shared by every process on the same Redis; while it is away, this process keeps to them by itself."""

    def __init__(self, server: redis.Redis) -> None:
        self._redis = server
        self._own: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, budgets: Sequence[Budget]) -> float:
        """Spend one call of each budget at once, or none of them; returns 0, or the seconds until it may be asked again."""
        if not budgets:
            return 0.0
        numbers = [number for one in budgets for number in (one.every, one.burst)]
        try:
            said = self._redis.eval(_TAKE, len(budgets), *(_key(one.key) for one in budgets), *map(str, numbers))
        except redis.RedisError as problem:
            log.debug("pacing.alone", problem=str(problem))
            return self._take_alone(budgets)
        return float(said if isinstance(said, str | bytes) else 0)

    def hold(self, budget: Budget, seconds: float) -> None:
        """Spend nothing of this budget for so long, because the other side has asked for a pause."""
        empty_at = seconds + budget.every * (budget.burst - 1)
        with self._lock:
            self._own[budget.key] = max(self._own.get(budget.key, 0.0), time.monotonic() + empty_at)
        try:
            self._redis.eval(_HOLD, 1, _key(budget.key), str(empty_at))
        except redis.RedisError as problem:
            log.debug("pacing.alone", problem=str(problem))

    def lease(self, name: str, seconds: float) -> str | None:
        """Be the only one who does `name` for so long; the token to give it back with, or None while somebody else is."""
        token = secrets.token_hex(8)
        try:
            return token if self._redis.set(_lease(name), token, nx=True, px=int(seconds * 1000)) else None
        except redis.RedisError:
            return token

    def release(self, name: str, token: str) -> None:
        try:
            self._redis.eval(_RELEASE, 1, _lease(name), token)
        except redis.RedisError as problem:
            log.debug("pacing.alone", problem=str(problem))

    def _take_alone(self, budgets: Sequence[Budget]) -> float:
        with self._lock:
            at = time.monotonic()
            wait = max(self._own.get(one.key, 0.0) - at - one.every * (one.burst - 1) for one in budgets)
            if wait > 0:
                return wait
            if len(self._own) > _REMEMBERED:
                self._own = {key: full for key, full in self._own.items() if full > at}
            for one in budgets:
                self._own[one.key] = max(self._own.get(one.key, 0.0), at) + one.every
            return 0.0


def _key(name: str) -> str:
    return f"slate:pace:{name}"


def _lease(name: str) -> str:
    return f"slate:lease:{name}"
