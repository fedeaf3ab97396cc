"""A Card in Slack's clothes: Block Kit within its limits. What does not fit is cut where one can see it, and said to be.

People's words go into rich text and plain text only, which Slack never parses: nobody is pinged, nothing formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.cards import Answer, Button, Card, Field, Picture, Progress
from bot.formatting import about
from bot.slack import limits, rich_text
from bot.slack.rich_text import Json

MARKS: Mapping[str, str] = {
    "queued": "⏳",
    "running": "▶️",
    "done": "🖼️",
    "failed": "💥",
    "cancelled": "🚫",
    "error": "⚠️",
    "approved": "✅",
    "proved": "🔏",
    "rejected": "❌",
}
"""How a card stands out: its tone, as the first sign of its title."""
SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif")
_BAR = 14
_APART = "    "


@dataclass(frozen=True)
class Shown:
    """What a Card is dressed with: Slack's ids of the pictures that are there by digest, and the address of our pages."""

    files: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""


@dataclass(frozen=True)
class Page:
    """One message: its blocks, and the text that stands for them."""

    blocks: tuple[Json, ...]
    text: str


def message(card: Card, shown: Shown, alt: str = "") -> Page:
    """The one message of a card."""
    text = alt or " ".join(part for part in (card.title, card.text) if part)
    return Page(tuple(card_blocks(card, shown)), rich_text.cut(rich_text.escaped(text) or "Slate", limits.NOTIFICATION))


def pages(answer: Answer, shown: Shown) -> list[Page]:
    """An answer as messages, usually one; what goes beyond the last is named there."""
    groups = [group for group in (_head(answer, shown), *(card_blocks(card, shown) for card in answer.cards)) if group]
    made: list[list[Json]] = []
    for group in groups:
        if made and len(made[-1]) + len(group) < limits.BLOCKS:
            made[-1] += [{"type": "divider"}, *group] if made[-1] else group
        else:
            made.append(list(group))
    left_out = len(made) - limits.PAGES
    if left_out > 0:
        made = made[: limits.PAGES]
        made[-1] = [*made[-1][: limits.BLOCKS - 1], _note("There is more than fits here. Ask for less, such as limit:5.")]
    return [Page(tuple(named_once(blocks)), _words(answer)) for blocks in made if blocks]


def card_blocks(card: Card, shown: Shown) -> list[Json]:
    """A card, at most 34 blocks whatever is on it."""
    return [
        *_title(card, shown),
        *_text(card),
        *(_progress(card.progress) if card.progress else ()),
        *_pictures(card.pictures, shown),
        *_fields(card.fields),
        *_buttons(card.buttons),
        *_footer(card.footer),
    ]


def said(text: str) -> list[Json]:
    """Slate's own words as blocks."""
    return [
        rich_text.block([rich_text.line(*rich_text.dressed(piece))]) for piece in _few(rich_text.shown(text), limits.CARD_TEXTS)
    ]


def button(one: Button) -> Json:
    label = rich_text.cut(rich_text.shown(one.label) or one.verb or "…", limits.BUTTON)
    made: Json = {"type": "button", "action_id": one.action, "text": {"type": "plain_text", "text": label, "emoji": False}}
    return made | ({"style": one.style} if one.style != "plain" else {})


def _head(answer: Answer, shown: Shown) -> list[Json]:
    """What an answer says above its cards: how it was understood, its words, and a text to copy."""
    above = "" if any(answer.text and answer.text in card.text for card in answer.cards) else answer.text
    blocks = said(above)
    if answer.copy:
        blocks += [
            rich_text.block([rich_text.listing(piece)])
            for piece in rich_text.pieces(rich_text.shown(answer.copy), limits.TEXT)[:8]
        ]
    if answer.chips:
        blocks.append(
            _note(rich_text.cut("Understood as: " + ", ".join(rich_text.shown(one) for one in answer.chips), limits.TEXT))
        )
    return blocks


def _title(card: Card, shown: Shown) -> Iterator[Json]:
    title = rich_text.cut(rich_text.shown(card.title) or "Slate", limits.HEADER * 2)
    mark = MARKS.get(card.tone, "")
    elements = [rich_text.plain(f"{mark} ")] if mark else []
    address = shown.base_url + card.link
    linked = bool(card.link and shown.base_url) and len(address) <= limits.URL
    title = title if card.subject else "".join(part["text"] for part in rich_text.dressed(title))
    elements.append(rich_text.link(title, address) if linked else rich_text.bold(title))
    name = f"card:{card.subject}" if card.subject else ""
    yield rich_text.block([rich_text.line(*elements)], name if rich_text.length(name) <= limits.BLOCK_ID else "")


def _text(card: Card) -> Iterator[Json]:
    text = rich_text.shown(card.text)
    if text and text not in card.title:
        if card.subject:  # of a picture or a render: what people wrote is in it
            yield from (rich_text.block([rich_text.line(rich_text.plain(piece))]) for piece in _few(text, limits.CARD_TEXTS))
        else:
            yield from said(text)


def _few(text: str, most: int) -> list[str]:
    """The text in at most `most` pieces; the last says how much is left out."""
    made = rich_text.pieces(text, limits.TEXT)
    if len(made) <= most:
        return made
    left_out = sum(map(len, made[most:]))
    return [*made[: most - 1], rich_text.cut(made[most - 1], limits.TEXT - 60) + f"\n… and {left_out:,} characters more."]


