"""How a picture is: its size, its length, its kind, the server it ran on, the hours it was made in, what was said of it."""

from __future__ import annotations

import re

from core.search import lexicon
from core.search.conditions import Condition, label
from core.search.lexicon import Want, word_set
from core.search.line import Line, WordSpan, picture_nouns
from storage.search import Bound, Facet, FacetField, Measure, RelatedRows, Relation
from storage.search.picture_sizes import SHAPES
from storage.tables import Origin

_FOUR_K = re.compile(r"\b(?P<size>\d{3,5} ?x ?\d{3,5}|[248]k|square|portrait|landscape|vertical|horizontal|upright)\b")
_PIXELS = re.compile(
    r"(?P<sign>>=?|over|above|more than|at least|wider than|bigger than|larger than|under|below|<=?|smaller than|"
    r"less than) ?(?P<n>\d{3,5}) ?(?:px|pixels?|p)?(?: wide| tall)?\b"
)
_SECONDS = re.compile(
    r"\b(?P<sign>over|above|more than|at least|longer than|under|below|shorter than|less than) (?P<n>\d{1,4}) "
    r"?(?:s|sec|secs|seconds)\b"
)
_UPLOADED = re.compile(r"\b(?:upload(?:s|ed)?|refs?|references?|reference (?:pictures|images|photos)|client photos?)\b")
_INGESTED = re.compile(r"\b(?:ingested|imported|taken in|archive|archived)\b")

