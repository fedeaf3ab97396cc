"""What an examination of a part found out: the values the doctor's round is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Kind = Literal["embedded", "real", "simulated", ""]


class State(StrEnum):
    """How a part is, best first."""

    FINE = "fine"
    IDLE = "idle"
    """Not running, as `slate up` starts it."""
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What was found out about one part."""

    part: str
    state: State
    text: str
    fix: str = ""
    """What to do about it; empty when there is nothing to do."""
    kind: Kind = ""
    facts: dict[str, Any] = field(default_factory=dict)
