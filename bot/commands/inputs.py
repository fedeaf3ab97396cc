"""What a person gave -> the inputs of a workflow: options by any spelling, bare words as the prompt, a size, dropped pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlmodel import Session

from bot import command_text
from bot.cards import Choice, FieldKind, FormField
from bot.commands.command import Asked, listed, spelled
from core.errors import BadInput, UnknownInput, WrongType
from core.text import names
from core.workflows import InputSpec
from core.workflows.check_inputs import raise_together, wrong_values
from storage.rendering import models as storage_models
from storage.tables import Project

_SIZE = re.compile(r"([0-9]{1,6})(?:\s*[x×*]\s*([0-9]{1,6}))?")
_SUGGESTED = 200
_TEXTS = ("text", "paragraph")
_KINDS: dict[str, FieldKind] = {
    "text": "text",
    "paragraph": "paragraph",
    "integer": "integer",
    "number": "number",
    "choice": "choice",
    "switch": "switch",
    "picture": "picture",
    "model": "choice",
    "seed": "text",
}


def gather(asked: Asked, specs: Sequence[InputSpec], project: Project, words: str | None) -> dict[str, object]:
    """Everything the person gave, by the workflow's own names; values are still text (`core.workflows.settle` types them).

    `words` are the bare words, meant as the prompt. Raises the BadInput family and UnknownInput.
    """
    given, unknown = _by_own_names(asked, specs)
    if unknown:
        wrong = wrong_values([one for one in specs if one.name in given], given, asked.desk.settings.max_prompt)
        raise_together([*unknown, *wrong])
    if words:
        name = prompt_of(specs)
        if name is None:
            raise BadInput(f"This workflow takes no prompt, but there is “{words[:60]}”.", hint="Write inputs as name:value.")
        if name in given:
            raise BadInput("There are two prompts: one in words, one as an option.", hint="Put it all in one.", input=name)
        given[name] = words
    _fill_pictures(asked, specs, given, project)
    return given


def prompt_of(specs: Sequence[InputSpec]) -> str | None:
    """The input that bare words fill: `prompt`, else the first text."""
    texts = [spec.name for spec in specs if spec.kind in _TEXTS]
    return "prompt" if "prompt" in texts else next(iter(texts), None)


def read_again(asked: Asked, specs: Sequence[InputSpec]) -> command_text.CommandLine:
    """The line read with the inputs' names known, so that a blank after a colon is forgiven."""
    own = {option.name for option in asked.command.options}
    return command_text.read(asked.said.text, names=own | {spec.name.casefold() for spec in specs} | {"size"})


def form_fields(
    specs: Sequence[InputSpec], values: dict[str, object], models: Mapping[str, Sequence[str]] | None = None
) -> tuple[FormField, ...]:
    """The inputs as lines of a form, filled with `values`; `models` are the names known in each model folder."""
    known = models or {}
    return tuple(
        replace(_form_field(spec, values.get(spec.name)), suggestions=tuple(known.get(spec.folder, ())[:_SUGGESTED]))
        if spec.kind == "model" and not spec.choices
        else _form_field(spec, values.get(spec.name))
        for spec in specs
    )


def models_known(session: Session) -> dict[str, list[str]]:
    """Model folder -> names of the files in it that Slate has seen."""
    found: dict[str, list[str]] = {}
    for one in storage_models.everything(session):
        names_here = found.setdefault(one.folder, [])
        if one.name not in names_here:
            names_here.append(one.name)
    return {folder: sorted(some, key=str.casefold) for folder, some in found.items()}


def _form_field(spec: InputSpec, value: object) -> FormField:
    shown = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    kind = _KINDS[spec.kind]
    if kind == "choice" and not spec.choices:
        kind = "text"
    help_text = spec.help or ("Leave empty for a new one." if spec.kind == "seed" else "")
    return FormField(
        spec.name,
        spec.label or spec.name,
        kind,
        value=shown,
        help=help_text,
        required=spec.required,
        minimum=spec.minimum if kind in ("integer", "number") else None,
        maximum=spec.maximum if kind in ("integer", "number") else None,
        step=spec.step if kind in ("integer", "number") else None,
        choices=tuple(Choice(str(one), str(one)) for one in spec.choices or ()) if kind == "choice" else (),
    )


def spellings(specs: Sequence[InputSpec]) -> dict[str, InputSpec]:
    """Every way to write an input's name: the name itself, its label, and `image` for the only picture there is."""
    pictures = [spec for spec in specs if spec.kind == "picture"]
    only = dict.fromkeys(("image", "picture"), pictures[0]) if len(pictures) == 1 else {}
    by_label = {spelled(spec.label): spec for spec in specs if spec.label}
    return only | by_label | {spelled(spec.name): spec for spec in specs}


def _by_own_names(asked: Asked, specs: Sequence[InputSpec]) -> tuple[dict[str, object], list[UnknownInput]]:
    """(the options by the workflow's own names, what is wrong with the names of the others)."""
    known = spellings(specs)
    made: dict[str, object] = {}
    unknown: list[UnknownInput] = []
    for name, value in _with_size(asked.given(), known).items():
        spec = known.get(name)
        if spec is None:
            unknown.append(_unknown(asked, name, known))
            continue
        if spec.name in made:
            raise BadInput(f"`{spec.name}` is given twice.", hint="Remove one of them.", input=spec.name)
        if value or spec.kind in _TEXTS:
            made[spec.name] = value
    return made, unknown


def _with_size(given: dict[str, str], known: dict[str, InputSpec]) -> dict[str, str]:
    """`size:768x512` as width and height, where the workflow has those."""
    if "size" not in given or "size" in known or not {"width", "height"} <= set(known):
        return given
    rest = {name: value for name, value in given.items() if name != "size"}
    if not given["size"]:
        return rest
    found = _SIZE.fullmatch(given["size"].strip())
    if not found:
        raise WrongType(f"`size` is width x height, not `{given['size'][:40]}`.", hint="Write size:768x512.", input="size")
    return {"width": found.group(1), "height": found.group(2) or found.group(1)} | rest


def _unknown(asked: Asked, name: str, known: dict[str, InputSpec]) -> UnknownInput:
    own = [spec.name for spec in known.values()] + [option.name for option in asked.command.options]
    every = list(dict.fromkeys(own))
    near = names.nearest(name[:40], every, 2)
    hint = "" if near else f"It takes {listed(every)}. A prompt with a colon in it belongs in quotes."
    return UnknownInput(f"This workflow has no input `{name[:40]}`.", suggestions=near, hint=hint, input=name)


def _fill_pictures(asked: Asked, specs: Sequence[InputSpec], given: dict[str, object], project: Project) -> None:
    """Let the dropped files fill the picture inputs that are still empty, in order."""
    empty = [spec for spec in specs if spec.kind == "picture" and spec.name not in given]
    if len(asked.attachments) > len(empty):
        room = f"only {len(empty)} open" if empty else "no open picture input"
        raise BadInput(f"{len(asked.attachments)} files came along, but there is {room}.", hint="Remove some.", input="picture")
    from core.files import uploads

    for spec, attachment in zip(empty, asked.attachments, strict=False):
        kept = uploads.keep(asked.desk, attachment.sha256, attachment.filename, by=asked.member, project=project)
        given[spec.name] = kept.code