_CLOCK = r"(?:(?P<{0}>\d{{1,2}})(?::00|h)? ?(?P<{0}half>am|pm|a\.m\.?|p\.m\.?|o'?clock|uhr)?|(?P<{0}said>midnight|noon))"
_HOURS = re.compile(
    rf"\b(?P<which>after|before|since|past) {_CLOCK.format('one')}(?= |$)|\bbetween {_CLOCK.format('from')} and "
    rf"{_CLOCK.format('to')}(?= |$)"
)
_WHEN_IN_DAY = re.compile(
    r"\b(?:(?:on|at|over|the) )?(?:the )?weekends\b|\bat night\b|\bin the (?:evening|morning)s?\b|\bafter hours\b|\bovernight\b"
    r"|\bon (?:a |)(?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?P<many>s?)\b"
)
_DAYTIMES = {
    "at night": (22, 30),
    "in the evening": (18, 24),
    "in the morning": (5, 12),
    "after hours": (18, 31),
    "overnight": (22, 31),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hours(line: Line) -> None:
    """`after 9pm`, `between midnight and 7am`, `at weekends`, `on a Sunday`: hours of any day, in the zone of who asks."""
    found = line.find(_HOURS)
    value = _clock(found[0]) if found else ""
    if not value:
        found = line.find(_WHEN_IN_DAY)
        value = _daytime(found[0]) if found else ""
    if found is None or not value:
        return
    line.take(*found[1])
    line.asking = True
    line.reading.conditions.append(Condition(found[0].group().strip(), link=RelatedRows(Relation.HOURS, (value,))))


def _clock(match: re.Match[str]) -> str:
    if match["which"]:
        if not (match["onehalf"] or match["onesaid"]):
            return ""
        hour = _hour(match, "one")
        return f"0-{hour}" if match["which"] == "before" else f"{hour}-24"
    if not any(match[name] for name in ("fromhalf", "fromsaid", "tohalf", "tosaid")):
        return ""
    first, last = _hour(match, "from"), _hour(match, "to")
    return f"{first}-{last if last > first else last + 24}"


def _hour(match: re.Match[str], name: str) -> int:
    if match[f"{name}said"]:
        return 0 if match[f"{name}said"] == "midnight" else 12
    hour, half = int(match[name]), match[f"{name}half"] or ""
    return hour % 12 + 12 * half.startswith("p") if half[:1] in ("a", "p") else hour


def _daytime(match: re.Match[str]) -> str:
    if match["day"]:
        said = match.group()
        return f"day {_DAYS.index(match['day'])}" if match["many"] or " a " in said else ""
    said = match.group().strip()
    if "weekend" in said:
        return "weekend"
    first, last = _DAYTIMES[said.removesuffix("s") if said.startswith("in the") else said]
    return f"{first}-{last}"


def sizes(line: Line) -> None:
    if match := line.claim(_PIXELS):
        least = match["sign"] in (">", ">=", "over", "above", "more than", "at least", "wider than", "bigger than", "larger than")
        number = int(match["n"])
        bound = (
            Bound(Measure.WIDTH, least=number + (match["sign"] not in (">=", "at least")))
            if least
            else Bound(Measure.WIDTH, most=number - 1)
        )
        line.reading.conditions.append(Condition(f"{'over' if least else 'under'} {number} px wide", bound=bound))
    _lasting(line)
    if match := line.claim(_SECONDS):
        least = match["sign"] in ("over", "above", "more than", "at least", "longer than")
        bound = (
            Bound(Measure.SECONDS, least=int(match["n"]) + (0 if match["sign"] == "at least" else 0.001))
            if least
            else Bound(Measure.SECONDS, most=int(match["n"]) - 0.001)
        )
        line.reading.conditions.append(Condition(f"{match['sign']} {match['n']} seconds", bound=bound))
    if not line.asking:
        return
    while (found := line.find(_FOUR_K)) is not None and _size(line, found):
        pass


_WIDE = re.compile(r"^(?: wide| tall)?(?: (?:or|and) (?:more|bigger|larger|above|up|over|wider))?")


def _size(line: Line, found: tuple[re.Match[str], WordSpan]) -> bool:
    said = found[0]["size"].replace(" ", "")
    value = {
        "2k": "2048+",
        "4k": "4096+",
        "8k": "8192+",
        "vertical": "portrait",
        "upright": "portrait",
        "horizontal": "landscape",
    }.get(said, said)
    if value in SHAPES and line.in_corpus(said) and line.original(found[1].last) not in picture_nouns():
        return False
    negated = line.negated_before(found[1].first)
    line.take(*found[1])
    tail = _WIDE.match(" " + " ".join(line.keys[found[1].last :]))
    if value in _K and tail and tail.group().strip():
        line.take(found[1].last, found[1].last + len(tail.group().split()))
        line.reading.conditions.append(Condition(f"over {_K[value] - 1} px wide", bound=Bound(Measure.WIDTH, least=_K[value])))
        return True
    line.reading.add_facet(FacetField.SIZE, [value], negated=negated)
    line.mark(found[1].first)
    return True


_K = {"2048+": 2000, "4096+": 3840, "8192+": 7680}
_LASTING = re.compile(
    r"\b(?P<sign>over|above|more than|at least|longer than|under|below|shorter than|less than|faster than|slower than) "
    r"(?P<n>\d{1,4}|a|one|two|three|five|ten) (?P<unit>second|sec|minute|min|hour)s?(?P<took> (?:to|of) (?:compute|"
    r"render|make|generate|rendering))?\b"
)
_FEW = {"a": 1, "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10}


def _lasting(line: Line) -> None:
    """`longer than a minute to render`, `clips over 5 seconds`."""
    found = line.find(_LASTING)
    if found is None:
        return
    match, span = found
    clips = any(key in ("video", "videos", "clip", "clips", "animation") for key in line.keys)
    took = bool(match["took"]) or not clips
    amount = (_FEW.get(match["n"]) or int(match["n"])) * {"s": 1, "m": 60, "h": 3600}[match["unit"][0]]
    least = match["sign"] in ("over", "above", "more than", "at least", "longer than", "slower than")
    small = 0.0 if match["sign"] == "at least" else 0.001
    measure = Measure.TOOK if took else Measure.SECONDS
    bound = Bound(measure, least=amount + small) if least else Bound(measure, most=amount - 0.001)
    line.take(*span)
    line.asking = True
    line.rendered = line.rendered or took
    line.reading.conditions.append(Condition(match.group(), bound=bound))


def servers(line: Line) -> None:
    for at, key in enumerate(line.keys):
        if key in line.reading.vocabulary.servers:
            negated = line.negated_before(at)
            line.reading.conditions.append(
                Condition(f"{'not ' if negated else ''}server {key}", link=RelatedRows(Relation.SERVER, (key,), negated=negated))
            )
            line.mark(at)
            line.take(at - (at > 0 and line.keys[at - 1] == "on"), at + 1)
            line.asking = True


_MADE_FROM = word_set(
    """
    made derive derived derives based built came come comes started generated rendered originate originated stem stems grew
    created upscaled animated used use uses
    """
)
_FROM = ("from", "on", "of", "off", "with")


def _made_from(line: Line, at: int) -> bool:
    """Whether `made from`, `based on` or their like stand before a word, with at most a few words between."""
    said = [line.original(place) for place in range(at)]
    for place, word in enumerate(said):
        if word in _FROM and at - place <= 7:
            lead = [
                one
                for one in said[max(0, place - 3) : place]
                if one not in ("directly", "straight", "out", "new", "entirely", "only")
            ]
            if lead and lead[-1] in _MADE_FROM and not (word in ("of", "with") and lead[-1] not in ("made", "derived", "used")):
                return True
    return False


def kinds(line: Line) -> None:
    if not line.asking:
        return
    for pattern, kinds in lexicon.KINDS:
        if found := line.find(pattern):
            loose = found[0].group().rstrip("s") in ("film", "movie", "sound", "audio", "music", "mesh", "meshe")
            if loose and line.in_corpus(found[0].group()):
                continue
            negated = line.negated_before(found[1].first)
            line.take(*found[1])
            shown = label(FacetField.KIND, kinds[:1], negated=negated)
            line.reading.conditions.append(Condition(shown, Facet(FacetField.KIND, kinds, negated=negated)))
            line.mark(found[1].first)
    for pattern, origin in ((_UPLOADED, Origin.UPLOAD), (_INGESTED, Origin.INGEST)):
        if found := line.find(pattern):
            negated = line.negated_before(found[1].first)
            made_from = line.want not in (Want.RESULTS, Want.SOURCES) and _made_from(line, found[1].first)
            line.take(*found[1])
            if made_from:
                shown = f"made from {'an upload' if origin is Origin.UPLOAD else 'what was taken in'}"
                line.reading.conditions.append(
                    Condition(shown, link=RelatedRows(Relation.SOURCES, (origin.value,), negated=negated))
                )
                line.rendered = True
                continue
            line.reading.add_facet(FacetField.ORIGIN, [origin.value], negated=negated)
            line.mark(found[1].first)
            while line.claim(pattern):
                pass
    if line.claim(re.compile(r"\b(?:renders?|rendered) only\b|\bonly (?:the )?renders?\b")):
        line.rendered = True


_NOTED = ("note", "notes", "comment", "comments", "feedback", "saying", "say", "said", "says", "wrote", "commented")


def _whose(line: Line, at: int) -> bool:
    """Whether a person stands right before a word: `my note`, `Art's comment`."""
    return any(last == at or (last == at - 1 and line.original(at - 1) in ("own", "s")) for _first, last, _one in line.people)


def notes(line: Line) -> None:
    """`with the note "label is wrong"`, `did Art say "fix hands"`: what people said of pictures."""
    said = [key for key in line.keys if key in _NOTED]
    if not said or any(key in ("prompt", "prompts") for key in line.keys):
        return
    one = next((one for one in line.reading.conditions if one.words and "“" in one.label and len(one.words.tokens) > 0), None)
    if one is None or one.words is None:
        return
    text = one.label.partition("“")[2].removesuffix("”")
    verdict = next(
        (one for one in line.reading.conditions if one.facet and one.facet.field is FacetField.STATUS and not one.facet.negated),
        None,
    )
    person = None
    owned = any(
        key in ("note", "notes", "comment", "comments", "feedback") and _whose(line, at) for at, key in enumerate(line.keys)
    )
    if owned or any(key in ("say", "said", "says", "wrote", "commented") for key in said):
        person = next((one for _at, _to, one in line.people if one in line.reading.conditions and one.facet), None)
    for used in (one, verdict, person):
        if used is not None:
            line.reading.conditions.remove(used)
    values = verdict.facet.values if verdict and verdict.facet else ()
    member = int(person.facet.values[0]) if person and person.facet else None
    by = f" by {person.names[0].label}" if person and person.names else ""
    shown = " ".join([*values, f"note “{text}”{by}"])
    link = RelatedRows(Relation.EVER, values, member=member, text=text, negated=one.words.negated)
    line.reading.conditions.append(Condition(shown, link=link))
    for at, key in enumerate(line.keys):
        if key in _NOTED:
            line.take(at, at + 1)
    if line.want is Want.NOTE:
        line.want = Want.PICTURES
