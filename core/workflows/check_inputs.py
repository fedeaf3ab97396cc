"""What a person gave -> complete, typed inputs: checked against what the workflow declares before anything is queued."""

from __future__ import annotations

import math
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import process

from core.errors import BadInput, MissingInput, OutOfRange, SlateError, TooLong, UnknownInput, WrongType
from core.workflows.specs import MAX_SEED, InputSpec, Value, inputs_of
from storage.tables import WorkflowVersion

_NEAR = 60.0
_LONGEST_NAME = 255
_YES, _NO = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})")
_SIZE = re.compile(r"([0-9]{1,6})(?:\s*[x×*]\s*([0-9]{1,6}))?")


def settle(version: WorkflowVersion, given: Mapping[str, object], *, max_prompt: int) -> dict[str, Any]:
    """Every declared input with its value: text is read as the input's kind, the rest gets its default, a seed is drawn.

    `size` as `768x512` (or `768` for a square) stands for width and height where a workflow has both. Names match without regard
    to case, `-` and `_`. None and, but for texts, "" mean not given. Seeds are decimal strings, 0 to 2**64 - 1.
    Control characters in texts are taken out. Raises UnknownInput, WrongType, OutOfRange, MissingInput or TooLong; where several
    things are wrong, the first of them, with all of them in its words and in its fact `problems`.
    """
    specs = inputs_of(version)
    named = _by_declared_name(given, specs)
    settled, wrong = _settle_all(specs, named, max_prompt)
    raise_together(wrong)
    return settled


def wrong_values(specs: Sequence[InputSpec], given: Mapping[str, object], max_prompt: int) -> list[BadInput]:
    """What is wrong with the values of these inputs; `given` goes by their declared names."""
    return _settle_all(specs, given, max_prompt)[1]


def _settle_all(
    specs: Sequence[InputSpec], named: Mapping[str, object], max_prompt: int
) -> tuple[dict[str, Any], list[BadInput]]:
    settled: dict[str, Any] = {}
    wrong: list[BadInput] = []
    for spec in specs:
        try:
            settled[spec.name] = _settled(spec, named.get(spec.name), max_prompt)
        except BadInput as problem:
            wrong.append(problem)
    return settled, wrong


def raise_together(problems: Sequence[SlateError]) -> None:
    """Raise the first of these errors, if there is any, in the words of all of them; `problems` has (input, words) of each."""
    if not problems:
        return
    first = problems[0]
    if len(problems) > 1:
        first.facts["problems"] = [[str(one.facts.get("input", "")), f"{one.message} {one.hint}".strip()] for one in problems]
        first.message = " ".join(one.message for one in problems)
        first.hint = " ".join(dict.fromkeys(one.hint for one in problems if one.hint))
        first.args = (first.message,)
    raise first


def _by_declared_name(given: Mapping[str, object], specs: Sequence[InputSpec]) -> dict[str, object]:
    known = {_key(spec.name): spec.name for spec in specs}
    named: dict[str, object] = {}
    for name, value in _unfolded(given, known):
        if _key(name) not in known:
            raise _unknown(name, [spec.name for spec in specs])
        declared = known[_key(name)]
        if declared in named:
            raise BadInput(f"`{declared}` is given twice.", hint="Leave one of them out.", input=declared)
        named[declared] = value
    return named


def _key(name: str) -> str:
    return name.strip().casefold().replace("_", "").replace("-", "").replace(" ", "")


def _unfolded(given: Mapping[str, object], known: Mapping[str, str]) -> list[tuple[str, object]]:
    """The given pairs, with `size` taken apart where the workflow has a width and a height instead."""
    pairs: list[tuple[str, object]] = []
    for name, value in given.items():
        if _key(name) != "size" or "size" in known or not {"width", "height"} <= set(known):
            pairs.append((name, value))
        elif value not in (None, ""):
            found = _SIZE.fullmatch(str(value).strip())
            if not found:
                raise WrongType(f"`{_short(value)}` is no size.", hint="Write it as size:768x512.", input="size")
            pairs += [("width", found.group(1)), ("height", found.group(2) or found.group(1))]
    return pairs


def _unknown(name: str, known: Sequence[str]) -> UnknownInput:
    near = [one for one, score, _ in process.extract(name[:60].casefold(), known, limit=2) if score >= _NEAR]
    hint = "" if near else f"It takes {', '.join(f'`{one}`' for one in known)}."
    return UnknownInput(f"This workflow has no input `{_short(name)}`.", suggestions=near, hint=hint, input=name[:60])


def _settled(spec: InputSpec, value: object, max_prompt: int) -> Value:
    textual = spec.kind in ("text", "paragraph")
    if isinstance(value, str) and not textual:
        value = value.strip()
    if value is None or (value == "" and (not textual or spec.required)):
        if spec.kind == "seed" and spec.default is None:
            return str(secrets.randbelow(MAX_SEED + 1))
        if spec.required:
            raise _missing(spec)
        value = spec.default
    return None if value is None else _typed(spec, value, max_prompt)


