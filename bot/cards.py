"""What we show a person, before a platform dresses it: platform-neutral, frozen, JSON-ready values.

Text fields are plain text: each front end escapes them its own way, and user text never pings or formats.
A Button carries only `verb:id`; everything else is looked up when it is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from core.schemas.base import Schema

if TYPE_CHECKING:
    from pydantic import TypeAdapter


Tone = Literal["plain", "queued", "running", "done", "failed", "cancelled", "error", "approved", "rejected", "proved"]
ButtonStyle = Literal["plain", "primary", "danger"]
FieldKind = Literal["text", "paragraph", "number", "integer", "choice", "switch", "picture"]


@dataclass(frozen=True)
class Field:
    """A labelled fact."""

    label: str
    value: str
    short: bool = True
    link: str = ""
    """A complete address that the value stands for; front ends show the value and link it."""


@dataclass(frozen=True)
class Button:
    """Something to press: `reroll:R-4F2K`."""

    verb: str
    subject: str
    label: str
    style: ButtonStyle = "plain"

    @property
    def action(self) -> str:
        return f"{self.verb}:{self.subject}"


@dataclass(frozen=True)
class Picture:
    """A picture (or film, sound, file) of an Asset. Digests name blobs; `alt` is never empty."""

    asset: str
    """Public id, such as `A-7Q0D`."""
    alt: str
    mime: str
    sha256: str
    preview: str = ""
    """Digest of a still preview; empty when there is none."""
    width: int | None = None
    height: int | None = None
    size: int = 0
    """Bytes of the file itself, 0 where that is not known."""
    number: int = 0
    """Which picture of its render it is, from 1; 0 where there is only one."""
    buttons: tuple[Button, ...] = ()
    """What can be done with this picture alone; their labels name its number."""


@dataclass(frozen=True)
class Progress:
    """How far a running render is."""

    done: float
    """0.0 to 1.0."""
    label: str = ""
    """`step 12/28 · KSampler on gpu-03`."""
    seconds_left: float | None = None
    preview: str = ""
    """Public id of the render whose live preview picture there is, or empty."""


@dataclass(frozen=True)
class Card:
    """One thing shown: a render, an asset, a list, an error."""

    title: str
    tone: Tone = "plain"
    subject: str = ""
    """Public id of what it is about, or empty."""
    text: str = ""
    fields: tuple[Field, ...] = ()
    pictures: tuple[Picture, ...] = ()
    progress: Progress | None = None
    buttons: tuple[Button, ...] = ()
    footer: str = ""
    link: str = ""
    """Path of its page, such as `/assets/A-7Q0D`."""


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class FormField:
    """One line of a form; `name` is the workflow input or command option it fills."""

    name: str
    label: str
    kind: FieldKind
    value: str = ""
    help: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[Choice, ...] = ()
    suggestions: tuple[str, ...] = ()
    """What may be typed, among other things: names of models that are known here."""


@dataclass(frozen=True)
class Form:
    """Questions to a person; the answers come back as options of `command`."""

    title: str
    command: str
    """The command line they complete, such as `render product-depth` or `vary R-4F2K`."""
    fields: tuple[FormField, ...] = ()
    submit: str = "Render"


@dataclass(frozen=True)
class Answer:
    """What a command returns; the platform decides how to show it."""

    text: str = ""
    cards: tuple[Card, ...] = ()
    form: Form | None = None
    private: bool = False
    """Shown only to whoever asked."""
    copy: str = ""
    """Text to be copied verbatim, such as a command line."""
    secret: bool = False
    """Whether the text to copy is a secret: it is shown this once, and no front end keeps it."""
    error: str = ""
    """The stable code of what went wrong, or empty."""
    chips: tuple[str, ...] = ()
    """How a question was understood, a condition each."""
    buttons: tuple[Button, ...] = ()
    """What may be pressed below the text, such as Undo."""
    note: str = ""
    """What whoever pressed a button is told alone, where the answer itself is a message further down."""
    schema: Schema | None = None
    """The same answer for scripts, as docs/json.md lists it."""

    @property
    def data(self) -> dict[str, Any]:
        """The schema as JSON-ready data; empty where there is none."""
        return self.schema.as_json() if self.schema else {}


@cache
def _json_of(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def to_json(card: Card) -> dict[str, Any]:
    """The card as JSON-ready data."""
    made: dict[str, Any] = _json_of(Card).dump_python(card, mode="json")
    return made


def from_json(data: dict[str, Any]) -> Card:
    card: Card = _json_of(Card).validate_python(data)
    return card


def answer_from_json(data: dict[str, Any]) -> Answer:
    answer: Answer = _json_of(Answer).validate_python(data)
    return answer


def answer_to_json(answer: Answer) -> dict[str, Any]:
    made: dict[str, Any] = _json_of(Answer).dump_python(answer, mode="json", exclude={"schema"})
    return made
