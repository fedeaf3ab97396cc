"""What Block Kit allows, as data; `problems` says what is wrong with somebody's blocks or view, in Slack's manner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulators.slack.limits import MESSAGE_BLOCKS, PRIVATE_METADATA, VIEW_BLOCKS, VIEW_TITLE

Check = Callable[[Any, str], Iterator[str]]


@dataclass(frozen=True)
class Shape:
    """An object: the fields it may have, and those it must have."""

    fields: Mapping[str, Check]
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Exactly one of these."""
    any_of: tuple[str, ...] = ()
    """At least one of these."""

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"must be an object [json-pointer:{at}]"
            return
        for name in self.needs:
            if value.get(name) is None:
                yield f"missing required field: {name} [json-pointer:{at}]"
        if self.one_of and sum(value.get(name) is not None for name in self.one_of) != 1:
            yield f"needs exactly one of {', '.join(self.one_of)} [json-pointer:{at}]"
        if self.any_of and all(value.get(name) is None for name in self.any_of):
            yield f"needs {' or '.join(self.any_of)} [json-pointer:{at}]"
        for name, inside in value.items():
            if name not in self.fields:
                yield f"invalid additional property: {name} [json-pointer:{at}]"
            elif inside is not None:
                yield from self.fields[name](inside, f"{at}/{name}")


def string(most: int, least: int = 0) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"must be a string [json-pointer:{at}]"
        elif len(value) > most:
            yield f"must be less than {most + 1} characters [json-pointer:{at}]"
        elif len(value) < least:
            yield f"must be more than {least - 1} characters [json-pointer:{at}]"

    return check


