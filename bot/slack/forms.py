"""A Form in Slack's clothes: a modal that is filled with the previous values, and a filled modal read back as values.

A text longer than one field continues in the next; a menu with more choices than Slack lists asks for them while somebody types;
a choice longer than Slack's values goes by its number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from bot.cards import Choice, Form, FormField
from bot.slack import limits
from bot.slack.rich_text import Json, cut, shown

FORM = "form"
"""callback_id of every form of a command."""
_PIECE = limits.INPUT - 200
"""Characters of a long text put into one field, so that there is room to write."""
_SUGGESTED = 8
"""Names of models that a field's hint gives."""
_YES = ("yes", "true", "on", "1")
_MORE = "#more"
_FILE = "#file"


def modal(form: Form, along: Mapping[str, str]) -> Json:
    """The form as a modal; `along` comes back with it unseen."""
    blocks = [block for one in form.fields for block in _inputs(one)]
    if len(blocks) > limits.VIEW_BLOCKS:
        left_out = len(blocks) - limits.VIEW_BLOCKS + 1
        blocks = [
            *blocks[: limits.VIEW_BLOCKS - 1],
            _note(f"{left_out} more do not fit here; type them as name:value."),
        ]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": carry({**along, "command": form.command}),
        "title": plain(form.title, limits.TITLE),
        "submit": plain(form.submit, limits.TITLE),
        "close": plain("Cancel", limits.TITLE),
        "blocks": blocks or [_note("There is nothing to fill in.")],
    }


