"""A Form as Discord's modals: five parts at most, so a long one has pages; every field has its own kind and its former value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from discord import SelectOption, TextStyle, ui
from pydantic import TypeAdapter

from bot.cards import Form, FormField
from bot.discord import limits
from bot.discord.markdown import bare

FORM: TypeAdapter[Form] = TypeAdapter(Form)
NEXT = "next"
"""The field that says what happens after a page of several."""
SEND = "send"
_MOST_MENUS = 2
_YES = ("true", "yes", "on", "1")
Item = ui.Item[Any]


@dataclass
class Filled:
    """What came back from one page."""

    values: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, list[str]] = field(default_factory=dict)
    """Field -> ids of attachments."""
    next: str = SEND
    """`send`, or the number of the page to go on with."""


def pages(form: Form) -> list[list[FormField]]:
    """The fields page by page, those that have to be answered first; one place of a page of several asks how to go on."""
    fields = sorted(form.fields, key=lambda one: not one.required)
    if sum(map(_places, fields)) <= limits.MODAL_PARTS:
        return [fields]
    made: list[list[FormField]] = [[]]
    for one in fields:
        if sum(map(_places, made[-1])) + _places(one) > limits.MODAL_PARTS - 1:
            made.append([])
        made[-1].append(one)
    return made


def modal(form: Form, draft: int, page: int, values: Mapping[str, str]) -> ui.Modal:
    """The page `page` of the form, with what was answered so far in it. What is sent is taken by bot/discord/drafts.py, which
    needs nothing of this process: it works after any restart."""
    every = pages(form)
    count = f" ({page + 1}/{len(every)})" if len(every) > 1 else ""
    made = ui.Modal(title=bare(form.title, limits.MODAL_TITLE - len(count)) + count, custom_id=f"form:{draft}:{page}", timeout=60)
    for one in every[page]:
        for part in _parts(one, f"f{form.fields.index(one)}", values.get(one.name, one.value)):
            made.add_item(part)
    if len(every) > 1:
        made.add_item(_how_to_go_on(form, every, page))
    return made


def read(form: Form, parts: Sequence[Mapping[str, Any]], before: Mapping[str, str]) -> Filled:
    """What was filled in on one page; `before` is what stood there."""
    made = Filled()
    for part in parts:
        component = part.get("component") or {}
        name = str(component.get("custom_id", ""))
        if name == NEXT:
            made.next = next(iter(component.get("values") or ()), SEND)
        elif name.startswith("f"):
            _take(form.fields[int(name[1:].partition("-")[0])], component, made, before)
    return made


def title_of(fields: Sequence[FormField]) -> str:
    """What a page is called: `sampler, steps …`."""
    names = ", ".join(one.label.lower() for one in fields[:3])
    return f"{names} …" if len(fields) > 3 else names


def _take(one: FormField, component: Mapping[str, Any], made: Filled, before: Mapping[str, str]) -> None:
    if one.kind == "picture":
        ids = [str(value) for value in component.get("values") or ()]
        if ids:
            made.uploads[one.name] = ids
    elif one.kind == "switch":
        made.values[one.name] = "yes" if component.get("value") else "no"
    elif "values" in component:
        chosen = next((str(value) for value in component["values"]), None)
        if chosen is not None and (one.name not in made.values or chosen != before.get(one.name, one.value)):
            made.values[one.name] = chosen
    else:
        made.values[one.name] = str(component.get("value") or "")


def _places(one: FormField) -> int:
    """How many parts of a modal a field takes."""
    menus = -(-len(one.choices) // limits.OPTIONS)
    return menus if one.kind == "choice" and 1 < menus <= _MOST_MENUS else 1


def _parts(one: FormField, name: str, value: str) -> Iterable[ui.Label[Any]]:
    if one.kind == "choice" and 0 < len(one.choices) <= limits.OPTIONS * _MOST_MENUS:
        yield from _menus(one, name, value)
    elif one.kind == "switch":
        yield _label(one, ui.Checkbox(custom_id=name, default=value.casefold() in _YES))
    elif one.kind == "picture":
        keeps = f"Leave it empty to keep {value}." if value else one.help or "Drop a picture in."
        yield _label(one, ui.FileUpload(custom_id=name, required=False, min_values=0, max_values=1), keeps)
    else:
        yield _label(one, _typed(one, name, value))


def _typed(one: FormField, name: str, value: str) -> ui.TextInput[Any]:
    style = TextStyle.paragraph if one.kind == "paragraph" or len(value) > 100 or "\n" in value else TextStyle.short
    return ui.TextInput(
        custom_id=name,
        style=style,
        default=value[: limits.INPUT] or None,
        required=one.required,
        placeholder=bare(_expects(one), limits.INPUT_PLACEHOLDER) or None,
        max_length=limits.INPUT,
    )


def _menus(one: FormField, name: str, value: str) -> Iterable[ui.Label[Any]]:
    """All choices: up to 25 in one menu, more in a second."""
    groups = [one.choices[at : at + limits.OPTIONS] for at in range(0, len(one.choices), limits.OPTIONS)]
    for at, group in enumerate(groups):
        options = [
            SelectOption(
                label=bare(choice.label, limits.OPTION_LABEL) or choice.value,
                value=choice.value[: limits.OPTION_VALUE],
                default=choice.value == value,
            )
            for choice in group
        ]
        menu: ui.Select[Any] = ui.Select(
            custom_id=f"{name}-{at}",
            options=options,
            required=one.required and len(groups) == 1,
            min_values=0 if len(groups) > 1 else 1,
        )
        reach = f"{group[0].label} to {group[-1].label}" if len(groups) > 1 else one.help
        yield _label(one, menu, reach)


def _label(one: FormField, component: Item, about: str | None = None) -> ui.Label[Any]:
    described = bare(one.help if about is None else about, limits.LABEL_TEXT)
    return ui.Label(
        text=bare(one.label, limits.LABEL) or one.name[: limits.LABEL], component=component, description=described or None
    )


def _expects(one: FormField) -> str:
    if one.choices:
        return "one of " + ", ".join(choice.value for choice in one.choices)
    if one.suggestions:
        return "such as " + ", ".join(one.suggestions)
    if one.minimum is not None and one.maximum is not None:
        return f"{one.minimum:g} to {one.maximum:g}"
    return {"number": "a number", "integer": "a whole number"}.get(one.kind, "")


def _how_to_go_on(form: Form, every: Sequence[Sequence[FormField]], page: int) -> ui.Label[Any]:
    options = [SelectOption(label=form.submit[: limits.OPTION_LABEL], value=SEND, default=True)]
    for at, fields in enumerate(every):
        if at != page and len(options) < limits.OPTIONS:
            label = bare(f"Go to page {at + 1}: {title_of(fields)}", limits.OPTION_LABEL)
            options.append(SelectOption(label=label, value=str(at)))
    return ui.Label(text="Then", component=ui.Select(custom_id=NEXT, options=options))
