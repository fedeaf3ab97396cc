"""What a provenance card says, as plain values; whoever draws one looks everything up first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.provenance.card.clusters import clean


@dataclass(frozen=True)
class CardFacts:
    """The words of one card. Any text may be empty, of any length and in any script; empty ones are left out or said plainly."""

    title: str
    asset: str
    """Public id, such as `A-7Q0D`."""
    render: str = ""
    who: str = ""
    client: str = ""
    project: str = ""
    shot: str = ""
    workflow: str = ""
    """`name@number`."""
    models: tuple[tuple[str, str, str], ...] = ()
    """(name, SHA-256 or its start, licence); an empty hash or licence is shown as unknown."""
    seed: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    """(label, value), most important first."""
    date: datetime | str = ""
    """Aware time or a text ready to show."""
    status: str = ""
    """A Judgement: approved, rejected, needs work; empty while nobody has judged."""
    link: str = ""
    """Address of its page; becomes the QR code."""
    kind: str = "image/png"
    """MIME type of the original."""
    simulated: bool = False
    """Whether a simulated ComfyUI made it."""
    seconds: float | None = None
    """Playing time of a film or a sound."""
    frames: int | None = None
    """Frames of an animated original, where the picture given is only a still of it."""
    filename: str = ""
    disclosure: str = ""
    """What is to be said of its making, such as `Created by generative AI`; empty where nothing is known of it."""
    seal: str = ""
    """How its Content Credentials stand, in a few words; empty for a file that has none and needs none."""


def short_hash(text: str) -> str:
    """AutoV2: the first ten digits of a SHA-256."""
    return text.strip()[:10].lower()


def shown_date(value: datetime | str) -> str:
    """`23 Nov 2026, 14:05 UTC`."""
    if isinstance(value, str):
        return value
    zone = value.tzname() or ""
    return f"{value.day} {value:%b %Y, %H:%M} {zone}".strip()


def shown_seconds(seconds: float) -> str:
    """`0:12`, `1:02:09`; under ten seconds with one decimal."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def described(facts: CardFacts) -> str:
    """The card in one sentence, for those who do not see it (alt text)."""
    made = f"Provenance card of {facts.asset}"
    made += f" ({facts.render})" if facts.render else ""
    parts = [
        (": “{}”", facts.title),
        (", made by {}", facts.who),
        (" for {}", " · ".join(part for part in (facts.client, facts.project, facts.shot) if part)),
        (" with {}", facts.workflow),
        (", {}", facts.status),
        (", {}", shown_date(facts.date)),
    ]
    text = made + "".join(form.format(value) for form, value in parts if value)
    text += f"; {facts.disclosure}" if facts.disclosure else ""
    return clean(text + (", simulated" if facts.simulated else "")) + "."
