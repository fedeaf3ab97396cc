"""Renders a Card as Discord components: a container in the colour of its tone, with text, pictures, buttons; within the limits.

What does not fit degrades where everybody can see it: a text is cut and the whole of it is a file below, pictures beyond ten are
counted, a file that is too large is its preview and a note, a button that cannot be one is a command to type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from discord import MediaGalleryItem, SelectOption, ui
from discord.enums import ButtonStyle

from bot import formatting
from bot.cards import Button, Card, Field, Progress, Tone
from bot.discord import limits
from bot.discord.markdown import bare, fitted, linked, marked, plain, size
from bot.discord.pictures import MessagePictures, Upload, shown, thumbnail

COLOURS: dict[Tone, int | None] = {
    "plain": None,
    "queued": 0x8A8F98,
    "running": 0x3B82F6,
    "done": 0x6D5BD0,
    "failed": 0xD9480F,
    "cancelled": 0x5C6068,
    "error": 0xF08C00,
    "approved": 0x2F9E44,
    "proved": 0x0CA678,
    "rejected": 0xC92A2A,
}
_STYLES = {"plain": ButtonStyle.secondary, "primary": ButtonStyle.primary, "danger": ButtonStyle.danger}
_OURS = ("error", "failed")
"""Tones of cards whose text is a sentence of ours."""
_TITLE = 250
_LABEL = 60
_FOOTER = 200
_MOST_BUTTONS = 25
_MENUS = 5
"""Pictures of a card that have a menu each."""
_BAR = 12
_ROOM = limits.TEXT - 1200
"""Characters for text and values; the rest is for title, footer and notes."""


@dataclass(frozen=True)
class Dressed:
    """One thing for a message: what is looked at, and the files it needs."""

    item: ui.Item[ui.LayoutView]
    uploads: tuple[Upload, ...] = ()


@dataclass
class _Written:
    """The words of a card as they fit, and what became of the rest."""

    lines: list[str] = field(default_factory=list)
    whole: str = ""
    """The complete text, when something was cut."""


def dress(card: Card, *, base_url: str, file_bytes: int = limits.FILE_BYTES, so_far: Upload | None = None) -> Dressed:
    """The card as a container that fills one message at most; `so_far` is how the render looks that it tells of."""
    written = _write(card)
    overflow = (Upload(f"{_file_name(card)}.txt", text=written.whole),) if written.whole else ()
    seen = shown(card.pictures, most=limits.GALLERY - len(overflow) - bool(so_far), file_bytes=file_bytes)
    seen = replace(seen, gallery=(so_far, *seen.gallery)) if so_far else seen
    page = page_of(base_url, card.link)
    buttons, typed = _buttons(card.buttons)
    items: list[ui.Item[ui.LayoutView]] = [ui.TextDisplay("\n".join(written.lines))]
    items += _gallery(seen)
    items += picture_menus(card)
    items += [ui.File(one.address) for one in (*seen.files, *overflow)]
    items += _notes(card, seen, typed, bool(written.whole))
    items += _rows([*buttons, *([ui.Button(label="Open", url=page)] if page else [])])
    return Dressed(ui.Container(*items, accent_colour=COLOURS[card.tone]), (*seen.uploads, *overflow))


def dress_small(card: Card, *, base_url: str) -> Dressed:
    """The card as one entry of a list: two lines, a small picture, and a menu of everything its buttons do."""
    facts = " · ".join(f"{plain(one.label)} {fitted(one.value, 80)}" for one in card.fields if one.short and one.value)
    title = f"**{fitted(card.title, 160) or 'Slate'}**"
    page = page_of(base_url, card.link)
    lines = [f"{title} · [open]({page})" if page and ")" not in page else title, facts and f"-# {_one_line(facts, 380)}"]
    text: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay("\n".join(line for line in lines if line))
    small = next((one for picture in card.pictures if (one := thumbnail(picture))), None)
    items: list[ui.Item[ui.LayoutView]] = []
    if small:
        items.append(ui.Section(text, accessory=ui.Thumbnail(small.address, description=small.alt)))
    else:
        items.append(text)
    items += menu_of(card)
    return Dressed(ui.Container(*items, accent_colour=COLOURS[card.tone]), (small,) if small else ())


def menu_of(card: Card) -> list[ui.Item[ui.LayoutView]]:
    """The card's buttons as one menu."""
    fitting = {one.action: one for one in card.buttons if size(one.action) <= limits.OPTION_VALUE}
    if not fitting or size(f"menu:{card.subject}") > limits.CUSTOM_ID:
        return []
    return [_menu(f"menu:{card.subject}", f"{card.subject or 'More'} …", list(fitting.values()))]


def picture_menus(card: Card) -> list[ui.Item[ui.LayoutView]]:
    """What can be done with each of several pictures alone: a menu a picture, or of many pictures one that shows one of them."""
    numbered = [one for one in card.pictures if one.buttons and one.asset]
    if len(numbered) <= _MENUS:
        return [_menu(f"menu:{one.asset}", f"Picture {one.number} ({one.asset}) …", one.buttons) for one in numbered]
    shown = [Button("whatis", one.asset, f"{one.number} · {one.asset}") for one in numbered]
    return [_menu(f"menu:{card.subject}", "Show one picture …", shown)]


def _menu(name: str, asks: str, buttons: Sequence[Button]) -> ui.Item[ui.LayoutView]:
    options = [SelectOption(label=bare(one.label, limits.OPTION_LABEL) or one.verb, value=one.action) for one in buttons]
    return ui.ActionRow(ui.Select(custom_id=name, placeholder=bare(asks, limits.PLACEHOLDER), options=options[: limits.OPTIONS]))