def _missing(spec: InputSpec) -> MissingInput:
    example = {"picture": "drop a picture in, or give its id", "model": "give a model's name"}
    what = example.get(spec.kind, f"add `{spec.name}:…`")
    return MissingInput(f"`{spec.name}` is missing.", hint=f"This workflow needs it: {what}.", input=spec.name)


def _typed(spec: InputSpec, value: object, max_prompt: int) -> Value:
    match spec.kind:
        case "text" | "paragraph":
            return _text(spec, value, max_prompt)
        case "integer":
            return _integer(spec, value)
        case "number":
            return _number(spec, value)
        case "seed":
            return _seed(spec, value)
        case "switch":
            return _switch(spec, value)
        case "choice":
            return _choice(spec, value)
        case "picture" | "model":
            return _name(spec, value)


def _text(spec: InputSpec, value: object, max_prompt: int) -> str:
    if not isinstance(value, str):
        raise WrongType(f"`{spec.name}` is a text.", hint="Put it in quotes.", input=spec.name)
    if len(value) > max_prompt:
        said = f"`{spec.name}` has {len(value):,} characters; {max_prompt:,} are the most."
        raise TooLong(said, hint="Shorten it.", input=spec.name, limit=max_prompt)
    kept = "\n\t" if spec.kind == "paragraph" else ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    lines = lines if kept else " ".join(lines.split())
    text = "".join(letter for letter in lines if letter in kept or unicodedata.category(letter) not in ("Cc", "Cs"))
    if spec.required and not text.strip():
        raise _missing(spec)
    return text


def _integer(spec: InputSpec, value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"`{spec.name}` is a whole number, not `{_short(value)}`.", hint=_range_hint(spec), input=spec.name)
    return int(_within(spec, value))


def _number(spec: InputSpec, value: object) -> float:
    if isinstance(value, str) and _DECIMAL.fullmatch(value.replace(",", ".", 1)):
        value = float(value.replace(",", ".", 1))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WrongType(f"`{spec.name}` is a number, not `{_short(value)}`.", hint=_range_hint(spec), input=spec.name)
    return float(_within(spec, value))


def _within(spec: InputSpec, value: float) -> float:
    low, high = spec.minimum, spec.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        said = f"`{spec.name}` cannot be {_short(value)}."
        raise OutOfRange(said, hint=_range_hint(spec), input=spec.name, minimum=low, maximum=high)
    if spec.step and spec.kind == "integer" and (value - (low or 0)) % spec.step:
        below = value - (value - (low or 0)) % spec.step
        hint = f"It goes in steps of {spec.step:g}: {below:g} or {below + spec.step:g}."
        raise OutOfRange(f"`{spec.name}` cannot be {_short(value)}.", hint=hint, input=spec.name, step=spec.step)
    return value


def _range_hint(spec: InputSpec) -> str:
    if spec.minimum is not None and spec.maximum is not None:
        return f"It goes from {spec.minimum:g} to {spec.maximum:g}."
    return "" if spec.minimum is None else f"It is {spec.minimum:g} or more."


def _seed(spec: InputSpec, value: object) -> str:
    if value in ("random", "-1", -1):
        return str(secrets.randbelow(MAX_SEED + 1))
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"`{spec.name}` is a whole number, not `{_short(value)}`.", hint="Or `random`.", input=spec.name)
    if not 0 <= value <= MAX_SEED:
        raise OutOfRange(f"`{spec.name}` cannot be {_short(value)}.", hint=f"Use 0 to {MAX_SEED}.", input=spec.name)
    return str(value)


def _switch(spec: InputSpec, value: object) -> bool:
    word = str(value).casefold()
    if word in _YES | _NO:
        return word in _YES
    raise WrongType(f"`{spec.name}` is yes or no, not `{_short(value)}`.", hint=f"Write {spec.name}:yes.", input=spec.name)


def _choice(spec: InputSpec, value: object) -> str:
    wanted = _key(str(value))
    for choice in spec.choices:
        if _key(choice) == wanted:
            return choice
    near = [one for one, score, _ in process.extract(str(value)[:60], spec.choices, limit=2) if score >= _NEAR]
    listed = " or ".join(f"`{one}`" for one in near)
    hint = f"Did you mean {listed}?" if near else f"It is one of {', '.join(spec.choices)}."
    raise OutOfRange(f"`{spec.name}` cannot be `{_short(value)}`.", hint=hint, input=spec.name, choices=list(spec.choices))


def _name(spec: InputSpec, value: object) -> str:
    if not isinstance(value, str) or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise WrongType(f"`{spec.name}` is a name, not `{_short(value)}`.", hint="Type it again.", input=spec.name)
    if len(value) > _LONGEST_NAME:
        raise TooLong(f"`{spec.name}` has {len(value):,} characters; that is no name.", input=spec.name, limit=_LONGEST_NAME)
    return value


def _short(value: object) -> str:
    """A value fit to be said back: one line, at most 60 characters."""
    text = "".join(letter if letter.isprintable() and letter != "`" else " " for letter in str(value)[:200]).strip()
    return text if len(text) <= 60 else f"{text[:59]}…"
