"""Packs an Answer, its text and cards, into as few messages as the limits allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from discord import ui

from bot.cards import Answer, Card
from bot.discord import limits
from bot.discord.components import Dressed, button, dress, dress_small
from bot.discord.markdown import block, fitted, marked, size
from bot.discord.pictures import Upload

_LISTED = 2
"""From so many cards with pictures on, each is an entry of a list."""
_SENTENCE = 1800
_COPIED = 3500


@dataclass
class Message:
    """What goes into one message."""

    items: list[ui.Item[ui.LayoutView]] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    """File name -> file."""
    weighs: int = 0
    """Components, nested ones included."""
    text: int = 0
    """Characters of all texts."""

    def takes(self, one: Dressed) -> bool:
        """Whether there is room for it, and none of its actions and files is there already."""
        components, text = weight(one.item)
        names = {upload.name: upload for upload in one.uploads}
        return (
            self.weighs + components <= limits.COMPONENTS
            and self.text + text <= limits.TEXT
            and len(self.uploads | names) <= limits.ATTACHMENTS
            and not actions(one.item) & set().union(*(actions(item) for item in self.items))
            and all(self.uploads.get(name, upload) == upload for name, upload in names.items())
        )

    def put(self, one: Dressed) -> None:
        components, text = weight(one.item)
        self.items.append(one.item)
        self.uploads |= {upload.name: upload for upload in one.uploads}
        self.weighs += components
        self.text += text

    def components_json(self) -> list[dict[str, Any]]:
        """The message as it goes over the wire."""
        return [dict(item.to_component_dict()) for item in self.items]

    def view(self) -> ui.LayoutView:
        """The message as discord.py sends it. It waits for nobody: what is pressed is answered by bot/discord/buttons.py."""
        made = ui.LayoutView(timeout=None)
        for item in self.items:
            made.add_item(item)
        made.stop()
        return made


def of_card(card: Card, *, base_url: str, file_bytes: int = limits.FILE_BYTES, so_far: Upload | None = None) -> Message:
    """The one message of a card."""
    made = Message()
    made.put(dress(card, base_url=base_url, file_bytes=file_bytes, so_far=so_far))
    return made


def of_answer(answer: Answer, *, base_url: str, file_bytes: int = limits.FILE_BYTES) -> list[Message]:
    """The messages of an answer, in order; none when it has nothing to show."""
    pictured = sum(bool(card.pictures) for card in answer.cards)
    listed = pictured >= _LISTED
    parts = [*_words(answer)]
    for card in answer.cards:
        small = listed and bool(card.pictures)
        parts.append(dress_small(card, base_url=base_url) if small else dress(card, base_url=base_url, file_bytes=file_bytes))
    return packed(parts)


def packed(parts: Sequence[Dressed]) -> list[Message]:
    messages: list[Message] = []
    for one in parts:
        if not messages or not messages[-1].takes(one):
            messages.append(Message())
        messages[-1].put(one)
    return messages


def weight(item: ui.Item[ui.LayoutView]) -> tuple[int, int]:
    """(components, characters of text) of an item, everything in it included."""
    found = list(_walk(item.to_component_dict()))
    return len(found), sum(size(str(one.get("content", ""))) for one in found)


def actions(item: ui.Item[ui.LayoutView]) -> set[str]:
    """Every custom id in the item: no two in a message may be the same."""
    return {str(one["custom_id"]) for one in _walk(item.to_component_dict()) if one.get("custom_id")}


def _walk(component: Any) -> Iterable[dict[str, Any]]:
    yield component
    for one in component.get("components", ()):
        yield from _walk(one)
    if "accessory" in component:
        yield from _walk(component["accessory"])


def _words(answer: Answer) -> Iterable[Dressed]:
    """The sentence, how it was understood, and the text to copy."""
    said = any(answer.text in card.text for card in answer.cards)
    lines = [fitted(answer.text, _SENTENCE, marked)] if answer.text and not said else []
    if answer.chips:
        lines.append(f"-# understood as {fitted(' · '.join(answer.chips), 400)}")
    copied = block(answer.copy) if answer.copy and size(answer.copy) <= _COPIED - _SENTENCE else ""
    lines += [copied] if copied else []
    if lines:
        yield Dressed(ui.TextDisplay("\n".join(lines)))
    if answer.buttons:
        yield Dressed(ui.ActionRow(*map(button, answer.buttons[: limits.ROW])))
    if answer.copy and not copied:
        whole = Upload("command.txt", text=answer.copy)
        yield Dressed(ui.File(whole.address), (whole,))
    if size(marked(answer.text)) > _SENTENCE and not said:
        whole = Upload("answer.txt", text=answer.text)
        yield Dressed(ui.File(whole.address), (whole,))
