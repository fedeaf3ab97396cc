"""Files as other programs write them: what their makers' sources and bug reports say is right is what is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import files
from core.comfyui.facts import Facts
from core.errors import SlateError
from core.files import Examined
from core.importing import sidecars
from core.importing.sources import SourceFile
from core.importing.sources.folders import Folder

WILD = Path(__file__).parents[2] / "data" / "wild"


def _cases(name: str) -> dict[str, Any]:
    return dict(json.loads((WILD / name / "cases.json").read_text("utf-8")))


def _read(entry: SourceFile) -> Examined:
    """As an archive is taken in: words first, with those beside the file, then what is hidden in its pixels."""
    data = b"".join(entry.pieces())
    seen = files.glance(data, entry.name, beside=sidecars.read(entry))
    if seen.facts is not None and seen.facts.generator:
        return seen
    try:
        close = files.examine(data, entry.name)
    except SlateError:
        return seen
    hidden = [one for one in close.raw if one.key == "stealth"]
    return files.said([*seen.raw, *hidden], seen.filename, seen.mime, close.frames) if hidden else seen


def _loras(facts: Facts) -> list[tuple[str, float | None]]:
    return [(use.name, use.strength) for use in facts.models if use.kind == "lora"]


def _names(facts: Facts) -> list[str]:
    return [use.name for use in facts.models]


_RULES: dict[str, Callable[[Examined, Facts, Any], bool]] = {
    "prompt": lambda _, facts, want: facts.prompt.strip() == want.strip(),
    "negative": lambda _, facts, want: facts.negative.strip() == want.strip(),
    "prompt_has": lambda _, facts, want: want in facts.prompt,
    "prompt_hasnot": lambda _, facts, want: want not in facts.prompt,
    "negative_has": lambda _, facts, want: want in facts.negative,
    "negative_hasnot": lambda _, facts, want: want not in facts.negative,
    "size": lambda _, facts, want: [facts.width, facts.height] == want,
    "model": lambda _, facts, want: want in _names(facts),
    "model_has": lambda _, facts, want: any(want in name for name in _names(facts)),
    "models": lambda _, facts, want: all(one in _names(facts) for one in want),
    "models_has": lambda _, facts, want: all(any(one in name for name in _names(facts)) for one in want),
    "models_has2": lambda _, facts, want: all(any(one in name for name in _names(facts)) for one in want),
    "models_not": lambda _, facts, want: not any(one in name for name in _names(facts) for one in want),
    "loras": lambda _, facts, want: [tuple(one) for one in want] == _loras(facts),
    "loras_named": lambda _, facts, want: (
        len(want) == len(_loras(facts)) and all(any(one in name for name, _ in _loras(facts)) for one in want)
    ),
    "tech": lambda _, facts, want: all(one in facts.techniques for one in want),
    "tech_not": lambda _, facts, want: not any(one in facts.techniques for one in want),
    "pictures_in": lambda _, facts, want: all(one in facts.pictures_in for one in want),
    "px": lambda seen, _, want: [seen.width, seen.height] == want,
    "frames": lambda seen, _, want: seen.frames == want,
    "mime": lambda seen, _, want: seen.mime == want,
    "seconds": lambda seen, _, want: seen.seconds is not None and abs(seen.seconds - want) < 0.1,
    "refused": lambda _seen, _facts, _want: False,
}


def _wrong(entry: SourceFile, case: dict[str, Any]) -> Iterator[str]:
    try:
        seen = _read(entry)
    except SlateError as problem:
        if not case["want"].get("refused") and not case.get("also", {}).get("or_refused"):
            yield f"{entry.name} was refused: {problem.message}"
        return
    facts = seen.facts or Facts()
    for key, want in case["want"].items():
        right = _RULES[key](seen, facts, want) if key in _RULES else getattr(facts, key) == want
        if not right:
            yield f"{entry.name} {key}: {want!r} was read as {getattr(facts, key, facts)!r} ({case['ref']})"


@pytest.mark.parametrize(("name", "many"), [("first", 157), ("second", 199), ("third", 98), ("fourth", 120)])
@pytest.mark.timeout(300)
def test_what_other_programs_wrote_is_read_right(name: str, many: int) -> None:
    cases = _cases(name)
    every = {one.name: one for one in sidecars.paired(Folder(WILD / name).walk()) if isinstance(one, SourceFile)}
    wrong = {file: lines for file, case in cases.items() if (lines := list(_wrong(every[file], case)))}

    assert len(cases) == many
    assert wrong == {}, "\n".join(line for lines in wrong.values() for line in lines)
