"""What a word reaches over: what a negation turns round, and what is said of the pictures that others were made from."""

from __future__ import annotations

import re
from dataclasses import replace

from core.search import accounting
from core.search.conditions import Condition
from core.search.lexicon import Want
from core.search.line import Line
from storage.search import Facet, FacetField, RelatedRows, Relation
from storage.tables import Origin

_REACH = 7
"""So many words behind a negation, what it turns round begins at the latest."""


def negations(line: Line) -> None:
    """`not through castor`, `but not those with depth`: a negation without a place turns round what is named right after it."""
    for at in accounting.negations_left(line):
        after = line.words[at].start
        near = [
            (spot, one)
            for one, spot in line.spots.items()
            if spot > after and one in line.reading.conditions and not _turned(one) and not one.dated
        ]
        if not near:
            continue
        spot, one = min(near, key=lambda pair: pair[0])
        between = [word for word in line.words[at:] if word.start < spot]
        if len(between) <= _REACH and not any(word.stop or word.key in ("and", "who", "which", "that") for word in between):
            line.reading.conditions[line.reading.conditions.index(one)] = turned(one)


def _turned(one: Condition) -> bool:
    return bool(
        (one.facet and one.facet.negated) or (one.words and one.words.negated) or (one.link and one.link.negated) or one.bound
    )


def turned(one: Condition) -> Condition:
    """The condition turned round."""
    return replace(
        one,
        label=f"not {one.label}",
        facet=replace(one.facet, negated=True) if one.facet else None,
        words=replace(one.words, negated=True) if one.words else None,
        link=replace(one.link, negated=True) if one.link else None,
    )


_DONE = (
    "(?:made|make|makes|built|build|based|base|derived|rendered|generated|created|upscaled|produced|came|come|started|animated)"
)
_NEW = (
    "(?: (?:out|new|other|more|directly|straight|something|anything|versions?|variations?|variants?|things?|stuff|later|up|one|"
    "ones|be))"
)
_FROM = re.compile(rf"\b{_DONE}{_NEW}{{0,4}} (?:from|on|off|of|with)\b|\b(?:on|from) the basis of\b")
_AS_BASE = re.compile(r"\bas (?:an? |the )?(?:base|basis|source|input|reference|starting point)\b")
_FILES = re.compile(r"\b(?:files?|uploads?|uploaded|photos?)\b")
_BY_ANOTHER = re.compile(
    r"\b(?:by|from) (?:someone|somebody|anyone|anybody|people|others?)(?: else)?\b|"
    r"\b(?:other|another) (?:people|person|artists?)\b"
)
_OF_PARENTS = (
    FacetField.BY, FacetField.SHOT, FacetField.ORIGIN, FacetField.TECHNIQUE, FacetField.WORKFLOW, FacetField.PROJECT,
    FacetField.CLIENT,
)  # fmt: skip


def sources(line: Line) -> None:
    """`made from Mia's robot pictures`: what is said behind `from` is of the pictures that others were made from."""
    if not line.asking or line.want in (Want.RESULTS, Want.SOURCES):
        return
    said = " ".join(one.key for one in line.words)
    match = _FROM.search(said)
    if match is None or _upload_as_base(line, said):
        return
    last = said[: match.end()].count(" ")
    if last >= len(line.words):
        return
    place = line.words[last].start
    linked = next((one for one in line.reading.conditions if one.link and one.link.relation is Relation.SOURCES), None)
    ends = next((word.end for word in line.words[last:] if word.stop), len(line.reading.text))
    parents = [
        one
        for one, spot in line.spots.items()
        if place < spot < ends and one in line.reading.conditions and not _turned(one) and _says_which(one)
    ]
    if not parents or (match.group().split()[-1] in ("on", "with", "of") and not _told_of_pictures(line, last, parents)):
        _asked_for(line, said, match)
        return
    for one in (*parents, *([linked] if linked else [])):
        line.reading.conditions.remove(one)
    if _BY_ANOTHER.search(said):
        line.reading.conditions += [turned(one) for one in parents if one.facet and one.facet.field is FacetField.BY]
    inner = tuple(parents)
    fields = {one.facet.field for one in parents if one.facet}
    if FacetField.BY in fields and not linked and FacetField.ORIGIN not in fields and not _FILES.search(said):
        inner += (Condition("only renders", Facet(FacetField.ORIGIN, (Origin.RENDER.value,)), implied=True),)
    shown = " ".join(["made from", *(["an upload"] if linked else ["pictures"]), *(one.label for one in parents)])
    values = linked.link.values if linked and linked.link else ()
    member = linked.link.member if linked and linked.link else None
    line.reading.conditions.append(Condition(shown, link=RelatedRows(Relation.SOURCES, values, member), inner=inner))
    line.rendered = True


def _says_which(one: Condition) -> bool:
    return (one.facet is not None and one.facet.field in _OF_PARENTS) or one.words is not None


def _told_of_pictures(line: Line, at: int, parents: list[Condition]) -> bool:
    """Whether `on`, `of` and `with` lead to pictures: a file, somebody's pictures; and not to a project or a server."""
    return any(one.words is not None or (one.facet and one.facet.field in (FacetField.BY, FacetField.ORIGIN)) for one in parents)


def _asked_for(line: Line, said: str, match: re.Match[str]) -> None:
    """`the last upscale, what was it upscaled from`: nothing follows, so that is what is asked for."""
    rest = [one for one in said[match.end() :].split() if one not in ("please", "it", "originally", "exactly")]
    if not rest and line.want is Want.PICTURES and re.search(r"\b(?:what|which|where)\b", said) and not line.frame.yes:
        line.want = Want.SOURCES
    elif not rest:
        line.unplaced.append(match.group().split()[-1])


def _upload_as_base(line: Line, said: str) -> bool:
    """`did we use an upload as a base`: of what was made from one."""
    if not _AS_BASE.search(said):
        return False
    for at, one in enumerate(line.reading.conditions):
        if one.facet and one.facet.field is FacetField.ORIGIN and not one.facet.negated:
            link = RelatedRows(Relation.SOURCES, one.facet.values)
            line.reading.conditions[at] = Condition(f"made from {one.facet.values[0]}", link=link)
            line.rendered = True
            return True
    return False


def used_by(line: Line) -> None:
    """`which of my renders did Aoi build on`: pictures that others of somebody were made from."""
    said = " ".join(one.key for one in line.words)
    match = re.search(rf"\bdid (?P<who>.+?) {_DONE}{_NEW}* (?:from|on|off)$", said)
    if match is None or not line.asking:
        return
    first = said[: match.start("who")].count(" ")
    last = first + len(match["who"].split())
    for start, end, one in line.people:
        if first <= start and end <= last and one in line.reading.conditions:
            line.reading.conditions.remove(one)
            shown = f"used for pictures {one.label}"
            line.reading.conditions.append(Condition(shown, link=RelatedRows(Relation.RESULTS), inner=(one,)))
            line.want = Want.PICTURES
            return
