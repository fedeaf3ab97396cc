"""What Discord refuses: payloads of messages, modals and commands against the table of limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.simulators.discord import limits
from tests.simulators.discord.world import COMPONENTS_V2, Json

ROW, BUTTON, SELECT, INPUT, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = (
    1, 2, 3, 4, 9, 10, 11, 12, 13, 14, 17, 18,
)  # fmt: skip
UPLOAD, RADIO, CHECKS, CHECK = 19, 21, 22, 23
_INSIDE = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
_SELECTS = (3, 5, 6, 7, 8)


class Invalid(Exception):
    """Form error 50035, or another code; `where` is the path of the field."""

    def __init__(self, where: str, why: str, *, code: int = 50035, status: int = 400) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why, self.code, self.status = where, why, code, status

    def json(self) -> Json:
        if self.code != 50035:
            return {"message": self.why, "code": self.code}
        errors: Json = {"_errors": [{"code": "INVALID", "message": self.why}]}
        for part in reversed(self.where.split(".")):
            errors = {part: errors}
        return {"message": "Invalid Form Body", "code": 50035, "errors": errors}


def units(text: str) -> int:
    """Characters as UTF-16 counts them, the strictest way."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check(true: object, where: str, why: str) -> None:
    if not true:
        raise Invalid(where, why)


def length(value: object, bounds: tuple[int, int] | int, where: str) -> None:
    low, high = bounds if isinstance(bounds, tuple) else (0, bounds)
    check(isinstance(value, str), where, "This field is required")
    check(low <= units(str(value)) <= high, where, f"Must be between {low} and {high} in length.")


def message(payload: Mapping[str, Any], files: Mapping[str, int], flags: int) -> None:
    """Raise Invalid for what Discord would not take; `files` are the names and sizes of all that is attached in the end."""
    content, components = payload.get("content") or "", payload.get("components") or []
    check(not payload.get("embeds"), "embeds", "this simulator knows no embeds, as Slate sends none")
    check(len(files) <= limits.FILES, "attachments", f"Must be {limits.FILES} or fewer in length.")
    for name, many in files.items():
        if many > limits.FILE_BYTES:
            raise Invalid(name, "Request entity too large", code=40005, status=413)
    if flags & COMPONENTS_V2:
        check(not content, "content", "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2")
        check(components, "components", "a message of components has some")
        layout(components, files)
    else:
        length(content, limits.CONTENT, "content")
        check(all(one.get("type") == ROW for one in components), "components", "Only rows without IS_COMPONENTS_V2.")
        if not content and not components and not files:
            raise Invalid("", "Cannot send an empty message", code=50006)
        for at, one in enumerate(components):
            _row(one, f"components.{at}")
    unique(components, "components")


def layout(components: Sequence[Json], files: Mapping[str, int]) -> None:
    found = list(walk(components))
    check(len(found) <= limits.COMPONENTS, "components", f"Must be {limits.COMPONENTS} or fewer in length, nested included.")
    text = sum(units(one["content"]) for one in found if one["type"] == TEXT)
    check(text <= limits.COMPONENT_TEXT, "components", f"All text together is {text} long, more than {limits.COMPONENT_TEXT}.")
    for at, one in enumerate(components):
        check(one.get("type") in (*_INSIDE, CONTAINER), f"components.{at}", f"type {one.get('type')} may not stand here")
        _part(one, f"components.{at}", files)


def _part(one: Json, where: str, files: Mapping[str, int]) -> None:
    kind = one.get("type")
    if kind == CONTAINER:
        check(one.get("components"), where, "a container has children")
        for at, child in enumerate(one["components"]):
            check(child.get("type") in _INSIDE, f"{where}.components.{at}", f"type {child.get('type')} may not stand here")
            _part(child, f"{where}.components.{at}", files)
    elif kind == ROW:
        _row(one, where)
    elif kind == SECTION:
        texts = one.get("components") or []
        check(limits.SECTION_TEXTS[0] <= len(texts) <= limits.SECTION_TEXTS[1], where, "a section has one to three texts")
        check(all(child.get("type") == TEXT for child in texts), where, "a section has texts only")
        accessory = one.get("accessory") or {}
        check(accessory.get("type") in (BUTTON, THUMBNAIL), f"{where}.accessory", "a button or a thumbnail")
        for child in (*texts, accessory):
            _part(child, where, files)
    elif kind == TEXT:
        length(one.get("content"), (1, limits.COMPONENT_TEXT), f"{where}.content")
    elif kind == THUMBNAIL:
        _media(one.get("media"), one.get("description"), where, files)
    elif kind == GALLERY:
        items = one.get("items") or []
        check(limits.GALLERY[0] <= len(items) <= limits.GALLERY[1], where, "a gallery has one to ten pictures")
        for at, item in enumerate(items):
            _media(item.get("media"), item.get("description"), f"{where}.items.{at}", files)
    elif kind == FILE:
        address = str((one.get("file") or {}).get("url"))
        check(address.startswith("attachment://"), where, "a file component takes attachments only")
        _media(one.get("file"), None, where, files)
    elif kind == BUTTON:
        _button(one, where)