def carry(facts: Mapping[str, str]) -> str:
    """What a form carries along unseen: a command, a channel, a thread; within Slack's limit."""
    return json.dumps({name: value[: limits.METADATA // 5] for name, value in facts.items() if value}, ensure_ascii=False)


def carried(view: Json) -> dict[str, str]:
    """What was carried along."""
    found: dict[str, str] = json.loads(view.get("private_metadata") or "{}")
    return found


def values(view: Json) -> tuple[dict[str, str], list[Json]]:
    """(values by input, files in the order of the fields) of a filled modal."""
    found: dict[str, str] = {}
    files: list[Json] = []
    for block in view["state"]["values"].values():
        for name, state in block.items():
            own, _, part = name.partition("#")
            if f"#{part}".startswith(_FILE):
                files += state.get("files") or []
                found.setdefault(own, "")
            else:
                found[own] = found.get(own, "") + _value(state)
    return found, files


def block_of(view: Json, name: str) -> str:
    """The block below which a complaint about an input belongs: its own, else the last one that takes complaints."""
    asking = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    own = [one for one in asking if one.split("#")[0] == f"f:{name}"]
    return own[0] if own else asking[-1] if asking else ""


def options(choices: Sequence[Choice], typed: str) -> list[Json]:
    """What a long menu offers for what was typed: that which begins with it first."""
    wanted = typed.casefold()
    numbered = [(at, one) for at, one in enumerate(choices) if wanted in one.label.casefold() or wanted in one.value.casefold()]
    ranked = sorted(numbered, key=lambda pair: not pair[1].label.casefold().startswith(wanted))
    return [option(one, at) for at, one in ranked[: limits.OPTIONS]]


def option(choice: Choice, at: int) -> Json:
    fits = 0 < len(choice.value) <= limits.OPTION_VALUE and not choice.value.startswith("#")
    return {"text": plain(choice.label or choice.value, limits.BUTTON), "value": choice.value if fits else f"#{at}"}


def chosen(value: str, choices: Sequence[Choice]) -> str:
    """The value behind an option: itself, or the one with its number."""
    number = value[1:] if value.startswith("#") else ""
    return choices[int(number)].value if number.isdecimal() and int(number) < len(choices) else value


def _inputs(one: FormField) -> Iterator[Json]:
    if one.kind in ("text", "paragraph") or (one.kind == "choice" and not (one.choices or one.value)):
        yield from _texts(one)
    elif one.kind == "picture":
        yield from _picture(one)
    else:
        element = {"choice": _menu, "switch": _switch}.get(one.kind, _number)(one)
        yield _input(one, element, optional=not one.required or one.kind == "switch")


def _texts(one: FormField) -> Iterator[Json]:
    """One field, or as many as a long text takes."""
    kept = one.value
    parts = [kept[at : at + _PIECE] for at in range(0, len(kept), _PIECE)] if len(kept) > limits.INPUT else [kept]
    many = one.kind == "paragraph" or len(parts) > 1 or "\n" in kept
    for at, part in enumerate(parts):
        element: Json = {"type": "plain_text_input", "multiline": many, "max_length": limits.INPUT}
        element |= {"initial_value": part} if part else {}
        name = f"{one.name}{_MORE}{at}" if at else one.name
        label = f"{one.label} ({at + 1} of {len(parts)})" if len(parts) > 1 else one.label
        yield _input(one, element, optional=not one.required or at > 0, name=name, label=label)


def _number(one: FormField) -> Json:
    element: Json = {"type": "number_input", "is_decimal_allowed": one.kind == "number"}
    for name, number in (("min_value", one.minimum), ("max_value", one.maximum)):
        element |= {name: _written(number)} if number is not None else {}
    return element | ({"initial_value": one.value} if one.value else {})


def _written(number: float) -> str:
    return f"{number:.0f}" if float(number).is_integer() else f"{number:.10g}"


def _switch(one: FormField) -> Json:
    yes = {"text": plain("Yes", limits.BUTTON), "value": "yes"}
    ticked = one.value.casefold() in _YES
    return {"type": "checkboxes", "options": [yes]} | ({"initial_options": [yes]} if ticked else {})


def _menu(one: FormField) -> Json:
    every = list(one.choices)
    if one.value and all(choice.value != one.value for choice in every):
        every.append(Choice(one.value, one.value))
    current = next((option(choice, at) for at, choice in enumerate(every) if one.value and choice.value == one.value), None)
    start = {"initial_option": current} if current else {}
    if len(every) > limits.OPTIONS:
        return {"type": "external_select", "min_query_length": 0, "placeholder": plain("Type to search", 150)} | start
    return {"type": "static_select", "options": [option(choice, at) for at, choice in enumerate(every)]} | start


def _picture(one: FormField) -> Iterator[Json]:
    """By its id, or by a file."""
    by_id: Json = {"type": "plain_text_input", "max_length": 40, "placeholder": plain("A-7Q0D", limits.PLACEHOLDER)}
    by_id |= {"initial_value": one.value[:40]} if one.value else {}
    yield _input(one, by_id, optional=True, hint="An id, or a file below.")
    files: Json = {"type": "file_input", "max_files": 1, "filetypes": ["png", "jpg", "jpeg", "webp", "gif"]}
    yield _input(one, files, optional=True, name=f"{one.name}{_FILE}", label=f"{one.label}: a file", hint="")


def _input(one: FormField, element: Json, *, optional: bool, name: str = "", label: str = "", hint: str | None = None) -> Json:
    such = f"Such as {', '.join(one.suggestions[:_SUGGESTED])}." if one.suggestions else ""
    help_text = shown(" ".join(part for part in (one.help, such) if part) if hint is None else hint)
    block: Json = {
        "type": "input",
        "block_id": f"f:{name or one.name}"[: limits.BLOCK_ID],
        "label": plain(label or one.label or one.name, limits.LABEL),
        "optional": optional,
        "element": element | {"action_id": (name or one.name)[: limits.ACTION_ID]},
    }
    return block | ({"hint": plain(help_text, limits.LABEL)} if help_text else {})


def _value(state: Json) -> str:
    if state["type"] == "checkboxes":
        return "yes" if state.get("selected_options") else "no"
    if state["type"] in ("static_select", "external_select"):
        return str((state.get("selected_option") or {}).get("value") or "")
    return str(state.get("value") or "")


def plain(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": cut(shown(text), most) or "…", "emoji": False}


def _note(text: str) -> Json:
    return {"type": "context", "elements": [plain(text, limits.TEXT)]}
