"""The names a question may use — people, clients, projects, shots, models … — and which of them a few typed words mean.

Exact beats partial beats near: "Acme" is the client Acme even where there is an Acme Labs, "mia" is Mia Chen if she is the only
Mia, "acmee" is probably Acme. A near match is a guess, and whoever uses it must say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from rapidfuzz import fuzz, process
from sqlmodel import Session

from storage.search import FacetField, Scope, entity_index
from storage.search.tokenizer import fold, words_of

_NEAR = 80.0
_AS_NEAR = 5.0
_SOMEWHAT_NEAR = 55.0
_LONG_ENOUGH_TO_MISTYPE = 4
_SHOT = re.compile(r"([^\W\d_]*)[\s_-]*0*(\d+)")

TECHNIQUES = (
    "depth", "canny", "pose", "lineart", "normal", "seg", "tile", "img2img", "inpaint", "outpaint", "upscale", "hires",
    "ip-adapter", "face", "lora", "controlnet", "video", "animation", "audio", "3d",
)  # fmt: skip
"""What a graph can be found to do (core/comfyui/facts.py); known even before anything was made that way."""
STATUSES = ("approved", "rejected", "needs work")


@dataclass(frozen=True)
class KnownName:
    """Something with a name. `value` is what a Facet holds; `keys` are its folded spellings."""

    field: FacetField
    value: str
    label: str
    keys: tuple[str, ...]
    projects: frozenset[int] = frozenset()
    """Where it is used, for shots and the like; for a Client, its Projects; for a Project, itself."""


@dataclass(frozen=True)
class Match:
    """The names some words may mean, and how sure that is. Several names: nobody can tell which."""

    how: Literal["exact", "partial", "near"]
    names: tuple[KnownName, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All names one Member may use. What they are looked up by is made at the first look-up and kept with them."""

    names: tuple[KnownName, ...]
    servers: frozenset[str] = frozenset()
    """Names of the ComfyUI servers, folded."""

    def of(self, fields: Iterable[FacetField]) -> list[KnownName]:
        wanted = frozenset(fields)
        return [name for field, names in self._by_field.items() if field in wanted for name in names]

    def exact(self, text: str, fields: Sequence[FacetField]) -> Match | None:
        """Names spelled just so; where a Client and its own Project share a name, the Client."""
        found = [name for name in self._by_key.get(fold(text), ()) if name.field in fields]
        clients = [name for name in found if name.field is FacetField.CLIENT]
        if clients:
            covered = frozenset[int]().union(*(client.projects for client in clients))
            found = [name for name in found if name.field is not FacetField.PROJECT or not name.projects <= covered]
        return Match("exact", tuple(found)) if found else None

    def partial(self, text: str, fields: Sequence[FacetField]) -> Match | None:
        """Names that contain these words, in this order; shots whose number is the same (sh10, sh010)."""
        wanted = words_of(text)
        if not wanted:
            return None
        places = {at for at in self._by_word.get(wanted[0], ()) if _holds(self.names[at], wanted)}
        if FacetField.SHOT in fields:
            places |= set(self._same_shots(text))
        found = [name for name in (self.names[at] for at in sorted(places)) if name.field in fields]
        clients = [name for name in found if name.field is FacetField.CLIENT]
        if clients:  # a project's short name often begins with its client's
            covered = frozenset[int]().union(*(client.projects for client in clients))
            found = [
                name
                for name in found
                if name.field is not FacetField.PROJECT
                or not name.projects <= covered
                or _inside(wanted, _words_of(fold(name.label)))
            ]
            if len(clients) == 1 and all(
                name.field is FacetField.CLIENT or not _inside(wanted, _words_of(fold(name.label))) for name in found
            ):
                found = clients
        return Match("partial", tuple(found)) if found else None

    def plural(self, text: str, fields: Sequence[FacetField]) -> Match | None:
        """Names of two words and more that are these but for a plural: `oat bar` for Oat Bars."""
        wanted = tuple(words_of(text))
        found = tuple(name for name in self._by_words.get(wanted, ()) if name.field in fields) if len(wanted) > 1 else ()
        clients = [name for name in found if name.field is FacetField.CLIENT]
        return Match("exact", tuple(clients) or found) if found else None

    def says(self, word: str) -> bool:
        """Whether some name has the word."""
        parts = words_of(word)
        return bool(parts) and all(part in self._by_word for part in parts)

    def initialled(self, first: str, letter: str) -> Match | None:
        """People of this first name whose last name begins so: `tom h`."""
        found = [
            name for name in self._by_field.get(FacetField.BY, ())
            if (parts := fold(name.label).split()) and parts[0] == first and parts[-1].startswith(letter) and len(parts) > 1
        ]  # fmt: skip
        return Match("exact", tuple(found)) if found else None

    def squeezed(self, text: str) -> Match | None:
        """The one name of several words that is this when written in one word: `nightrun`."""
        found = self._by_squeezed.get(fold(text), ())
        return Match("exact", (found[0],)) if len(found) == 1 else None

    def word_of_person(self, text: str) -> Match | None:
        """People one of whose names is this."""
        return self.partial(text, (FacetField.BY,))

    def beginning(self, text: str) -> Match | None:
        """Models, LoRAs and workflows whose name begins with this, dashes and dots left out: `flux`, `sdxl`, `wan2.2`."""
        wanted = _squeeze(fold(text))
        if len(wanted) < 3:
            return None
        found = [
            name
            for kind in (FacetField.MODEL, FacetField.LORA, FacetField.WORKFLOW)
            for name in self._by_field.get(kind, ())
            if any(_squeeze(key).startswith(wanted) for key in name.keys)
        ]
        loras = {name.value for name in found if name.field is FacetField.LORA}
        kept = tuple(name for name in found if not (name.field is FacetField.MODEL and name.value in loras))
        first = kept[0].field if kept else None
        return Match("partial", tuple(name for name in kept if name.field is first)) if kept else None

    def holding(self, tokens: Sequence[str], *, prefix: bool = False) -> list[KnownName]:
        """Names of every kind that have these words in this order; with `prefix` the last may be the start of one."""
        if not tokens:
            return []
        if prefix:
            wanted = list(tokens)
            return [name for name in self.names if any(_begins(wanted, _words_of(key)) for key in name.keys)]
        return [self.names[at] for at in self._by_word.get(tokens[0], ()) if _holds(self.names[at], list(tokens))]

    def same_number(self, text: str) -> Match | None:
        """Shots that are `text` but for leading zeros."""
        found = tuple(self.names[at] for at in self._same_shots(text))
        return Match("partial", found) if found else None

    def near(self, text: str, fields: Sequence[FacetField]) -> Match | None:
        """Names that look like a mistyped `text`: the best, and those about as good."""
        wanted = fold(text)
        if len(wanted) < _LONG_ENOUGH_TO_MISTYPE:
            return None
        scored = self._alike(wanted, fields, _NEAR)
        best = max((score for score, _name in scored), default=0.0)
        found = tuple(name for score, name in scored if score >= best - _AS_NEAR)
        return Match("near", found) if found else None

    def almost(self, text: str, fields: Sequence[FacetField]) -> Match | None:
        """Names of several words with a letter or two wrong."""
        wanted = fold(text)
        scored = [(score, name) for score, name in self._alike(wanted, fields, 84.0) if any(" " in key for key in name.keys)]
        best = max((score for score, _name in scored), default=0.0)
        found = tuple(name for score, name in scored if score >= best - 1.0)
        return Match("near", found) if found else None

    def match(self, text: str, fields: Sequence[FacetField]) -> Match | None:
        return self.exact(text, fields) or self.partial(text, fields) or self.near(text, fields)

    def nearest(self, text: str, fields: Sequence[FacetField], limit: int = 3) -> list[KnownName]:
        """The names most like `text`, for a "did you mean"."""
        scored = sorted(self._alike(fold(text), fields, _SOMEWHAT_NEAR), key=lambda pair: -pair[0])
        return [name for _score, name in scored[:limit]]

    def _alike(self, wanted: str, fields: Sequence[FacetField], at_least: float) -> list[tuple[float, KnownName]]:
        """How like `wanted` the best spelling of each name is, of those that are enough."""
        best: dict[int, float] = {}
        for kind in (one for one in FacetField if one in fields):
            spellings, owners = self._spelled[kind, " " not in wanted]
            found = process.extract(wanted, spellings, scorer=fuzz.ratio, processor=None, limit=None, score_cutoff=at_least)
            for _spelling, score, at in found:
                best[owners[at]] = max(score, best.get(owners[at], 0.0))
        return [(best[at], self.names[at]) for at in sorted(best)]

    def _same_shots(self, text: str) -> Sequence[int]:
        code = _shot(fold(text))
        if code is None:
            return ()
        letters, number = code
        return [at for theirs, at in self._by_number.get(number, ()) if letters in ("", theirs)]

    @cached_property
    def _by_key(self) -> dict[str, list[KnownName]]:
        found: dict[str, list[KnownName]] = {}
        for name in self.names:
            for key in name.keys:
                found.setdefault(key, []).append(name)
        return found

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Every word of letters in any name, folded."""
        found = {part for name in self.names for key in name.keys for part in key.replace("-", " ").replace("_", " ").split()}
        found |= {part for name in self.names if name.field is FacetField.BY for part in fold(name.label).split()}
        return tuple(sorted(one for one in found if one.isalpha() and len(one) > 2))

    @cached_property
    def _by_words(self) -> dict[tuple[str, ...], list[KnownName]]:
        found: dict[tuple[str, ...], list[KnownName]] = {}
        for name in self.names:
            for words in {_words_of(key) for key in name.keys}:
                found.setdefault(words, []).append(name)
        return found

    @cached_property
    def _by_squeezed(self) -> dict[str, list[KnownName]]:
        """Names of people and places of several words, written in one."""
        found: dict[str, list[KnownName]] = {}
        for name in self.names:
            if name.field in (FacetField.BY, FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT):
                for key in {_squeeze(key) for key in name.keys if not key.isalpha()}:
                    found.setdefault(key, []).append(name)
        return found

    @cached_property
    def _by_field(self) -> dict[FacetField, list[KnownName]]:
        found: dict[FacetField, list[KnownName]] = {}
        for name in self.names:
            found.setdefault(name.field, []).append(name)
        return found

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        """Where in `names` those stand that have the word."""
        found: dict[str, list[int]] = {}
        for at, name in enumerate(self.names):
            for word in {word for key in name.keys for word in _words_of(key)}:
                found.setdefault(word, []).append(at)
        return found

    @cached_property
    def _by_number(self) -> dict[str, list[tuple[str, int]]]:
        """Shots by the number in their code: its letters, and where the shot stands in `names`."""
        found: dict[str, list[tuple[str, int]]] = {}
        for at, name in enumerate(self.names):
            if name.field is FacetField.SHOT and (code := _shot(fold(name.value))):
                found.setdefault(code[1], []).append((code[0], at))
        return found

    @cached_property
    def _spelled(self) -> dict[tuple[FacetField, bool], tuple[list[str], list[int]]]:
        """Every spelling by field and whose it is, once without and once with people's single names."""
        found: dict[tuple[FacetField, bool], tuple[list[str], list[int]]] = {
            (kind, alone): ([], []) for kind in FacetField for alone in (False, True)
        }
        for at, name in enumerate(self.names):
            for alone in (False, True):
                spellings, owners = found[name.field, alone]
                said = [*name.keys, *(_words_of(name.label) if alone and name.field is FacetField.BY else ())]
                spellings += said
                owners += [at] * len(said)
        return found


