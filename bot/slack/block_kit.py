"""Renders a Card as Block Kit, within Slack's limits. What does not fit is cut visibly, and a note says so.

People's words go into rich text and plain text only, which Slack never parses: nobody is pinged, nothing formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot import formatting
from bot.cards import Answer, Button, Card, Field, Picture, Progress
from bot.formatting import about
from bot.slack import limits, rich_text
from bot.slack.rich_text import Json
from bot.slack.typed import typed

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
_BESIDE = 9
"""Elements of facts in one line."""
_RESULT_TEXT = 240
_NAME = 60
"""Characters of a result's id; escaped it may be five times as long."""
_CONTEXT = 10
"""Elements of a context block (Slack's own limit)."""
_APART = "    "


@dataclass(frozen=True)
class CardContext:
    """What rendering needs: Slack's file ids of uploaded pictures by digest, and the address of our pages."""

    files: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""


@dataclass(frozen=True)
class BlockPage:
    """One message: its blocks, and the text that stands for them."""

    blocks: tuple[Json, ...]
    text: str


def message(card: Card, shown: CardContext, alt: str = "") -> BlockPage:
    """The one message of a card."""
    text = alt or " ".join(part for part in (card.title, card.text) if part)
    return BlockPage(tuple(card_blocks(card, shown)), rich_text.cut(rich_text.escaped(text) or "Slate", limits.NOTIFICATION))


def pages(answer: Answer, shown: CardContext) -> list[BlockPage]:
    """An answer as messages, usually one; what goes beyond the last is named there. Several results are a compact list."""
    results = [card for card in answer.cards if card.subject and card.pictures]
    if len(results) >= limits.LISTED:
        blocks = [*_head(answer, shown), *result_list(answer, results, shown)]
        return [BlockPage(tuple(named_once(blocks[: limits.BLOCKS])), _words(answer))]
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
    return [BlockPage(tuple(named_once(blocks)), _words(answer)) for blocks in made if blocks]


def card_blocks(card: Card, shown: CardContext) -> list[Json]:
    """A card, at most 34 blocks whatever is on it. One that is about nothing in particular is in Slate's own words."""
    card = card if card.subject else _as_typed(card)
    return [
        *_title(card, shown),
        *_text(card),
        *(_progress(card.progress) if card.progress else ()),
        *_pictures(card.pictures, shown),
        *_picture_menus(card.pictures),
        *_fields(card.fields),
        *_buttons(card.buttons),
        *_footer(card.footer),
    ]


def _as_typed(card: Card) -> Card:
    fields = tuple(replace(one, label=typed(one.label), value=typed(one.value)) for one in card.fields)
    return replace(card, title=typed(card.title), fields=fields, footer=typed(card.footer))


def result_list(answer: Answer, results: Sequence[Card], shown: CardContext) -> Iterator[Json]:
    """A block a result, a menu that shows one of them, and what else the answer offers."""
    for card in results:
        yield _result(card, shown)
    quiet = " private:yes" if answer.private else ""
    wanted = [(card.title, f"whatis:{card.subject}{quiet}") for card in results]
    if menu := _select("menu:results", "Show one …", wanted):
        yield {"type": "actions", "elements": menu}
    others = [card for card in answer.cards if card not in results]
    for card in others:
        yield from [*_fields(card.fields), *_buttons(card.buttons)] if card.buttons else card_blocks(card, shown)


