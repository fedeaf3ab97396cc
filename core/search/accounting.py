"""Goes through the words of a question once it is understood: each word that would change the answer must have its place in it.

A word counts as placed when what it says is somewhere in the question: a negation in a condition that is turned round, a
superlative in an order or a rank, a verdict in a condition or in what is asked. What has no place is named before the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from core.search import events
from core.search.conditions import UNDECIDED_SAID, Condition
from core.search.filters import UNDECIDED
from core.search.lexicon import Want, word_set
from core.search.line import TAKEN, Line, ordinary, picture_nouns
from storage.search import FacetField, Relation
from storage.search.tally import Group

_CHANGING = word_set(
    """
    not never without except no none nobody neither nor cannot more fewer less than least most second third fourth each every per
    average percent percentage ratio median mean share instead versus vs both previous next between same
    """
)
"""Words that turn an answer round or make another one of it."""
_PLURAL_UNITS = word_set(
    """
    clients projects people artists models workflows loras servers tags samplers seeds techniques recipients profiles days
    weeks months quarters years customers campaigns brands designers
    """
)
_NEGATIONS = word_set("outside not never no without except excluding nobody none neither nor minus besides cannot")
_EXTREMES = word_set(
    """
    most least fewest top biggest largest smallest longest shortest slowest fastest latest newest oldest earliest busiest highest
    lowest heaviest widest tallest first last
    """
)
_PER = word_set("each per apiece")
_MORE = word_set("than vs versus more fewer")
_JUDGED = (Want.JUDGE, Want.JUDGED, Want.STATUS, Want.NOTE, Want.SHARE)
_EXPORTED = (Want.EXPORTED, Want.EXPORTER, Want.PROFILE, Want.RECIPIENT, Want.SHARE)
_AMONG_US = word_set("for to of sent send sends give gave given show shown showed delivered exported shared with made")
_SAYS_NOTHING = word_set(
    "know sure idea remember recall find see care need want think mind matter worry worries bother rush problem get have"
)


def read(line: Line) -> None:
    """Note the words that would change the answer, and have no place in it."""
    if not line.asking:
        return
    for check in (_left_over, _ignored, _negations, _extremes, _groups, _comparisons, _numbers, _verdicts, _people, _us):
        line.unplaced += [one for one in check(line) if one not in line.unplaced]


def _left_over(line: Line) -> list[str]:
    counted = line.frame.unit is not None or line.frame.per is not None or line.frame.without
    last = len(line.keys) - 1
    asked = [line.words[last].raw] if last > 0 and line.keys[last] in ("when", "where", "who", "why", "whom") else []
    return asked + [
        line.words[at].raw
        for at in line.free()
        if (line.keys[at] in _CHANGING and not harmless(line, at))
        or (line.keys[at] in _PLURAL_UNITS and not counted and not _whose(line, at))
    ]


def _whose(line: Line, at: int) -> bool:
    """`left to clients`, `for the kettle people`: whom it went to, or who they are."""
    if line.words[at].raw in (*line.missed, *line.strangers):
        return True
    sent = any(one.link and one.link.relation is Relation.EXPORTED for one in line.reading.conditions)
    return (sent and line.keys[at] == "clients") or (
        line.keys[at] == "people" and (line.original(at - 1) in ("the", "for") or line.inside(at - 1))
    )


def harmless(line: Line, at: int) -> bool:
    """`or not`, `no idea`, `why not`, `more of`, `if not`: said without turning anything round."""
    key, before, after = line.original(at), line.original(at - 1), line.original(at + 1)
    if key in ("not", "no", "cannot"):
        polite = (
            before in ("do", "can", "could", "did") and line.original(at - 2) in ("i", "we", "you") and after in _SAYS_NOTHING
        )
        return (
            polite
            or before in ("or", "if", "why")
            or after in ("sure", "idea", "matter", "problem", "worries", "rush")
            or at == 0
        )
    if key in ("more", "most"):
        return after in ("or", "of") or before in ("any", "some", "once", "the", "no", "one") or at + 1 >= len(line.keys)
    if key in ("next", "previous", "second", "third"):
        return after in ("to", "one")
    if key == "every":
        return after in picture_nouns() or after in ("thing", "picture", "one")
    if key == "per":
        return after in ("whole", "all", "the")
    return key in ("both", "each", "between", "share", "mean", "instead", "same")


_FACTS = word_set(
    """
    model models checkpoint checkpoints lora loras seed seeds prompt prompts workflow workflows sampler samplers cfg steps
    server gpu
    """
)
_MAY_GO = word_set(
    """
    exist exists existing happen happened happens use used uses using do done doing make made go gone went goes come came
    take took taken put get got try tried run ran need needed seem seems look looks include includes start started keep
    left leave spent call
    """
)


def _ignored(line: Line) -> list[str]:
    """A fact that was dropped; in a yes-or-no question, the verb that is asked."""
    found = []
    for at, one in enumerate(line.words):
        if one.raw not in line.ignored or line.keys[at] == TAKEN:
            continue
        if one.key in _FACTS or (line.frame.yes and one.key in ordinary("verbs") and one.key not in _MAY_GO):
            found.append(one.raw)
    return found


def _conditions(line: Line) -> list[Condition]:
    return [*line.reading.conditions, *line.against]


def _said(line: Line, words: frozenset[str], *, placed: Callable[[int], bool] = lambda at: False) -> list[str]:
    """The words of a set as typed, but those inside a name, a date or a quote."""
    return [
        one.raw
        for at, one in enumerate(line.words)
        if one.key in words and not line.inside(at) and not _searched(line, one.key) and not placed(at)
    ]


def _searched(line: Line, key: str) -> bool:
    """Whether the word itself is looked for."""
    return any(one.words is not None and key in one.words.tokens for one in line.reading.conditions)


def negations_left(line: Line) -> list[int]:
    """Where negations stand that turn nothing round."""
    turned = line.frame.without or bool(line.turned) or line.want is Want.NEGATIVE or UNDECIDED in line.reading.conditions
    turned = turned or any(
        (one.facet and one.facet.negated) or (one.words and one.words.negated) or (one.link and one.link.negated)
        for one in _conditions(line)
    )
    turned = turned or any(one.label.startswith(("not ", "no ", "under")) for one in _conditions(line))
    if turned or line.want is Want.STATUS:
        return []
    places = [
        at for at, one in enumerate(line.words) if one.key in _NEGATIONS and not line.inside(at) and not _searched(line, one.key)
    ]
    places = [at for at in places if line.original(at) != "outside" or line.outside_of(at)]
    return [at for at in places if not harmless(line, at) and line.original(at + 1)]


def _negations(line: Line) -> list[str]:
    return [line.words[at].raw for at in negations_left(line)]


def _extremes(line: Line) -> list[str]:
    frame = line.frame
    ranked = frame.most or frame.measure or frame.limit or frame.skip or frame.each or frame.compare or line.reading.order
    if ranked or line.want in (Want.JUDGED, Want.EXPORTED) or frame.detail or any(one.bound for one in _conditions(line)):
        return []

    def placed(at: int) -> bool:
        return line.original(at - 1) in ("at", "times") or line.original(at + 1) in ("time", "of", "names", "name")

    return _said(line, _EXTREMES, placed=placed)


def _groups(line: Line) -> list[str]:
    grouped = line.frame.per is not None or line.frame.each or line.frame.compare
    return [] if grouped else _said(line, _PER, placed=lambda at: line.original(at + 1) in ("other", "whole"))


def _comparisons(line: Line) -> list[str]:
    frame = line.frame
    if frame.compare or frame.most or line.against or line.turned or any(one.bound for one in _conditions(line)):
        return []
    return _said(
        line,
        _MORE,
        placed=lambda at: harmless(line, at) or not {"other", "else"}.isdisjoint((line.original(at - 1), line.original(at - 2))),
    )


def _numbers(line: Line) -> list[str]:
    """Numbers that nothing in the question has."""
    if line.frame.limit or line.frame.skip or line.subject:
        return []
    known = " ".join(
        [*(one.label for one in _conditions(line)), *(f"{one.facet.values}" for one in _conditions(line) if one.facet)]
    )
    found = []
    for at, one in enumerate(line.words):
        digits = re.fullmatch(r"\d+", one.key)
        if digits and line.keys[at] == TAKEN and not line.inside(at) and one.key not in known:
            found.append(one.raw)
    return found


def _verdicts(line: Line) -> list[str]:
    """A verdict or an export that is neither a condition nor asked for."""
    links = {one.link.relation for one in _conditions(line) if one.link}
    fields = {one.facet.field for one in _conditions(line) if one.facet}
    per = (Group.JUDGE, Group.EXPORTER, Group.STATUS, Group.RECIPIENT, Group.PROFILE)
    if line.frame.per in per or line.frame.unit in per:
        return []
    judged = FacetField.STATUS in fields or FacetField.JUDGE in fields or line.want in _JUDGED
    judged = judged or bool(links & {Relation.EVER, Relation.JUDGED, Relation.WITHDRAWN, Relation.OVERTURNED})
    exported = Relation.EXPORTED in links or line.want in _EXPORTED
    verdicts = frozenset((*events.APPROVE, *events.REJECT, *UNDECIDED_SAID))
    return [
        *([] if judged else _said(line, verdicts)),
        *([] if exported else _said(line, frozenset(events.EXPORT))),
    ]


def _people(line: Line) -> list[str]:
    """A person who is in no condition, and a second maker whom nothing joins to the first."""
    found, makers = list[str](), list[tuple[int, int]]()
    kept = _conditions(line)
    members = {str(one.link.member) for one in kept if one.link and one.link.member is not None}
    kept = [*kept, *(inner for one in kept for inner in one.inner)]
    members |= {
        value for one in kept if one.facet and one.facet.field in (FacetField.BY, FacetField.JUDGE) for value in one.facet.values
    }
    for first, last, one in sorted(line.people, key=lambda person: person[0]):
        if one.facet is None:
            continue
        if not set(one.facet.values) <= members:
            found.append(line.said(first, last))
        elif one in line.reading.conditions and not one.facet.negated and one.facet.field is FacetField.BY:
            makers.append((first, last))
    for (_first, end), (start, last) in pairwise(makers):
        between = [line.original(at) for at in range(end, start)]
        joined = line.words[end - 1].stop or set(between) & {
            "and",
            "or",
            "nor",
            "vs",
            "versus",
            "than",
            "plus",
            "with",
            "/",
            "by",
        }
        if between and not joined and line.frame.per is None and not line.frame.compare:
            found.append(line.said(start, last))
    return found


def _us(line: Line) -> list[str]:
    """`did you send us anything`: who we are is not known to be one client's people."""
    found = []
    for at, one in enumerate(line.words):
        lead = line.original(at - 1)
        if (
            one.key == "us"
            and lead in _AMONG_US
            and not (at < 3 and lead in ("show", "give", "send"))
            and line.original(at - 2) not in ("each", "all", "one", "some", "any", "most", "which", "none", "many", "both")
        ):
            found.append(one.raw)
        if one.key == "ours":
            found.append(one.raw)
        if (
            one.key == "our"
            and line.original(at + 1) in ("campaign", "account", "brand", "job", "project", "pics", "pictures", "images")
            and _client_speaks(line)
        ):
            found.append(f"our {line.words[at + 1].raw}" if at + 1 < len(line.words) else one.raw)
    return found


def _client_speaks(line: Line) -> bool:
    """Whether it is said to the studio rather than in it, and nothing says whose pictures are meant."""
    fields = {one.facet.field for one in line.reading.conditions if one.facet}
    return not fields & {FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT, FacetField.BY}
