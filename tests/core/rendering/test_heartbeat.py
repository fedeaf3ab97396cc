"""What the heart of a worker tells of a render."""

from __future__ import annotations

import threading

from core.desk import Desk
from core.rendering.heartbeat import Heart
from core.rendering.scheduler import Claim
from storage.tables import Render


def test_another_label_keeps_the_progress(desk: Desk) -> None:
    heart = Heart(desk, Claim(Render(id=1), "token"), threading.Event())
    heart.progress(0.8, "step 16 of 20")
    heart.label("storing the result")
    assert heart._news == (0.8, "storing the result")
    heart.progress(0.2, "step 4 of 20")
    assert heart._news == (0.8, "step 4 of 20"), "it never falls within a claim"
