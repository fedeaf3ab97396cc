"""Export profiles: what a copy may still tell. Four come with Slate; a project may change each of them.

Whatever a profile takes out, the disclosure stays: a picture that a model made says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, NotFound
from core.text.names import nearest

if TYPE_CHECKING:
    from core.schemas.exports import ProfileSchema

FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/tiff": ".tiff",
    "image/bmp": ".bmp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "model/gltf-binary": ".glb",
    "image/x-exr": ".exr",
}
TEAM = "team"
"""The one profile whose copies are the original's own bytes whatever is hidden in them."""
PLACES = ("asset", "render", "client", "project", "shot", "workflow", "number", "date", "width", "height", "seed", "status")
_PLACE = re.compile(r"\{(\w+)\}")
_CHOICES = {
    "format": ("", *FORMATS),
    "colour": ("keep", "srgb"),
    "data_mining": ("", "no-ai-training", "prohibited", "allowed", "unsaid"),
}
_YES, _NO = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0"})


@dataclass(frozen=True)
class Profile:
    """What a copy keeps. `whole`: the original's own bytes, nothing taken out; then no other rule applies."""

    name: str
    whole: bool = False
    words: bool = False
    """Prompts, seeds and settings."""
    graph: bool = False
    """The workflow graph, in ComfyUI's own chunks."""
    people: bool = False
    work: bool = False
    """Client, project, shot, workflow and server: what it was made for and where."""
    models: bool = False
    licences: bool = True
    lineage: bool = True
    """The signed history with its small pictures, without its private parts."""
    credit: str = ""
    data_mining: str = ""
    """What is said about training; empty is as the settings have it."""
    format: str = ""
    """png, jpeg, webp or avif; empty keeps the format."""
    size: int = 0
    """Longest side in pixels, never enlarged; 0 keeps the size."""
    quality: int = 92
    colour: str = "keep"
    """`srgb` turns colours into sRGB; `keep` keeps the profile."""
    naming: str = "{asset}"
    """The file's name without its ending; `{asset}`, `{shot}`, `{date}` and the like are filled in."""

    @property
    def reduces(self) -> bool:
        return not self.whole

    def schema(self) -> ProfileSchema:
        from core.schemas.exports import ProfileSchema

        return ProfileSchema(**{one.name: getattr(self, one.name) for one in fields(self)})


SHIPPED: dict[str, Profile] = {
    "team": Profile("team", whole=True, naming="{asset}"),
    "client": Profile("client", models=False, licences=True, lineage=True),
    "public": Profile("public", licences=False, lineage=False, format="jpeg", size=2048, colour="srgb"),
    "archive": Profile("archive", whole=True, naming="{date}-{asset}"),
}
HELP = {
    "words": "yes keeps prompts, seeds and settings.",
    "graph": "yes keeps the workflow graph.",
    "people": "yes keeps names of people.",
    "work": "yes keeps client, project, shot and workflow.",
    "models": "yes keeps the names of models.",
    "licences": "yes keeps the licences of models.",
    "lineage": "yes keeps the signed history.",
    "credit": "Credit line.",
    "data_mining": "What is said about training on the copy.",
    "format": "png, jpeg, webp or avif; empty keeps the format.",
    "size": "Longest side in pixels, never enlarged; 0 keeps the size.",
    "quality": "1 to 100, for JPEG, WebP and AVIF.",
    "colour": "srgb converts the colours to sRGB; keep keeps the colour profile.",
    "naming": "File name pattern: {project}_{shot}_{number}.",
}
"""What each rule does, in the help of the command."""
RULES = {one.name: one.type for one in fields(Profile) if one.name not in ("name", "whole")}


def named(name: str, changed: Mapping[str, Mapping[str, Any]] | None = None) -> Profile:
    """The profile by its name, with a project's own rules. Raises NotFound."""
    found = SHIPPED.get(name.casefold())
    if found is None:
        raise NotFound(
            f"There is no export profile `{name[:40]}`.",
            suggestions=nearest(name[:40], SHIPPED, 1),
            hint=f"There are {', '.join(SHIPPED)}.",
            given=name[:40],
        )
    rules = {key: value for key, value in ((changed or {}).get(found.name) or {}).items() if key in RULES}
    return replace(found, **rules) if rules else found


def rule(name: str, text: str) -> tuple[str, Any]:
    """One rule from what a person typed: its name and value. Raises BadInput.

    >>> rule("words", "no"), rule("size", "2048"), rule("naming", "{project}_{shot}")
    (('words', False), ('size', 2048), ('naming', '{project}_{shot}'))
    """
    kind = RULES.get(name)
    if kind is None:
        raise BadInput(f"A profile has no rule `{name[:40]}`.", hint=f"Rules are {', '.join(RULES)}.", input=name)
    folded = text.strip().casefold()
    if kind == "bool":
        if folded not in _YES | _NO:
            raise BadInput(f"`{name}` is yes or no, not `{text[:40]}`.", input=name)
        return name, folded in _YES
    if kind == "int":
        least, most = (1, 100) if name == "quality" else (0, 16_384)
        if not folded.isdecimal() or not least <= int(folded[:6]) <= most:
            raise BadInput(f"`{name}` is a whole number from {least} to {most}.", input=name)
        return name, int(folded)
    return name, _word(name, text.strip())


def _word(name: str, text: str) -> str:
    choices = _CHOICES.get(name)
    if name == "format":
        text = {"jpg": "jpeg", "keep": ""}.get(text.casefold(), text.casefold())
    if choices is not None and text not in choices:
        raise BadInput(f"`{name}` is one of {', '.join(one or 'keep' for one in choices)}, not `{text[:40]}`.", input=name)
    if name == "naming" and (wrong := [place for place in _PLACE.findall(text) if place not in PLACES]):
        raise BadInput(f"There is no `{{{wrong[0]}}}` to fill in.", hint=f"There are {', '.join(PLACES)}.", input=name)
    return text[:200]


def filename(template: str, facts: Mapping[str, object], suffix: str) -> str:
    """A name without folders and without surprises.

    >>> filename("{project}/{shot}_{number}", {"project": "acme", "shot": "../SH 010", "number": 7}, ".jpg")
    'acme-SH-010_7.jpg'
    """
    filled = _PLACE.sub(lambda place: str(facts.get(place.group(1)) or ""), template)
    tame = re.sub(r"[^\w.()+-]+", "-", filled, flags=re.UNICODE)
    tame = re.sub(r"\.{2,}", "", tame)
    tame = re.sub(r"-{2,}", "-", tame).strip("-._ ")
    return f"{tame[:120] or 'export'}{suffix}"