def _media(media: Any, description: str | None, where: str, files: Mapping[str, int]) -> None:
    address = str((media or {}).get("url", ""))
    check(urlsplit(address).scheme in ("http", "https", "attachment"), where, "Not a well formed URL.")
    if address.startswith("attachment://"):
        check(address.removeprefix("attachment://") in files, where, f"{address} is not attached")
    if description is not None:
        length(description, (1, limits.DESCRIPTION), f"{where}.description")


def _row(row: Json, where: str) -> None:
    children = row.get("components") or []
    kinds = {child.get("type") for child in children}
    check(children, where, "a row is never empty")
    if kinds == {BUTTON}:
        check(len(children) <= limits.ROW_BUTTONS, where, "five buttons a row")
        for at, child in enumerate(children):
            _button(child, f"{where}.components.{at}")
    else:
        check(len(children) == 1 and kinds <= set(_SELECTS), where, "one select, or buttons")
        _select(children[0], f"{where}.components.0")


def _button(one: Json, where: str) -> None:
    check(one.get("label") or one.get("emoji"), where, "a button has a label or an emoji")
    length(one.get("label") or "", limits.BUTTON_LABEL, f"{where}.label")
    if one.get("style") == 5:
        length(one.get("url"), (1, limits.BUTTON_URL), f"{where}.url")
        check(urlsplit(one["url"]).scheme in ("http", "https", "discord"), f"{where}.url", "Not a well formed URL.")
        check("custom_id" not in one, where, "a link has no custom_id")
    else:
        check(one.get("style") in (1, 2, 3, 4), f"{where}.style", "unknown style")
        check("url" not in one, where, "only a link has an url")
        length(one.get("custom_id"), limits.CUSTOM_ID, f"{where}.custom_id")


def _select(one: Json, where: str) -> None:
    length(one.get("custom_id"), limits.CUSTOM_ID, f"{where}.custom_id")
    length(one.get("placeholder") or "", limits.PLACEHOLDER, f"{where}.placeholder")
    if one["type"] != SELECT:
        return
    options = one.get("options") or []
    check(limits.SELECT_OPTIONS[0] <= len(options) <= limits.SELECT_OPTIONS[1], f"{where}.options", "1 to 25 options")
    for at, option in enumerate(options):
        length(option.get("label"), limits.OPTION_LABEL, f"{where}.options.{at}.label")
        length(option.get("value"), limits.OPTION_VALUE, f"{where}.options.{at}.value")
        length(option.get("description") or "", 100, f"{where}.options.{at}.description")
    check(len({option["value"] for option in options}) == len(options), f"{where}.options", "values are unique")
    most = one.get("max_values", 1)
    check(sum(bool(option.get("default")) for option in options) <= most, f"{where}.options", "too many defaults")


def modal(data: Json) -> None:
    length(data.get("title"), limits.MODAL_TITLE, "data.title")
    length(data.get("custom_id"), limits.CUSTOM_ID, "data.custom_id")
    parts = data.get("components") or []
    check(limits.MODAL_COMPONENTS[0] <= len(parts) <= limits.MODAL_COMPONENTS[1], "data.components", "1 to 5 components")
    for at, part in enumerate(parts):
        where = f"data.components.{at}"
        check(part.get("type") in (LABEL, TEXT), where, "labels and texts only")
        if part["type"] == LABEL:
            length(part.get("label"), limits.LABEL, f"{where}.label")
            length(part.get("description") or "", limits.LABEL_DESCRIPTION, f"{where}.description")
            _field(part.get("component") or {}, f"{where}.component")
    unique([part["component"] for part in parts if part["type"] == LABEL], "data.components")


def _field(one: Json, where: str) -> None:
    kind = one.get("type")
    length(one.get("custom_id"), limits.CUSTOM_ID, f"{where}.custom_id")
    if kind == INPUT:
        check(one.get("style") in (1, 2), where, "unknown style")
        check(not one.get("label"), where, "the label is outside")
        length(one.get("placeholder") or "", limits.INPUT_PLACEHOLDER, f"{where}.placeholder")
        most = one.get("max_length") or limits.INPUT_LENGTH
        check(1 <= most <= limits.INPUT_LENGTH, f"{where}.max_length", "1 to 4000")
        length(one.get("value") or "", most, f"{where}.value")
    elif kind in _SELECTS:
        _select(one, where)
    elif kind == UPLOAD:
        low, high = one.get("min_values", 1), one.get("max_values", 1)
        check(limits.UPLOADS[0] <= low <= limits.UPLOADS[1] and 1 <= high <= limits.UPLOADS[1], where, "0 to 10 files")
    elif kind in (RADIO, CHECKS):
        options = one.get("options") or []
        check(limits.RADIO_OPTIONS[0] - (kind == CHECKS) <= len(options) <= limits.RADIO_OPTIONS[1], where, "2 to 10 options")
    else:
        check(kind == CHECK, where, f"type {kind} may not stand in a label")


