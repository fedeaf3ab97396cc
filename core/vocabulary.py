"""The names a question may use — people, clients, projects, shots, models … — and which of them a few typed words mean.

Exact beats partial beats near: "Acme" is the client Acme even where there is an Acme Labs, "mia" is Mia Chen if she is the only
Mia, "acmee" is probably Acme. A near match is a guess, and whoever uses it must say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz
from sqlmodel import Session

from storage.search import Field, Scope
from storage.search import names as known
from storage.search.words import fold, words_of

_NEAR = 80.0
_AS_NEAR = 5.0
_LONG_ENOUGH_TO_MISTYPE = 4

TECHNIQUES = (
    "depth", "canny", "pose", "lineart", "normal", "seg", "tile", "img2img", "inpaint", "outpaint", "upscale", "hires",
    "ip-adapter", "face", "lora", "controlnet", "video", "animation", "audio", "3d",
)  # fmt: skip
"""What a graph can be found to do (core/comfyui/facts.py); known even before anything was made that way."""
STATUSES = ("approved", "rejected", "needs work")


@dataclass(frozen=True)
class Name:
    """Something with a name. `value` is what a Facet holds; `keys` are its folded spellings."""

    field: Field
    value: str
    label: str
    keys: tuple[str, ...]
    projects: frozenset[int] = frozenset()
    """Where it is used, for shots and the like; for a Client, its Projects; for a Project, itself."""


@dataclass(frozen=True)
class Match:
    """The names some words may mean, and how sure that is. Several names: nobody can tell which."""

    how: Literal["exact", "partial", "near"]
    names: tuple[Name, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All names one Member may use."""

    names: tuple[Name, ...]
    _by_key: dict[str, list[Name]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in self.names:
            for key in name.keys:
                self._by_key.setdefault(key, []).append(name)

    def of(self, fields: Iterable[Field]) -> list[Name]:
        wanted = frozenset(fields)
        return [name for name in self.names if name.field in wanted]

    def exact(self, text: str, fields: Sequence[Field]) -> Match | None:
        """Names spelled just so; where a Client and its own Project share a name, the Client."""
        found = [name for name in self._by_key.get(fold(text), ()) if name.field in fields]
        clients = [name for name in found if name.field is Field.CLIENT]
        if clients:
            covered = frozenset[int]().union(*(client.projects for client in clients))
            found = [name for name in found if name.field is not Field.PROJECT or not name.projects <= covered]
        return Match("exact", tuple(found)) if found else None

    def partial(self, text: str, fields: Sequence[Field]) -> Match | None:
        """Names that contain these words, in this order; shots whose number is the same (sh10, sh010)."""
        wanted = words_of(text)
        if not wanted:
            return None
        found = [name for name in self.of(fields) if _holds(name, wanted) or _same_shot(name, text)]
        return Match("partial", tuple(found)) if found else None

    def same_number(self, text: str) -> Match | None:
        """Shots that are `text` but for leading zeros."""
        found = tuple(name for name in self.of([Field.SHOT]) if _same_shot(name, text))
        return Match("partial", found) if found else None

    def near(self, text: str, fields: Sequence[Field]) -> Match | None:
        """Names that look like a mistyped `text`: the best, and those about as good."""
        wanted = fold(text)
        if len(wanted) < _LONG_ENOUGH_TO_MISTYPE:
            return None
        scored = [(_likeness(name, wanted), name) for name in self.of(fields)]
        best = max((score for score, _name in scored), default=0.0)
        if best < _NEAR:
            return None
        return Match("near", tuple(name for score, name in scored if score >= max(_NEAR, best - _AS_NEAR)))

    def match(self, text: str, fields: Sequence[Field]) -> Match | None:
        return self.exact(text, fields) or self.partial(text, fields) or self.near(text, fields)

    def nearest(self, text: str, fields: Sequence[Field], limit: int = 3) -> list[Name]:
        """The names most like `text`, for a "did you mean"."""
        wanted = fold(text)
        scored = sorted(((_likeness(name, wanted), name) for name in self.of(fields)), key=lambda pair: -pair[0])
        return [name for score, name in scored[:limit] if score >= 55]


def read(session: Session, scope: Scope) -> Vocabulary:
    """The names there are, as far as `scope` sees; people are known to everybody."""
    visible = scope.project_ids
    found = [_name(Field.BY, str(one.id), one.name) for one in known.people(session)]
    found += _places(known.places(session, visible))
    used_techniques = set[str]()
    for kind, key, label, projects in known.names(session, visible):
        found.append(Name(kind, key, _shown(kind, label), _keys(kind, label, key), projects))
        used_techniques |= {key} if kind is Field.TECHNIQUE else set()
    found += [_name(Field.TECHNIQUE, word, word) for word in TECHNIQUES if word not in used_techniques]
    return Vocabulary(tuple(found))


def _places(places: Sequence[known.Place]) -> list[Name]:
    clients: dict[int, list[known.Place]] = {}
    for place in places:
        clients.setdefault(place.client_id, []).append(place)
    found = [
        Name(Field.CLIENT, str(client), owned[0].client, (fold(owned[0].client),), frozenset(place.id for place in owned))
        for client, owned in clients.items()
    ]
    for place in places:
        keys = tuple(dict.fromkeys((fold(place.name), fold(place.slug), fold(place.slug).replace("-", " "))))
        found.append(Name(Field.PROJECT, str(place.id), place.name, keys, frozenset({place.id})))
    return found


def _name(kind: Field, value: str, label: str) -> Name:
    return Name(kind, value, label, _keys(kind, label, fold(label)))


@lru_cache(1 << 15)
def _keys(kind: Field, label: str, key: str) -> tuple[str, ...]:
    spaced = key.replace("-", " ").replace("_", " ")
    return tuple(dict.fromkeys((key, fold(label), spaced)))


def _shown(kind: Field, label: str) -> str:
    return label.replace("\\", "/").rpartition("/")[2] if kind in (Field.MODEL, Field.LORA) else label


def _holds(name: Name, wanted: list[str]) -> bool:
    return any(_inside(wanted, words_of(key)) for key in name.keys)


def _inside(wanted: list[str], words: list[str]) -> bool:
    size = len(wanted)
    return any(words[at : at + size] == wanted for at in range(len(words) - size + 1))


def _same_shot(name: Name, text: str) -> bool:
    if name.field is not Field.SHOT:
        return False
    mine, theirs = (re.fullmatch(r"([^\W\d_]*)[\s_-]*0*(\d+)", fold(one)) for one in (text, name.value))
    return bool(mine and theirs and mine[2] == theirs[2] and (mine[1] in ("", theirs[1])))


def _likeness(name: Name, wanted: str) -> float:
    spellings = [*name.keys, *(words_of(name.label) if " " not in wanted and name.field is Field.BY else ())]
    return max(fuzz.ratio(wanted, spelling) for spelling in spellings)