def _result(card: Card, shown: CardContext) -> Json:
    """One result: its id with a link to its page, what it shows, its facts, and a thumbnail. People's words are plain text."""
    address = shown.base_url + card.link
    name = rich_text.escaped(rich_text.cut(rich_text.shown(card.subject) or "picture", _NAME))
    linked = bool(card.link and shown.base_url) and rich_text.length(address) <= limits.TEXT - 8 * _NAME
    linked = linked and not set(address) & set("<>| \n")
    mark = f"{MARKS[card.tone]} " if card.tone in MARKS else ""
    facts = " · ".join(f"{one.label} {one.value}" for one in card.fields if one.short and one.value)
    texts = [card.title.removeprefix(f"{card.subject} · "), facts]
    fields = [_plain(formatting.short(rich_text.shown(one), _RESULT_TEXT)) for one in texts if rich_text.shown(one)]
    picture = next((one for one in card.pictures if file_of(one, shown)), None)
    made: Json = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"{mark}*<{address}|{name}>*" if linked else f"{mark}*{name}*"},
    }
    made |= {"fields": fields} if fields else {}
    if picture:
        alt = rich_text.cut(rich_text.shown(picture.alt) or card.subject, limits.ALT)
        made["accessory"] = {"type": "image", "slack_file": {"id": file_of(picture, shown)}, "alt_text": alt}
    return made


def said(text: str) -> list[Json]:
    """Slate's own words as blocks."""
    shown = typed(rich_text.shown(text))
    return [rich_text.block([rich_text.line(*rich_text.dressed(piece))]) for piece in _few(shown, limits.CARD_TEXTS)]


def button(one: Button) -> Json:
    label = rich_text.cut(rich_text.shown(one.label) or one.verb or "…", limits.BUTTON)
    made: Json = {"type": "button", "action_id": one.action, "text": {"type": "plain_text", "text": label, "emoji": False}}
    return made | ({"style": one.style} if one.style != "plain" else {})


def _head(answer: Answer, shown: CardContext) -> list[Json]:
    """What an answer says above its cards: how it was understood, its words, and a text to copy."""
    above = "" if any(answer.text and answer.text in card.text for card in answer.cards) else answer.text
    blocks = said(above)
    blocks += _buttons(answer.buttons)
    if answer.copy:
        blocks += [
            rich_text.block([rich_text.listing(piece)])
            for piece in rich_text.pieces(typed(rich_text.shown(answer.copy)), limits.TEXT)[:8]
        ]
    if answer.chips:
        blocks.append(
            _note(rich_text.cut("Understood as: " + ", ".join(rich_text.shown(one) for one in answer.chips), limits.TEXT))
        )
    return blocks


def _title(card: Card, shown: CardContext) -> Iterator[Json]:
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


def _pictures(pictures: Sequence[Picture], shown: CardContext) -> Iterator[Json]:
    inline = [one for one in pictures if file_of(one, shown)][: limits.CARD_PICTURES]
    for one in inline:
        made: Json = {
            "type": "image",
            "slack_file": {"id": file_of(one, shown)},
            "alt_text": rich_text.cut(rich_text.shown(one.alt) or one.asset or "A picture", limits.ALT),
        }
        yield made | ({"title": _plain(f"{one.number} · {one.asset}")} if one.number else {})
    others = [one for one in pictures if one not in inline or one.sha256 not in shown.files or one.mime not in SHOWN_INLINE]
    if others:
        yield _linked(others, shown)


def file_of(picture: Picture, shown: CardContext) -> str:
    """Slack's id of what can be shown of a picture: the original, else its still."""
    return shown.files.get(picture.sha256, "") or shown.files.get(picture.preview, "")


def _linked(pictures: Sequence[Picture], shown: CardContext) -> Json:
    """Pictures that are not shown, or only as a still, by their pages."""
    elements: list[Json] = []
    for one in pictures[: limits.ACTIONS]:
        kind = rich_text.cut(rich_text.shown(one.mime), 60)
        elements.append(_page_link(one, shown))
        elements.append(rich_text.plain(f" ({kind}){_APART}" if kind else _APART))
    if len(pictures) > limits.ACTIONS:
        elements.append(rich_text.plain(f"and {len(pictures) - limits.ACTIONS} more"))
    return rich_text.block([rich_text.line(rich_text.plain("Originals: "), *elements)])