def read(session: Session, scope: Scope) -> Vocabulary:
    """The names there are, as far as `scope` sees; people are known to everybody. Made anew only when one of them has changed."""
    visible = scope.project_ids
    people, places = tuple(entity_index.people(session)), tuple(entity_index.places(session, visible))
    return _made(people, places, entity_index.all_names(session), visible, entity_index.servers(session))


@lru_cache(8)
def _made(
    people: tuple[entity_index.Person, ...],
    places: tuple[entity_index.IndexedProject, ...],
    names: entity_index.Names,
    visible: frozenset[int] | None,
    servers: frozenset[str],
) -> Vocabulary:
    found = [_person(one) for one in people]
    found += _places(places)
    used_techniques = set[str]()
    for kind, key, label, projects in names.seen_in(visible):
        found.append(KnownName(kind, key, _shown(kind, label), _keys(kind, label, key), projects))
        used_techniques |= {key} if kind is FacetField.TECHNIQUE else set()
    found += [_name(FacetField.TECHNIQUE, word, word) for word in TECHNIQUES if word not in used_techniques]
    return Vocabulary(tuple(found), servers)


def _places(places: Sequence[entity_index.IndexedProject]) -> list[KnownName]:
    clients: dict[int, list[entity_index.IndexedProject]] = {}
    for place in places:
        clients.setdefault(place.client_id, []).append(place)
    found = [
        KnownName(
            FacetField.CLIENT, str(client), owned[0].client, _spelt(owned[0].client), frozenset(place.id for place in owned)
        )
        for client, owned in clients.items()
    ]
    for place in places:
        keys = tuple(dict.fromkeys((*_spelt(place.name), fold(place.slug), fold(place.slug).replace("-", " "))))
        found.append(KnownName(FacetField.PROJECT, str(place.id), place.name, keys, frozenset({place.id})))
    return found