def _progress(progress: Progress) -> list[Json]:
    full = round(min(1.0, max(0.0, progress.done)) * _BAR)
    bar = "▰" * full + "▱" * (_BAR - full)
    left = f"{about(max(0.0, progress.seconds_left))} left" if progress.seconds_left is not None else ""
    facts = " · ".join(part for part in (f"{progress.done:.0%}", rich_text.shown(progress.label), left) if part)
    return [rich_text.block([rich_text.line(rich_text.code(bar), rich_text.plain(" " + rich_text.cut(facts, limits.TEXT - 40)))])]


def _pictures(pictures: Sequence[Picture], shown: Shown) -> Iterator[Json]:
    inline = [one for one in pictures if file_of(one, shown)][: limits.CARD_PICTURES]
    for one in inline:
        yield {
            "type": "image",
            "slack_file": {"id": file_of(one, shown)},
            "alt_text": rich_text.cut(rich_text.shown(one.alt) or one.asset or "A picture", limits.ALT),
        }
    others = [one for one in pictures if one not in inline or one.sha256 not in shown.files or one.mime not in SHOWN_INLINE]
    if others:
        yield _linked(others, shown)


def file_of(picture: Picture, shown: Shown) -> str:
    """Slack's id of what can be shown of a picture: the original, else its still."""
    return shown.files.get(picture.sha256, "") or shown.files.get(picture.preview, "")


def _linked(pictures: Sequence[Picture], shown: Shown) -> Json:
    """Pictures that are not shown, or only as a still, by their pages."""
    elements: list[Json] = []
    for one in pictures[: limits.ACTIONS]:
        kind = rich_text.cut(rich_text.shown(one.mime), 60)
        elements.append(_page_link(one, shown))
        elements.append(rich_text.plain(f" ({kind}){_APART}" if kind else _APART))
    if len(pictures) > limits.ACTIONS:
        elements.append(rich_text.plain(f"and {len(pictures) - limits.ACTIONS} more"))
    return rich_text.block([rich_text.line(rich_text.plain("Originals: "), *elements)])


def _page_link(picture: Picture, shown: Shown) -> Json:
    name = rich_text.cut(rich_text.shown(picture.asset) or "picture", 60)
    return rich_text.link(name, f"{shown.base_url}/assets/{name}") if shown.base_url else rich_text.bold(name)


def _fields(fields: Iterable[Field]) -> list[Json]:
    """Facts: short ones side by side, long ones on lines of their own; as many blocks as it takes, within reason."""
    lines: list[tuple[int, list[Json]]] = []
    row: list[Json] = []
    for one in fields:
        label, value = (
            rich_text.cut(rich_text.shown(one.label), 200),
            rich_text.cut(rich_text.shown(one.value), limits.TEXT - 300),
        )
        if not label and not value:
            continue
        shown = [
            *([rich_text.bold(label)] if label else []),
            *([rich_text.plain(f" {value}" if one.short else f"\n{value}")] if value else []),
        ]
        short = one.short and rich_text.length(value) <= 60 and "\n" not in value
        if not short or len(row) >= 6:
            lines += [_row(row)] if row else []
            row = []
        if short:
            row += [rich_text.plain(_APART), *shown] if row else shown
        else:
            lines.append(_row(shown))
    lines += [_row(row)] if row else []
    return _packed(lines)


def _row(elements: list[Json]) -> tuple[int, list[Json]]:
    return sum(rich_text.length(one["text"]) for one in elements), elements


def _packed(lines: Sequence[tuple[int, list[Json]]]) -> list[Json]:
    blocks: list[tuple[int, list[list[Json]]]] = []
    for size, elements in lines:
        if blocks and blocks[-1][0] + size < limits.TEXT:
            blocks[-1] = (blocks[-1][0] + size + 1, [*blocks[-1][1], elements])
        else:
            blocks.append((size, [elements]))
    kept = [rich_text.block([rich_text.line(*_on_lines(rows))]) for _, rows in blocks[: limits.CARD_FIELDS]]
    left_out = sum(len(rows) for _, rows in blocks[limits.CARD_FIELDS :])
    return [*kept, _note(f"… and {left_out} lines more.")] if left_out else kept


def _on_lines(rows: Sequence[list[Json]]) -> Iterator[Json]:
    """All the elements in one section, as what breaks between two of them is not written down anywhere."""
    for at, (first, *rest) in enumerate(rows):
        yield first | {"text": "\n" + first["text"]} if at else first
        yield from rest


def _buttons(buttons: Sequence[Button]) -> list[Json]:
    usable = {one.action: one for one in buttons if 0 < rich_text.length(one.action) <= limits.ACTION_ID}
    made = [button(one) for one in usable.values()]
    rows = [made[at : at + limits.ACTIONS] for at in range(0, len(made), limits.ACTIONS)]
    kept: list[Json] = [{"type": "actions", "elements": row} for row in rows[: limits.CARD_ROWS]]
    left_out = len(buttons) - sum(len(row) for row in rows[: limits.CARD_ROWS])
    return [*kept, _note(f"… and {left_out} more to press that does not fit here; say it in words.")] if left_out else kept


def _footer(text: str) -> list[Json]:
    words = rich_text.cut(rich_text.shown(text), limits.TEXT)
    return [_note(words)] if words else []


def _note(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _words(answer: Answer) -> str:
    """The notification of an answer."""
    parts = [answer.text, *(f"{card.title}: {card.text}" if card.text else card.title for card in answer.cards)]
    return rich_text.cut(rich_text.escaped(" ".join(part for part in parts if part)) or "Slate", limits.NOTIFICATION)


def named_once(blocks: Iterable[Json]) -> Iterator[Json]:
    """The blocks, each name given once: Slack refuses two of a name in one message."""
    seen: set[str] = set()
    for block in blocks:
        name = block.get("block_id", "")
        yield {key: value for key, value in block.items() if key != "block_id"} if name in seen else block
        seen |= {name} if name else set()
