"""What a picture must say of its own making: created or altered, by which kind of process, and from which picture.

The terms are IPTC's (https://cv.iptc.org/newscodes/digitalsourcetype/), as C2PA and XMP use them. They are computed from the
graph, never typed by hand: a picture that went in makes a composite, an enlargement stays what its source was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.comfyui import sampling, techniques
from core.comfyui.facts import Facts
from core.comfyui.trace import Trace

_NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(StrEnum):
    """The terms Slate writes; any other is an error, for a misspelt one would be signed all the same."""

    TRAINED = _NEWSCODES + "trainedAlgorithmicMedia"
    COMPOSITE = _NEWSCODES + "compositeWithTrainedAlgorithmicMedia"
    ENHANCED = _NEWSCODES + "algorithmicallyEnhanced"
    ALGORITHMIC = _NEWSCODES + "algorithmicMedia"

    @property
    def term(self) -> str:
        """The last part, such as `trainedAlgorithmicMedia`."""
        return self.value.rpartition("/")[2]

    @property
    def label(self) -> str:
        """What people read."""
        return _LABELS[self]


_LABELS = {
    SourceType.TRAINED: "Made with AI",
    SourceType.COMPOSITE: "Made with AI from a picture",
    SourceType.ENHANCED: "Enhanced by software",
    SourceType.ALGORITHMIC: "Made by software",
}
GENERATIVE = frozenset({SourceType.TRAINED, SourceType.COMPOSITE})
"""The types that say: a trained model made this or had a part in it."""
_AI_TERMS = frozenset(
    {"trainedalgorithmicmedia", "compositewithtrainedalgorithmicmedia", "compositesynthetic", "trainedalgorithmicdata"}
)
_NO_AI_TERMS = frozenset(
    {"digitalcapture", "computationalcapture", "negativefilm", "positivefilm", "print", "humanedits", "minorhumanedits"}
    | {"digitalcreation", "digitalart"}
)
"""Terms that say that a camera or a hand made it. Screen captures, other composites and enhancements tell nothing."""
RETURNED = "returned"
"""What was done to a base that came back as it went in."""


def says_ai(uri: str) -> bool:
    """Whether a source type of anybody says that a model had a part in it; told by its last word, however the rest is spelt."""
    return _term(uri) in _AI_TERMS


def says_no_ai(uri: str) -> bool:
    """Whether it says that none had."""
    return _term(uri) in _NO_AI_TERMS


def _term(uri: str) -> str:
    return uri.strip().partition("?")[0].rstrip("/#").replace("#", "/").rpartition("/")[2].casefold()


@dataclass(frozen=True)
class Disclosure:
    """`how` is created or altered. `base` is the input whose pixels became this picture, empty where none did; the other inputs
    only guided. `done` is what happened to the base: edited, resized, returned, or nothing."""

    how: str
    source_type: SourceType
    base: str = ""
    done: str = ""

    @property
    def is_ai(self) -> bool:
        return self.source_type in GENERATIVE

    def as_json(self) -> dict[str, str]:
        return asdict(self) | {"source_type": self.source_type.value}

    @property
    def says_ai(self) -> bool | None:
        """The same, where it can be said: what only enhanced a picture says nothing of how that picture came to be."""
        return True if self.is_ai else False if self.source_type is SourceType.ALGORITHMIC else None

    @classmethod
    def told(cls, stated: Mapping[str, Any]) -> Disclosure | None:
        """The disclosure of what a run made; None where no run is stated, for then nothing is known of its making."""
        return cls.of(stated) if stated.get("disclosure") or stated.get("render") else None

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> Disclosure:
        """The disclosure that a statement holds; one of an older schema is taken for created by a model."""
        told = stated.get("disclosure") or {}
        kind = known(str(told.get("source_type", ""))) or SourceType.TRAINED
        return cls(str(told.get("how") or "created"), kind, str(told.get("base") or ""), str(told.get("done") or ""))


def known(uri: str) -> SourceType | None:
    """The term behind a URI, or None for one that Slate does not write."""
    return next((one for one in SourceType if one.value == uri), None)


def judge(graph: Mapping[str, Any], facts: Facts, parents: Sequence[Mapping[str, Any]]) -> Disclosure:
    """What a graph did. `parents` are `{asset, sha256, input, source_type}` of the pictures that went in."""
    generative = bool(facts.passes) or bool({"img2img", "inpaint", "outpaint", "video", "face"} & set(facts.techniques))
    base = base_of(graph, parents)
    if not parents and not facts.pictures_in:
        return Disclosure("created", SourceType.TRAINED if generative or facts.prompt else SourceType.ALGORITHMIC)
    if generative:
        return Disclosure("altered" if base else "created", SourceType.COMPOSITE, base, "edited" if base else "")
    carried = next((str(one.get("source_type", "")) for one in parents if one.get("input") == base), "")
    done = "resized" if "upscale" in facts.techniques else "edited"
    kind = (known(carried) or SourceType.COMPOSITE) if says_ai(carried) else SourceType.ENHANCED
    return Disclosure("altered", kind, base, done)


def base_of(graph: Mapping[str, Any], parents: Sequence[Mapping[str, Any]]) -> str:
    """The input whose pixels the output went on from; empty where pictures only guided or nothing went in.

    A picture is found in the graph by the name it was uploaded under, which begins with its digest.
    """
    trace = Trace(graph)
    path = trace.picture_path(trace.outputs())
    samplers = [node for node in path if sampling.is_sampler(node)]
    names = techniques.pictures_in(trace.picture_path(samplers[:1]) if samplers else path)
    return next((str(one["input"]) for one in parents if _among(str(one.get("sha256", "")), names)), "")


def _among(sha256: str, names: Iterable[str]) -> bool:
    return bool(sha256) and any(name.rpartition("/")[2].startswith(sha256[:20]) for name in names)