def word(*allowed: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in allowed:
            yield f"must be one of {', '.join(allowed)} [json-pointer:{at}]"

    return check


def flag(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"must be a boolean [json-pointer:{at}]"


def number(least: float, most: float) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield f"must be a whole number from {least:g} to {most:g} [json-pointer:{at}]"

    return check


def text(most: int, *kinds: str) -> Check:
    shape = Shape(
        {
            "type": word(*(kinds or ("plain_text", "mrkdwn"))),
            "text": string(most, 1),
            "emoji": flag,
            "verbatim": flag,
        },
        needs=("type", "text"),
    )

    def check(value: Any, at: str) -> Iterator[str]:
        yield from shape(value, at)
        if isinstance(value, dict) and value.get("type") == "plain_text" and "verbatim" in value:
            yield f"invalid additional property: verbatim [json-pointer:{at}]"
        if isinstance(value, dict) and value.get("type") == "mrkdwn" and "emoji" in value:
            yield f"invalid additional property: emoji [json-pointer:{at}]"

    return check


def many(most: int, check: Check, least: int = 1, unique: str = "") -> Check:
    def checks(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"must be a list [json-pointer:{at}]"
            return
        if len(value) > most:
            yield f"no more than {most} items allowed [json-pointer:{at}]"
        if len(value) < least:
            yield f"no less than {least} items allowed [json-pointer:{at}]"
        for index, one in enumerate(value):
            yield from check(one, f"{at}/{index}")
        if unique:
            names = [one.get(unique) for one in value if isinstance(one, dict) and one.get(unique)]
            yield from (f"{unique} {name} is not unique [json-pointer:{at}]" for name in set(names) if names.count(name) > 1)

    return checks


def typed(shapes: Callable[[], Mapping[str, Check]], *kinds: str) -> Check:
    """One of the shapes, told apart by `type`."""

    def check(value: Any, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in shapes() or (kinds and kind not in kinds):
            yield f"unsupported type: {kind} [json-pointer:{at}]"
            return
        yield from shapes()[kind](value, at)

    return check


PLAIN = "plain_text"
KIND = {"type": string(40)}
ID = {"action_id": string(255, 1)}
CONFIRM = Shape(
    {
        "title": text(100, PLAIN),
        "text": text(300),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
        "style": word("primary", "danger"),
    },
    needs=("title", "text", "confirm", "deny"),
)
OPTION = Shape(
    {"text": text(75), "value": string(150), "description": text(75, PLAIN), "url": string(3000)}, needs=("text", "value")
)
SLACK_FILE = Shape({"id": string(40, 1), "url": string(3000, 1)}, one_of=("id", "url"))
PLACEHOLDER = {"placeholder": text(150, PLAIN), "focus_on_load": flag}
SELECT = KIND | ID | PLACEHOLDER | {"confirm": CONFIRM}
PICTURE = {"image_url": string(3000, 1), "slack_file": SLACK_FILE, "alt_text": string(2000, 1)}
NUMBERS = string(40)

ELEMENTS: Mapping[str, Check] = {
    "button": Shape(
        KIND
        | ID
        | {
            "text": text(75, PLAIN),
            "value": string(2000),
            "url": string(3000),
            "style": word("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
        needs=("text",),
    ),
    "overflow": Shape(KIND | ID | {"options": many(5, OPTION), "confirm": CONFIRM}, needs=("options",)),
    "static_select": Shape(SELECT | {"options": many(100, OPTION), "initial_option": OPTION}, needs=("options",)),
    "external_select": Shape(SELECT | {"initial_option": OPTION, "min_query_length": number(0, 10)}),
    "users_select": Shape(SELECT | {"initial_user": string(40)}),
    "conversations_select": Shape(
        SELECT
        | {
            "initial_conversation": string(40),
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": Shape({"include": many(4, string(20)), "exclude_bot_users": flag}),
        }
    ),
    "checkboxes": Shape(
        KIND | ID | {"options": many(10, OPTION), "initial_options": many(10, OPTION), "focus_on_load": flag}, needs=("options",)
    ),
    "radio_buttons": Shape(
        KIND | ID | {"options": many(10, OPTION), "initial_option": OPTION, "focus_on_load": flag}, needs=("options",)
    ),
    "plain_text_input": Shape(
        KIND
        | ID
        | PLACEHOLDER
        | {
            "initial_value": string(3000),
            "multiline": flag,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
            "dispatch_action_config": Shape({"trigger_actions_on": many(2, string(40))}),
        }
    ),
    "number_input": Shape(
        KIND
        | ID
        | PLACEHOLDER
        | {"is_decimal_allowed": flag, "initial_value": NUMBERS, "min_value": NUMBERS, "max_value": NUMBERS},
        needs=("is_decimal_allowed",),
    ),
    "file_input": Shape(KIND | ID | {"filetypes": many(50, string(20)), "max_files": number(1, 10)}),
    "image": Shape(KIND | PICTURE, needs=("alt_text",), one_of=("image_url", "slack_file")),
}
CONTEXT: Mapping[str, Check] = {
    "image": ELEMENTS["image"],
    "plain_text": text(3000),
    "mrkdwn": text(3000),
}
STYLE = Shape({"bold": flag, "italic": flag, "strike": flag, "code": flag})
RICH_PARTS: Mapping[str, Check] = {
    "text": Shape(KIND | {"text": string(3000, 1), "style": STYLE}, needs=("text",)),
    "link": Shape(KIND | {"url": string(3000, 1), "text": string(3000, 1), "style": STYLE, "unsafe": flag}, needs=("url",)),
    "user": Shape(KIND | {"user_id": string(40, 1), "style": STYLE}, needs=("user_id",)),
    "date": Shape(
        KIND
        | {"timestamp": number(0, 2**40), "format": string(200, 1), "fallback": string(200), "url": string(3000), "style": STYLE},
        needs=("timestamp", "format"),
    ),
    "emoji": Shape(KIND | {"name": string(100, 1), "style": STYLE}, needs=("name",)),
}
RICH_SECTIONS: Mapping[str, Check] = {
    "rich_text_section": Shape(KIND | {"elements": many(1000, typed(lambda: RICH_PARTS))}, needs=("elements",)),
    "rich_text_preformatted": Shape(
        KIND | {"elements": many(1000, typed(lambda: RICH_PARTS, "text", "link")), "border": number(0, 1)}, needs=("elements",)
    ),
    "rich_text_quote": Shape(KIND | {"elements": many(1000, typed(lambda: RICH_PARTS))}, needs=("elements",)),
}
PRESSED = tuple(kind for kind in ELEMENTS if kind not in ("plain_text_input", "number_input", "file_input", "image"))
ASKED = tuple(kind for kind in ELEMENTS if kind not in ("button", "overflow", "image"))
BLOCK = {"type": string(40), "block_id": string(255, 1)}

BLOCKS: Mapping[str, Check] = {
    "section": Shape(
        BLOCK
        | {
            "text": text(3000),
            "fields": many(10, text(2000)),
            "accessory": typed(lambda: ELEMENTS, *PRESSED, "image"),
            "expand": flag,
        },
        any_of=("text", "fields"),
    ),
    "header": Shape(BLOCK | {"text": text(150, PLAIN)}, needs=("text",)),
    "divider": Shape(BLOCK),
    "context": Shape(BLOCK | {"elements": many(10, typed(lambda: CONTEXT))}, needs=("elements",)),
    "actions": Shape(BLOCK | {"elements": many(25, typed(lambda: ELEMENTS, *PRESSED), unique="action_id")}, needs=("elements",)),
    "image": Shape(BLOCK | PICTURE | {"title": text(2000, PLAIN)}, needs=("alt_text",), one_of=("image_url", "slack_file")),
    "input": Shape(
        BLOCK
        | {
            "label": text(2000, PLAIN),
            "hint": text(2000, PLAIN),
            "element": typed(lambda: ELEMENTS, *ASKED),
            "optional": flag,
            "dispatch_action": flag,
        },
        needs=("label", "element"),
    ),
    "rich_text": Shape(BLOCK | {"elements": many(100, typed(lambda: RICH_SECTIONS))}, needs=("elements",)),
    "markdown": Shape(BLOCK | {"text": string(12_000, 1)}, needs=("text",)),
    "alert": Shape(
        BLOCK | {"text": text(3000), "level": word("default", "info", "warning", "error", "success")}, needs=("text",)
    ),
}
ONLY_IN_VIEWS = ("alert",)
ONLY_IN_MESSAGES = ("markdown",)


def problems(blocks: Any, surface: str = "message") -> list[str]:
    """What Slack would say of these blocks on a surface: message, modal or home."""
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    found = list(many(most, typed(lambda: BLOCKS), least=0, unique="block_id")(blocks, "/blocks"))
    if found or not isinstance(blocks, list):
        return found
    for index, block in enumerate(blocks):
        banned = ONLY_IN_VIEWS if surface != "modal" else ONLY_IN_MESSAGES
        if block["type"] in banned:
            found.append(f"unsupported type: {block['type']} [json-pointer:/blocks/{index}]")
        if block.get("element", {}).get("type") == "file_input" and surface != "modal":
            found.append(f"unsupported type: file_input [json-pointer:/blocks/{index}/element]")
        found += _odd(block, f"/blocks/{index}")
        found += [f"rich text is too long [json-pointer:/blocks/{index}]"] if rich_length(block) > 3000 else []
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > 12_000:
        found.append("markdown text is too long [json-pointer:/blocks]")
    return found


def _odd(block: dict[str, Any], at: str) -> Iterator[str]:
    """What the shapes alone do not say."""
    element = block.get("element") or block.get("accessory") or {}
    for name, among in (("initial_option", "options"),):
        chosen = element.get(name)
        if chosen is not None and element.get(among) is not None and chosen not in element[among]:
            yield f"initial_option is not one of the options [json-pointer:{at}]"
    if any(one not in element.get("options", []) for one in element.get("initial_options", [])):
        yield f"initial_options are not among the options [json-pointer:{at}]"
    initial, most = element.get("initial_value"), element.get("max_length")
    if element.get("type") == "plain_text_input" and initial is not None and most is not None and len(initial) > most:
        yield f"initial_value is longer than max_length [json-pointer:{at}]"


def rich_length(block: dict[str, Any]) -> int:
    """Characters of a rich text block. Its limit is not written down: held to that of every other text."""
    sections = block["elements"] if block["type"] == "rich_text" else []
    return sum(len(part.get("text", "")) for section in sections for part in section["elements"])


VIEW = Shape(
    {
        "type": word("modal", "home"),
        "title": text(VIEW_TITLE, PLAIN),
        "submit": text(VIEW_TITLE, PLAIN),
        "close": text(VIEW_TITLE, PLAIN),
        "blocks": lambda _value, _at: iter(()),
        "private_metadata": string(PRIVATE_METADATA),
        "callback_id": string(255),
        "external_id": string(255),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
    needs=("type", "blocks"),
)


def view_problems(view: Any) -> list[str]:
    """What Slack would say of a modal or a home tab."""
    found = list(VIEW(view, ""))
    if found:
        return found
    if view["type"] == "modal":
        if not view.get("title"):
            found.append("missing required field: title [json-pointer:]")
        if any(block.get("type") == "input" for block in view["blocks"]) and not view.get("submit"):
            found.append("missing required field: submit [json-pointer:]")
    return found + problems(view["blocks"], view["type"])
