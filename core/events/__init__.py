"""Events: every change is recorded as one frozen value, and one table says what follows from it."""

from core.events.consequences import ENDS, FOLLOWS, Follow
from core.events.event import Event
from core.events.recording import record

__all__ = ["ENDS", "FOLLOWS", "Event", "Follow", "record"]
