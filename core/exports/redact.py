"""What a copy tells: the statement as a profile lets it be seen, and the words that go into the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.comfyui.facts import Facts
from core.exports.profiles import Profile
from core.provenance import parameters, xmp
from core.provenance.xmp import Policy

_ALWAYS = ("schema", "id", "generator", "software", "disclosure", "finished_at", "carried")
_FILE = ("mime", "width", "height", "frames", "seconds")
_NAMED = {
    "words": ("settings", "seed", "inputs", "techniques"),
    "graph": ("graph_hash", "graph"),
    "people": ("by",),
    "work": (
        "client",
        "project",
        "shot",
        "session",
        "render",
        "output",
        "verb",
        "parent_render",
        "workflow",
        "backend",
        "verdicts",
    ),
    "models": ("models",),
    "lineage": ("parents",),
}


def told(stated: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """The statement without what the profile takes out."""
    keys = [*_ALWAYS, *(key for rule, several in _NAMED.items() if getattr(profile, rule) for key in several)]
    view = {key: stated[key] for key in keys if key in stated}
    if profile.lineage and not profile.work:
        view["parents"] = [
            {"asset": one.get("asset"), "source_type": one.get("source_type", "")} for one in stated.get("parents") or []
        ]
    if profile.licences and not profile.models and (names := licences(stated)):
        view["licences"] = names
    view["file"] = {key: value for key, value in (stated.get("file") or {}).items() if key in _FILE}
    return view


def removed(stated: Mapping[str, Any], profile: Profile) -> list[str]:
    """What a copy does not tell any more, in words."""
    labels = {
        "words": "prompts, seeds and settings",
        "graph": "the workflow graph",
        "people": "names of people",
        "work": "client, project, shot, workflow and server",
        "models": "names and hashes of models",
        "licences": "licences",
        "lineage": "the signed history",
    }
    return [] if profile.whole else [label for rule, label in labels.items() if not getattr(profile, rule)]


def licences(stated: Mapping[str, Any]) -> list[str]:
    """The licences of the models that were used, each once."""
    return sorted({str(one.get("licence")) for one in stated.get("models") or [] if one.get("licence")})


def policy(profile: Profile, house: Policy) -> Policy:
    """What the copy says of itself, by the house's policy and the profile's."""
    return replace(
        house,
        credit=profile.credit or house.credit,
        data_mining=profile.data_mining or house.data_mining,
        people=profile.people and house.people,
        words=profile.words,
    )


def packet(view: Mapping[str, Any], rules: Policy) -> str:
    """The XMP packet of a copy."""
    return xmp.write(view, rules)


def parameters_text(
    stated: Mapping[str, Any], facts: Mapping[str, Any], size: tuple[int, int] | None, models: Sequence[Any]
) -> str:
    """The A1111 text, for a copy that keeps its words."""
    return parameters.write(Facts.of(facts), models, size=size)