def page_of(base_url: str, link: str) -> str:
    """The address of a card's page, or empty where Discord could not open it."""
    address = f"{base_url}{link}" if link.startswith("/") else link
    return address if link and urlsplit(address).scheme in ("http", "https") and size(address) <= limits.URL else ""


def _write(card: Card) -> _Written:
    """Title, text, facts, progress and footer, the longest of them cut as far as it takes."""
    fields, dropped = _that_fit(card.fields)
    values = [card.text, *(one.value for one in fields)]
    ours = marked if card.tone in _OURS else plain
    fixed = sum(size(_labelled(one, "")) + 3 for one in fields)
    cap = _cap([size(plain(value)) for value in values], _ROOM - fixed)
    facts = [
        linked(one.value, one.link) if one.link and size(one.link) <= limits.URL else fitted(one.value, cap) for one in fields
    ]
    title = fitted(card.title, _TITLE, ours if card.tone == "error" else plain)
    text = "" if card.text in card.title else fitted(card.text, cap, ours)
    lines = [f"### {title or 'Slate'}", text, *_facts(fields, facts)]
    lines += [bar(card.progress)] if card.progress else []
    cut = dropped or any(size(plain(value)) > cap for value in values) or size(plain(card.title)) > _TITLE
    return _Written([line for line in lines if line], _whole(card) if cut else "")


def _that_fit(fields: Sequence[Field]) -> tuple[list[Field], bool]:
    """As many fields as have room for their labels, and whether any is left out."""
    kept: list[Field] = []
    room = _ROOM // 2
    for one in fields:
        room -= size(_labelled(one, "")) + 3
        if room < 0:
            return kept, True
        if one.value:
            kept.append(one)
    return kept, False


def _facts(fields: Sequence[Field], values: Sequence[str]) -> Iterable[str]:
    """Short facts side by side, long ones each on lines of their own."""
    beside = ""
    for one, value in zip(fields, values, strict=True):
        line = _labelled(one, value)
        if one.short and "\n" not in value and size(value) <= 60:
            beside = f"{beside} · {line}" if beside else line
            continue
        if beside:
            yield beside
        beside = ""
        yield line
    if beside:
        yield beside


def _labelled(one: Field, value: str) -> str:
    label = fitted(one.label, _LABEL)
    between = "\n" if not one.short and ("\n" in value or size(value) > 60) else " "
    return f"**{label}**{between}{value}" if label else value


def bar(progress: Progress) -> str:
    """`▰▰▰▱▱▱ 50 % · step 12/28 · about 9 s left`."""
    full = round(min(1.0, max(0.0, progress.done)) * _BAR)
    left = f"{formatting.about(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    parts = (f"{progress.done:.0%}", fitted(progress.label, 120), left)
    return f"{'▰' * full}{'▱' * (_BAR - full)} " + " · ".join(part for part in parts if part)


def _gallery(seen: MessagePictures) -> list[ui.Item[ui.LayoutView]]:
    if not seen.gallery:
        return []
    return [ui.MediaGallery(*(MediaGalleryItem(one.address, description=one.alt) for one in seen.gallery))]


def _notes(card: Card, seen: MessagePictures, typed: str, cut: bool) -> list[ui.Item[ui.LayoutView]]:
    notes = [*seen.notes, *(["The full text is in the file"] if cut else []), *([f"Type {typed}"] if typed else [])]
    lines = [_one_line(plain(note), 150) for note in notes]
    lines += [fitted(card.footer.replace("\n", " "), _FOOTER)] if card.footer else []
    return [ui.TextDisplay("\n".join(f"-# {line}" for line in lines))] if lines else []


def _buttons(buttons: Sequence[Button]) -> tuple[list[ui.Button[ui.LayoutView]], str]:
    """Those that can be buttons, each action once, and the rest as commands to type."""
    once = {one.action: one for one in buttons}
    able = [one for one in once.values() if size(one.action) <= limits.CUSTOM_ID][: _MOST_BUTTONS - 1]
    others = [f"/{one.verb} {one.subject}" for one in once.values() if one not in able]
    return [button(one) for one in able], ", ".join(others)


def button(one: Button) -> ui.Button[ui.LayoutView]:
    label = bare(one.label, limits.BUTTON_LABEL) or one.verb
    return ui.Button(label=label, style=_STYLES[one.style], custom_id=one.action)


def _rows(buttons: Sequence[ui.Button[ui.LayoutView]]) -> list[ui.Item[ui.LayoutView]]:
    return [ui.ActionRow(*buttons[at : at + limits.ROW]) for at in range(0, len(buttons), limits.ROW)]


def _cap(lengths: Sequence[int], room: int) -> int:
    """How long each may be so that together they have `room`: the short ones stay whole, the long ones share what is left.

    >>> _cap([10, 10], 100), _cap([10, 500, 500], 100)
    (100, 45)
    """
    left, many = room, len(lengths)
    for length in sorted(lengths):
        if length * many > left:
            return max(0, left // many)
        left, many = left - length, many - 1
    return room


def _one_line(text: str, most: int) -> str:
    line = text.replace("\n", " ")
    return line if size(line) <= most else line[: most // 2 - 1].rstrip("\\ ") + "…"


def _whole(card: Card) -> str:
    facts = "\n".join(_fact(one) for one in card.fields)
    return "\n\n".join(part for part in (card.title, card.text, facts, card.footer) if part)


def _file_name(card: Card) -> str:
    return "".join(letter for letter in card.subject if letter.isascii() and (letter.isalnum() or letter == "-")) or "text"


def _fact(one: Field) -> str:
    """The field as a line of plain text, its value letter by letter."""
    label = f"{one.label}: " if one.label else ""
    return f"{label}{one.value} {one.link}" if one.link else f"{label}{one.value}"
