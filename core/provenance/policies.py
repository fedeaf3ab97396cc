"""What a team's settings want to be said in its files."""

from __future__ import annotations

from core.provenance.xmp import Policy
from core.settings import Settings


def of(settings: Settings) -> Policy:
    """The policy for originals, which stay with the team: everything but names of people, unless they are wanted."""
    return Policy(
        provider=settings.team,
        credit=settings.credit,
        data_mining=settings.data_mining,
        aigc_producer=settings.aigc_producer,
        people=settings.name_people,
    )
