"""Nouns of a question that nothing else has understood, and that say what is asked for: `lobby, newest one, seed?`."""

from __future__ import annotations

from core.search.conditions import PERIODS
from core.search.frames import FACTS
from core.search.lexicon import Want, word_set
from core.search.line import TAKEN, Line, english, picture_nouns
from storage.search import FacetField
from storage.search.tally import Group

_PLACES = ("client", "customer", "project", "shot", "status", "verdict", "profile", "recipient")
_ASKED = {
    **{noun: want for noun, want in FACTS.items() if " " not in noun and noun not in _PLACES},
    "artist": Want.WHO, "maker": Want.WHO, "author": Want.WHO, "creator": Want.WHO, "date": Want.WHEN, "day": Want.WHEN,
    "px": Want.SIZE, "pixel": Want.SIZE, "pixels": Want.SIZE, "people": Want.WHO, "artists": Want.WHO, "makers": Want.WHO,
    "loras": Want.LORA, "models": Want.MODEL, "checkpoints": Want.MODEL, "prompts": Want.PROMPT, "seeds": Want.SEED,
    "tags": Want.TAGS, "notes": Want.NOTE, "comments": Want.NOTE, "dimensions": Want.SIZE, "samplers": Want.SETTINGS,
    "sources": Want.SOURCES, "source": Want.SOURCES, "parents": Want.SOURCES, "origins": Want.SOURCES,
    "lineage": Want.SOURCES, "derivatives": Want.RESULTS, "descendants": Want.RESULTS, "children": Want.RESULTS,
    "approver": Want.JUDGE, "reviewer": Want.JUDGE,
}  # fmt: skip
_SURE = word_set(
    """
    seed seeds cfg sampler samplers steps scheduler denoise lora loras checkpoint checkpoints model models prompt prompts workflow
    workflows resolution dimensions settings server gpu filename guidance duration controlnet
    """
)
"""These ask for the fact even where pictures have the word."""
_HELD = word_set("with without no has have had having using use any same by per each every like other than shows showing of")
_SETTINGS = word_set("cfg steps sampler scheduler denoise guidance")
_AFTER_COUNT = word_set("cfg seed steps denoise guidance")


def read(line: Line) -> None:
    """What is asked for, of nouns that are left; how many of each, of what is told apart."""
    if not line.asking:
        return
    _each(line)
    frame = line.frame
    if (
        frame.per is not None
        or frame.most
        or frame.without
        or frame.compare
        or frame.unit is not None
        or frame.measure is not None
    ):
        return
    for at in line.free():
        noun = line.keys[at]
        want = _ASKED.get(noun)
        if want is None or noun in picture_nouns() or not _asked_for(line, at):
            continue
        plain = line.want is Want.PICTURES and not frame.yes and (want is not Want.WHO or _says_of_what(line))
        if plain or (line.want is Want.HOW_MANY and noun in _AFTER_COUNT):
            _ask(line, noun, want)
        elif line.want not in (Want.PICTURES, Want.HOW_MANY, Want.LIST, Want.RESULTS, Want.SOURCES) and noun in _SURE:
            if want is not line.want and want not in line.others:
                line.others.append(want)
        else:
            continue
        if noun in _SETTINGS:
            line.set(detail=f"{line.frame.detail} {noun}".strip())
        line.take(at, at + 1)


def _asked_for(line: Line, at: int) -> bool:
    """Whether a noun may be what is asked for where it stands: not `with a seed`, `the model shot`."""
    noun, before, after = line.keys[at], line.original(at - 1), line.original(at + 1)
    if before == "of" and line.original(at - 2) in ("chain", "list", "tree"):
        return True
    if before in _HELD or (before in ("a", "an", "any", "the") and line.original(at - 2) in _HELD):
        return False
    if noun not in _SURE and (line.in_prompts(noun) or after in ("shot", "shots", "pictures", "images", "renders", "pics")):
        return False
    names = line.reading.vocabulary
    return names.exact(noun, (FacetField.SHOT, FacetField.TAG, FacetField.PROJECT, FacetField.CLIENT)) is None


def _says_of_what(line: Line) -> bool:
    return bool(line.reading.conditions or line.reading.order or line.subject)


def _ask(line: Line, noun: str, want: Want) -> None:
    unit = english()["units"].get(noun)
    if noun.endswith("s") and unit and unit not in PERIODS and noun in _SURE and noun not in ("seeds", "prompts"):
        line.want = Want.LIST
        line.set(unit=Group(unit), unit_said=noun)
        return
    line.want = want


_TOLD_APART = {
    FacetField.SHOT: Group.SHOT, FacetField.PROJECT: Group.PROJECT, FacetField.CLIENT: Group.CLIENT, FacetField.BY: Group.BY,
    FacetField.MODEL: Group.MODEL, FacetField.LORA: Group.LORA, FacetField.WORKFLOW: Group.WORKFLOW,
    FacetField.STATUS: Group.STATUS,
}  # fmt: skip


def _each(line: Line) -> None:
    """`sole / jar: how many renders each`, `workflows of Acme with how many each`: by what several are named of, or by a noun."""
    verdicts = [
        one for one in line.reading.conditions if one.facet and one.facet.field is FacetField.STATUS and not one.facet.negated
    ]
    counts = line.want is Want.HOW_MANY or any(line.original(at) in ("numbers", "counts") for at in range(len(line.words)))
    if len(verdicts) > 2 and counts and line.frame.per is None:
        line.want = Want.HOW_MANY
        line.set(per=Group.STATUS, unit=None)
        return
    each = next((at for at, key in enumerate(line.keys) if key in ("each", "apiece")), None)
    if each is None or line.want is not Want.HOW_MANY or line.frame.per is not None:
        return
    for field, group in _TOLD_APART.items():
        same = [one for one in line.reading.conditions if one.facet and one.facet.field is field and not one.facet.negated]
        if len(same) > 1:
            line.set(per=group, unit=None)
            line.take(each, each + 1)
            return
    for at in line.free():
        unit = english()["units"].get(line.keys[at])
        if unit and unit not in PERIODS and unit not in ("render", "shot") and line.keys[at] != TAKEN:
            line.set(per=Group(unit), unit=None)
            line.take(each, each + 1)
            line.take(at, at + 1)
            return