def _person(one: entity_index.Person) -> KnownName:
    """By name, and by what chat calls them."""
    name = _name(FacetField.BY, str(one.id), one.name)
    called = tuple(fold(handle) for handle in one.handles if len(handle) > 1)
    return KnownName(name.field, name.value, name.label, tuple(dict.fromkeys((*name.keys, *called)))) if called else name


def _spelt(name: str) -> tuple[str, ...]:
    """The name folded, with `&` and with `and`."""
    return tuple(dict.fromkeys((fold(name), fold(name).replace(" & ", " and "))))


def _name(kind: FacetField, value: str, label: str) -> KnownName:
    return KnownName(kind, value, label, _keys(kind, label, fold(label)))


@lru_cache(1 << 15)
def _keys(kind: FacetField, label: str, key: str) -> tuple[str, ...]:
    spaced = key.replace("-", " ").replace("_", " ")
    return tuple(dict.fromkeys((key, fold(label), spaced)))


def _shown(kind: FacetField, label: str) -> str:
    return label.replace("\\", "/").rpartition("/")[2] if kind in (FacetField.MODEL, FacetField.LORA) else label


def _squeeze(key: str) -> str:
    return "".join(letter for letter in key if letter.isalnum())


def _begins(wanted: list[str], words: Sequence[str]) -> bool:
    size = len(wanted)
    places = range(len(words) - size + 1)
    return any(list(words[at : at + size - 1]) == wanted[:-1] and words[at + size - 1].startswith(wanted[-1]) for at in places)


def _holds(name: KnownName, wanted: list[str]) -> bool:
    return any(_inside(wanted, _words_of(key)) for key in name.keys)


def _inside(wanted: list[str], words: Sequence[str]) -> bool:
    size = len(wanted)
    return any(list(words[at : at + size]) == wanted for at in range(len(words) - size + 1))


@lru_cache(1 << 16)
def _words_of(key: str) -> tuple[str, ...]:
    return tuple(words_of(key))


def _shot(code: str) -> tuple[str, str] | None:
    """A shot's letters and its number without leading zeros.

    >>> _shot("sh_0010"), _shot("hero")
    (('sh', '10'), None)
    """
    match = _SHOT.fullmatch(code)
    return (match[1], match[2]) if match else None
