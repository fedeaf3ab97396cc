"""What goes wrong on demand: the next requests of a kind fail in a certain way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["busy", "broken", "dropped", "half-done"]


@dataclass
class Fault:
    """The next `times` requests whose `METHOD /path` matches are answered so.

    `busy`: 429 for `after` seconds. `broken`: a 5xx. `dropped`: the connection closes without an answer, and nothing is done.
    `half-done`: it is done, and then the connection closes without an answer.
    """

    pattern: str
    kind: Kind
    times: int = 1
    status: int = 503
    after: float = 0.05
    everywhere: bool = False


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)
    met: list[str] = field(default_factory=list)

    def add(self, pattern: str, kind: Kind, times: int = 1, **more: object) -> None:
        self.waiting.append(Fault(pattern, kind, times, **more))  # type: ignore[arg-type]

    def next(self, request: str) -> Fault | None:
        for fault in self.waiting:
            if fault.times > 0 and re.search(fault.pattern, request):
                fault.times -= 1
                self.met.append(request)
                return fault
        return None