def commands(every: Sequence[Json]) -> None:
    """A whole set of commands, as a bulk overwrite brings it."""
    chat = [one for one in every if one.get("type", 1) == 1]
    check(len(chat) <= limits.COMMANDS, "", "Maximum number of application commands reached (100).")
    for kind in (2, 3):
        check(len([one for one in every if one.get("type") == kind]) <= limits.MENUS, "", "too many menu commands")
    names = [(one.get("type", 1), one.get("name")) for one in every]
    check(len(set(names)) == len(names), "", "Application command names must be unique")
    for at, one in enumerate(every):
        _command(one, str(at))


def _command(one: Json, where: str) -> None:
    if one.get("type", 1) != 1:
        length(one.get("name"), (1, 32), f"{where}.name")
        check(not one.get("description") and not one.get("options"), where, "a menu has neither description nor options")
        return
    _name(one, where)
    options = one.get("options") or []
    check(len(options) <= limits.COMMAND_OPTIONS, f"{where}.options", "Must be 25 or fewer in length.")
    needed = [bool(option.get("required")) for option in options]
    check(needed == sorted(needed, reverse=True), f"{where}.options", "Required options must be placed before non-required")
    check(len({option["name"] for option in options}) == len(options), f"{where}.options", "Option names must be unique")
    for at, option in enumerate(options):
        _name(option, f"{where}.options.{at}")
        _choices(option, f"{where}.options.{at}")
    check(_characters(one) <= limits.COMMAND_CHARACTERS, where, "Command exceeds maximum size (8000)")


def _name(one: Json, where: str) -> None:
    name = str(one.get("name"))
    check(limits.COMMAND_NAME.fullmatch(name) and name == name.lower(), f"{where}.name", "APPLICATION_COMMAND_INVALID_NAME")
    length(one.get("description"), limits.COMMAND_DESCRIPTION, f"{where}.description")


def _choices(option: Json, where: str) -> None:
    choices = option.get("choices") or []
    check(not (choices and option.get("autocomplete")), where, "either choices or autocompletion")
    check(len(choices) <= limits.CHOICES, f"{where}.choices", "Must be 25 or fewer in length.")
    completions(choices, where)
    for name in ("min_length", "max_length"):
        if option.get(name) is not None:
            check(option["type"] == 3 and 0 <= option[name] <= limits.STRING_OPTION, f"{where}.{name}", "0 to 6000, for texts")


def completions(choices: Sequence[Json], where: str = "data.choices") -> None:
    check(len(choices) <= limits.CHOICES, where, "Must be 25 or fewer in length.")
    for at, one in enumerate(choices):
        length(one.get("name"), limits.CHOICE_NAME, f"{where}.{at}.name")
        if isinstance(one.get("value"), str):
            length(one["value"], (1, limits.CHOICE_VALUE), f"{where}.{at}.value")


def _characters(one: Json) -> int:
    own = len(str(one.get("name", ""))) + len(str(one.get("description", ""))) + len(str(one.get("value", "")))
    return own + sum(_characters(child) for child in (*(one.get("options") or ()), *(one.get("choices") or ())))


def unique(components: Iterable[Json], where: str) -> None:
    ids = [one["custom_id"] for one in walk(components) if one.get("custom_id")]
    check(len(set(ids)) == len(ids), where, "Component custom id cannot be duplicated")


def walk(components: Iterable[Json]) -> Iterable[Json]:
    """Every component, nested ones and accessories too."""
    for one in components:
        yield one
        yield from walk(one.get("components") or ())
        if one.get("accessory"):
            yield one["accessory"]


def pinged(payload: Mapping[str, Any]) -> list[str]:
    """Whom a message would make a sound for: what its text mentions and `allowed_mentions` does not close."""
    texts = [payload.get("content") or "", *(one.get("content", "") for one in walk(payload.get("components") or ()))]
    said = re.findall(r"@everyone|@here|<@[!&]?\d+>", "\n".join(texts))
    allowed = payload.get("allowed_mentions")
    if allowed is None:
        return said
    kinds = set(allowed.get("parse") or ())
    named = {*(allowed.get("users") or ()), *(allowed.get("roles") or ())}
    return [one for one in said if _kind(one) in kinds or re.sub(r"\D", "", one) in named]


def _kind(mention: str) -> str:
    return "everyone" if mention in ("@everyone", "@here") else "roles" if "&" in mention else "users"
