"""The colours of a card, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

from core.provenance.card.ink import Colour


@dataclass(frozen=True)
class Theme:
    paper: Colour
    """Behind the words."""
    matte: Colour
    """Around the picture."""
    ink: Colour
    soft: Colour
    """Small labels and notes; still readable: at least 4.5 to 1 on the paper and on the matte."""
    rule: Colour
    frame: Colour
    """The hairline around the picture."""
    board: Colour
    """The second colour of the checkerboard behind see-through parts."""
    approved: Colour
    rejected: Colour
    needs_work: Colour
    simulated: Colour

    def of_status(self, status: str) -> Colour:
        return {"approved": self.approved, "rejected": self.rejected, "needs work": self.needs_work}.get(status, self.soft)


LIGHT = Theme(
    paper=(252, 251, 248),
    matte=(240, 238, 233),
    ink=(28, 27, 25),
    soft=(102, 97, 89),
    rule=(221, 217, 209),
    frame=(214, 210, 202),
    board=(226, 223, 216),
    approved=(23, 106, 66),
    rejected=(168, 44, 36),
    needs_work=(138, 87, 0),
    simulated=(92, 60, 140),
)
DARK = Theme(
    paper=(24, 24, 26),
    matte=(14, 14, 15),
    ink=(242, 240, 235),
    soft=(163, 158, 149),
    rule=(52, 51, 53),
    frame=(48, 47, 49),
    board=(34, 34, 36),
    approved=(104, 204, 148),
    rejected=(244, 134, 124),
    needs_work=(236, 184, 92),
    simulated=(190, 162, 240),
)