def _picture_menus(pictures: Sequence[Picture]) -> Iterator[Json]:
    """A menu a picture, where a card shows several: everything that can be done with that one alone."""
    menus = [
        menu
        for one in pictures[: limits.ACTIONS]
        if one.asset
        for menu in _select(f"menu:{one.asset}", f"Picture {one.number} …", [(each.label, each.action) for each in one.buttons])
    ]
    if menus:
        yield {"type": "actions", "elements": menus}


def _page_link(picture: Picture, shown: CardContext) -> Json:
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
            *_value(one, value),
        ]
        short = one.short and rich_text.length(value) <= 60 and "\n" not in value
        if not short or len(row) >= _BESIDE:
            lines += [_row(row)] if row else []
            row = []
        if short:
            row += [rich_text.plain(_APART), *shown] if row else shown
        else:
            lines.append(_row(shown))
    lines += [_row(row)] if row else []
    return _packed(lines)


def _value(one: Field, value: str) -> list[Json]:
    if not value:
        return []
    space = " " if one.short else "\n"
    if one.link and rich_text.length(one.link) <= limits.URL:
        return [rich_text.plain(space), rich_text.link(value, one.link)]
    return rich_text.timed(f"{space}{value}")


def _row(elements: list[Json]) -> tuple[int, list[Json]]:
    return sum(rich_text.length(one.get("text") or one.get("fallback", "")) for one in elements), elements


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
    """The first few as buttons, the rest in a menu; very many are one menu."""
    usable = list({one.action: one for one in buttons if 0 < rich_text.length(one.action) <= limits.ACTION_ID}.values())
    first = usable if len(usable) <= limits.BUTTONS else usable[: limits.BUTTONS - 1]
    first = first if len(usable) < limits.BUTTONS + limits.OVERFLOW else []
    rest = [(one.label, one.action) for one in usable if one not in first and rich_text.length(one.action) <= limits.OPTION_VALUE]
    elements = [button(one) for one in first]
    if rest and first:
        elements.append(
            {"type": "overflow", "action_id": f"menu:more:{rest[0][1]}"[: limits.ACTION_ID], "options": _options(rest)}
        )
    elif rest:
        elements += _select("menu:more", "Choose …", rest)
    left_out = len(buttons) - len(first) - min(len(rest), limits.OPTIONS)
    kept: list[Json] = [{"type": "actions", "elements": elements}] if elements else []
    return [*kept, _note(f"{left_out} more actions do not fit here; type the command instead.")] if left_out else kept


def _select(name: str, asks: str, choices: Sequence[tuple[str, str]]) -> list[Json]:
    """A menu of (label, action), or none where nothing can be chosen."""
    options = _options(choices)
    made: Json = {"type": "static_select", "action_id": name[: limits.ACTION_ID], "placeholder": _plain(asks), "options": options}
    return [made] if options else []


def _options(choices: Sequence[tuple[str, str]]) -> list[Json]:
    fitting = [(label, action) for label, action in choices if 0 < rich_text.length(action) <= limits.OPTION_VALUE]
    return [
        {"text": _plain(rich_text.cut(rich_text.shown(label) or action, limits.BUTTON)), "value": action}
        for label, action in fitting[: limits.OPTIONS]
    ]


def _footer(text: str) -> list[Json]:
    """The footer, its times in the reader's own zone; everything else is plain text."""
    words = rich_text.cut(rich_text.shown(text), limits.TEXT)
    parts = formatting.pieces(words)
    if not words or len(parts) > _CONTEXT:
        return [_note(words)] if words else []
    return [{"type": "context", "elements": [_plain(one) if isinstance(one, str) else _date(one) for one in parts]}]


def _date(at: datetime) -> Json:
    """A time as Slack's own markup, the only words of a message that Slack parses here."""
    return {"type": "mrkdwn", "text": f"<!date^{int(at.timestamp())}^{rich_text.DATE}|{formatting.when(at)}>"}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


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
