"""What a question makes of what it finds: counts, groups, rankings, the largest, the first few."""

from __future__ import annotations

import re

from core.search import events
from core.search.conditions import PERIODS
from core.search.lexicon import Want
from core.search.line import TAKEN, Line, english, picture_nouns
from storage.search import FacetField, Measure, Order
from storage.search.tally import Group

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "dozen": 12,
    "couple": 2, "few": 3,
}  # fmt: skip
_N = rf"(?P<n>\d{{1,2}}|{'|'.join(NUMBERS)})(?: of)?"
UNIT = "(?P<unit>" + "|".join(sorted((re.escape(one) for one in english()["units"]), key=len, reverse=True)) + ")"
WHO = re.compile(r"\bwho\b|\bwhich of us\b|\bwhose\b")
_COUNT = re.compile(
    r"\b(?:how many times|how often|how many|how much|total number of|number of|amount of|count of|count|tally of|"
    r"total of|how often|(?:how "
    r"many )?times)\b(?: all)?(?: of)?"
)
_HOURS = re.compile(
    r"\bhow many (?P<of>hours|minutes|seconds|days)(?: of)?(?P<gpu> render(?:ing)?| gpu| footage| video)?(?: time)?\b"
)
_FRAMES = re.compile(
    r"\b(?:how many frames (?:has|does|is|in|long|did|was|are (?:in|there in))(?: the| is| are)?(?=.*\b(?:latest|newest|last|"
    rf"first|oldest|longest|shortest|video|clip|it|this|that|{TAKEN})\b)|frame ?(?:count|rate)|number of frames|fps)\b"
)
_STEPS = re.compile(
    r"\bhow many (?P<what>steps|sampling steps)(?= (?:did|does|do|has|have|had|was|were|is|are|on|for|in|it|at)\b|$)|"
    r"\bhow much (?P<much>cfg|guidance|denoise|denoising)\b|\bhow high (?:is|was) the (?P<high>cfg|guidance|denoise)\b"
)
_ADJECTIVE = re.compile(rf"\b(?:each|every|per) (?P<word>(?!of\b|single\b|different\b|the\b)\S+) {UNIT}s?(?= |$)")
_PER = re.compile(
    rf"\b(?:per|(?:broken down |grouped |split |sorted |broken out |counted |listed )?by(?: each)?|for each|for "
    rf"every|across|of each|from each|each|every|of every|from every)(?: of our| of the)? (?:single |different "
    rf")?{UNIT}s?(?= |$)"
)
_BY_PERIOD = re.compile(
    r"\b(?P<period>day|week|month|quarter|year) by (?P=period)\b|\b(?P<adverb>daily|weekly|monthly|yearly)\b|"
    r"\b(?:per|by|each|every) (?P<each>day|week|month|quarter|year)\b"
)
_SPLIT = re.compile(
    rf"\b{UNIT}s? (?:split|breakdown|distribution|counts?|stats)\b|\b(?:split|breakdown|distribution) (?:of|by) "
    rf"(?:the )?{UNIT.replace('<unit>', '<of>')}s?\b"
)
_EACH = re.compile(
    r"\b(?:latest|newest|last|most recent|first|oldest)(?P<kind> (?:approved|rejected|delivered|exported|undecided|uploaded"
    r"|upscaled|needs work|video))?(?: (?:one|picture|render|image|shot|take|pic|video)s?)?(?= (?:of|from|for|by|per|each|in))"
)
_MOST = re.compile(
    r"\b(?P<most>most(?! (?:recent|of the time))|(?<!at )least(?! recent)|fewest|busiest|quietest|top|biggest "
    r"(?:number|amount) of|highest number of|more than anyone(?: else)?|favou?rite|go to|go-to)\b(?: (?:often|"
    r"frequently|commonly|popular|used|common|prolific|productive|active|frequent|rendered))*"
)
_RANKABLE = re.compile(rf"\b{UNIT}\b")
_ORDER = (
    r"(?P<order>latest|newest|most recent|last|recent|oldest|earliest|very first|first|biggest|largest|smallest|"
    r"longest|shortest|slowest|fastest|top)"
)
_FIRST_N = re.compile(rf"\b{_ORDER} {_N}\b(?! (?:day|week|month|year|hour|minute|quarter|weekend)s?\b)")
_N_FIRST = re.compile(rf"\b{_N} (?:the |very )?{_ORDER}\b")
_MEASURES = {
    "biggest": (Measure.PIXELS, False),
    "largest": (Measure.PIXELS, False),
    "highest res": (Measure.PIXELS, False),
    "highest resolution": (Measure.PIXELS, False),
    "hi-res": (Measure.PIXELS, False),
    "smallest": (Measure.PIXELS, True),
    "tiniest": (Measure.PIXELS, True),
    "lowest resolution": (Measure.PIXELS, True),
    "longest": (Measure.SECONDS, False),
    "shortest": (Measure.SECONDS, True),
    "slowest": (Measure.TOOK, False),
    "fastest": (Measure.TOOK, True),
    "quickest": (Measure.TOOK, True),
    "heaviest": (Measure.BYTES, False),
    "widest": (Measure.WIDTH, False),
    "tallest": (Measure.HEIGHT, False),
}
_MEASURE = re.compile(
    r"\b(?P<measure>" + "|".join(sorted((re.escape(one) for one in _MEASURES), key=len, reverse=True)) + r")(?P<file> files?)?\b"
)
_MEASURED_BY = re.compile(
    r"\b(?:by|in|in terms of|regarding) (?P<what>pixels?|pixel count|area|resolution|dimensions?|file ?size|size|megapixels|"
    r"length|duration|(?:render|gpu) ?time|playing time|running time|runtime|run time|width|height)\b"
)
_TOOK_LONGEST = re.compile(
    r"\b(?:took|takes|take|eaten|ate|used|used up|burned|burnt|cost|needed) (?:us |it )?(?:the )?(?P<how>longest|"
    r"shortest|most (?:render |gpu |rendering )?time|least (?:render |gpu |rendering )?time|forever)\b(?: "
    r"time)?(?: to (?:render|make|generate|finish|run))?|\b(?P<long>longest|shortest)(?= (?:to render|render|"
    r"running|rendering|gpu)\b)(?: to render| running)?"
)
_TOTAL_TIME = re.compile(
    r"\b(?:(?:total|overall|combined|whole|sum of|amount of) (?:the )?(?:render|rendering|gpu|compute|machine|server) "
    r"?(?:time|times|hours|minutes)|(?:total|combined) time|how much (?:render|rendering|gpu|compute|machine|server)"
    r"(?: (?:time|hours|power))?|how much (?:time|hours) (?!.*\b(?:last|latest|newest|first|this|it)\b)"
    r"(?=.*\b(?:render|rendered|rendering|gpu|took|take)\b))\b"
)
_TOTAL_LENGTH = re.compile(
    r"\b(?:total|combined|overall) (?:length|duration|running time|playing time|runtime)\b|\bhow much (?:video|videos|footage)\b"
)
_AVERAGE = re.compile(
    r"\b(?:the )?(?:average|mean|typical|avg|usual) (?:render|rendering|gpu)? ?(?:time|times|duration|length)(?: of| for)?"
    r"\b|"
    r"\bhow long (?:does|do|did|is|are|was|were) (?=.*\b(?:on average|typically|usually|normally)\b)"
)
_SHARE = re.compile(
    r"\b(?:what|which|how big|how large)(?: is| was)?(?: the| a| our)? "
    r"(?:percentage|percent|share|proportion|ratio|fraction|portion|pct|%)(?: is| was)?(?: of)?(?: |$)|"
    r"\b(?:the |a )?(?:percentage|percent|share|proportion|ratio|fraction|portion|pct) of\b|\brate\b"
)


def _sums(line: Line) -> bool:
    """`total render time`, `average render time`, `what percentage of`: one number of all that is found."""
    if match := line.claim(_AVERAGE):
        line.asking, line.want = True, Want.LENGTH if re.search("duration|length", match.group()) else Want.TOOK
        line.claim(re.compile(r"\b(?:on average|typically|usually|normally)\b"))
        line.claim(re.compile(r"\b(?:take|took|takes)(?: to (?:render|make|run))?\b"))
        line.set(detail="average")
        return True
    for pattern, want in ((_TOTAL_TIME, Want.TOOK), (_TOTAL_LENGTH, Want.LENGTH)):
        if found := line.find(pattern):
            line.asking, line.want = True, want
            line.take(*found[1])
            line.claim(re.compile(r"\b(?:take|took|takes|cost|use|used|spent|spend)(?: (?:to render|up|on))?\b"))
            line.set(detail="total time")
            return True
    return False


_RATES = {"approval": "approved", "approvals": "approved", "rejection": "rejected", "rejections": "rejected", "hit": "approved"}


def _shares(line: Line) -> None:
    """`what percentage of Acme is approved`, `approval rate for Acme`."""
    found = line.find(_SHARE)
    if found is None or (found[0].group().strip() == "rate" and line.original(found[1].first - 1) not in _RATES):
        return
    line.asking, line.want = True, Want.SHARE
    before = found[1].first - 1
    if before >= 0 and line.keys[before] in _RATES:
        line.reading.add_facet(FacetField.STATUS, [_RATES[line.keys[before]]])
        line.take(before, before + 1)
    line.take(*found[1])


def read(line: Line) -> None:
    if (match := _hours_of(line)) is not None:
        line.asking, line.want = True, Want.LENGTH if (match["gpu"] or "").strip() in ("footage", "video") else Want.TOOK
        line.set(detail=f"total {match['of']}")
        return
    if _sums(line):
        return
    _shares(line)
    if line.want is Want.SHARE:
        return
    if match := line.claim(_STEPS):
        what = match["what"] or match["much"] or match["high"]
        line.asking, line.want = True, Want.SETTINGS
        line.set(detail={"guidance": "cfg", "denoising": "denoise", "sampling steps": "steps"}.get(what, what))
        line.claim(re.compile(r"\b(?:have|use|run|take|get)$"))
        return
    if line.claim(_FRAMES):
        line.asking, line.want = True, Want.FRAMES
        return
    _periods_and_groups(line)
    _few(line)
    _ranking(line)
    found = line.find(_COUNT)
    if found and found[0].group().startswith("how often") and re.search(rf"\b(?:which|what) {UNIT}", " ".join(line.keys)):
        line.take(*found[1])
        found = None
    if found:
        match, span = found
        line.take(*span)
        line.asking, line.want = True, Want.HOW_MANY
        if match.group().startswith(("how often", "times", "how many times")):
            line.set(unit_said="times")
        else:
            if line.frame.per is None:
                _unit_after(line, span.last)


def _hours_of(line: Line) -> re.Match[str] | None:
    """`how many hours of rendering`; of one picture ("how many seconds did it take") it is a fact and no sum."""
    found = line.find(_HOURS)
    if found is None:
        return None
    if re.search(r"\b(?:last|latest|newest|first|oldest|it|this|that)\b.*\btake\b", " ".join(line.keys)):
        line.take(*found[1])
        line.claim(re.compile(r"\btake\b"))
        line.asking, line.want = True, Want.TOOK
        return None
    line.take(*found[1])
    return found[0]


def _unit_after(line: Line, at: int) -> None:
    """The noun that is counted, within a few words: `how many different people`, `how many depth shots`."""
    units = english()["units"]
    for place in range(at, min(at + 6, len(line.keys))):
        key = line.keys[place]
        if key in ("did", "do", "does", "have", "has", "are", "were", "was", "is", "for", "in", "of", "by", "with"):
            return
        unit = units.get(key)
        if unit and unit not in PERIODS and place and line.keys[place - 1] in ("exported", "delivered", "to", "the"):
            return
        if unit and unit not in PERIODS:
            bare = all(
                one in ("different", "distinct", "other", "unique", "separate", "more", "of", "our", "the", "new")
                for one in line.keys[at:place]
            )
            if unit != "shot" or bare:
                line.set(unit=Group(unit), unit_said=key)
                line.take(place, place + 1)
            return
        if key in picture_nouns():
            line.set(unit_said=key)
            return


def _periods_and_groups(line: Line) -> None:
    if found := line.find(_ADJECTIVE):  # of each toy project: only toy projects, by project
        at = found[1].last - 2
        if line.keys[at] != TAKEN and line.keys[at] not in english()["units"]:
            line.move(at, found[1].first)
    alone = re.compile(rf"{_EACH.pattern} (?:from|of|by|for) each\b(?: of us)?")
    if "each" in line.keys and not re.search(rf"\beach (?:\S+ )?{UNIT}\b", " ".join(line.keys)) and (match := line.claim(alone)):
        line.asking = True
        line.set(per=Group.BY, each=True, least=bool(re.search("first|oldest", match.group())))
        return
    each = _newest_of_each(line)
    if match := line.claim(_BY_PERIOD):
        adverbs = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
        line.set(per=match["period"] or match["each"] or adverbs[match["adverb"]])
    elif (found := line.find(_SPLIT)) and english()["units"][found[0]["unit"] or found[0]["of"]] != "render":
        line.take(*found[1])
        line.set(per=_group(found[0]["unit"] or found[0]["of"]))
    elif (found := line.find(_PER)) and not (found[0]["unit"] == "render" and found[0].group().startswith("by")):
        line.take(*found[1])
        line.set(per=_group(found[0]["unit"]))
    if line.frame.per is not None:
        line.asking = True
        line.want = Want.PICTURES if each else Want.HOW_MANY
        line.set(each=bool(each), least=bool(each and re.search("first|oldest", each.group())))


def _newest_of_each(line: Line) -> re.Match[str] | None:
    """`the newest approved one of each project`; what the one must be stays to be understood."""
    if not re.search(rf"\b(?:each|every|per)(?: of the)? (?:\S+ )?{UNIT}\b", " ".join(line.keys)):
        return None
    found = line.find(_EACH)
    if found is None:
        return None
    match, span = found
    kept = (match["kind"] or "").split()
    for at in range(span.first, span.last):
        if line.keys[at] not in kept:
            line.take(at, at + 1)
    return match


def _group(noun: str) -> Group | str:
    unit = english()["units"][noun]
    return unit if unit in PERIODS else Group(unit)


_N_PEOPLE = re.compile(rf"\b(?:the )?(?P<n>\d|{'|'.join(NUMBERS)}) (?:people|persons|artists|clients|projects|models|loras)\b")
_NTH = re.compile(
    rf"\b(?:the )?(?P<nth>second|third|fourth|fifth|2nd|3rd|4th|5th|next)(?: |-){_ORDER.replace('top', 'most')}\b|\brunner up\b"
)
_NTHS = {"second": 1, "2nd": 1, "next": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4}


def _nth(line: Line) -> None:
    """`the second newest`, `third most`: as the first of them, with those before it left out."""
    found = line.find(_NTH)
    if found is None:
        return
    match, span = found
    line.asking = True
    line.set(skip=_NTHS[match["nth"]] if match["nth"] else 1)
    if match["nth"] and match["order"] in ("latest", "newest", "most recent", "last", "recent", "oldest", "earliest", "first"):
        line.take(*span)
        line.set(limit=1)
        line.reading.order = Order.OLDEST if match["order"] in ("oldest", "earliest", "first") else Order.NEWEST
        return
    for at in range(span.first, span.last):
        if line.keys[at] in (*_NTHS, "the", "runner", "up"):
            line.take(at, at + 1)


def _number(match: re.Match[str]) -> int:
    return NUMBERS.get(match["n"]) or int(match["n"])


def _few(line: Line) -> None:
    _nth(line)
    """`last five`, `3 newest`, `top 10`, `the two longest clips`."""
    if "most" in line.keys and (some := line.find(_N_PEOPLE)):
        line.set(limit=_number(some[0]))
        line.take(some[1].first, some[1].first + len(some[0].group().split()) - 1)
        return
    match = line.claim(_FIRST_N) or line.claim(_N_FIRST)
    if match is None:
        return
    line.asking = True
    line.set(limit=_number(match))
    _ordered(line, match["order"])


def _ordered(line: Line, word: str) -> None:
    if word in _MEASURES:
        measure, least = _MEASURES[word]
        line.set(measure=measure, least=least)
    elif word in ("oldest", "earliest", "very first", "first"):
        line.reading.order = Order.OLDEST
    elif word == "top":
        if _unit_of_ranking(line):
            line.set(most=True)
    else:
        line.reading.order = Order.NEWEST


def _ranking(line: Line) -> None:
    """`most used checkpoint`, `who made the most`, `busiest server`, `which client has the fewest`."""
    if match := line.claim(_TOOK_LONGEST):
        how = match["how"] or match["long"]
        line.asking = True
        line.set(measure=Measure.TOOK, least=how.startswith(("shortest", "least")))
        return
    if match := line.claim(_MEASURE):
        measure, least = _MEASURES[match["measure"]]
        line.asking = True
        line.set(measure=Measure.BYTES if match["file"] else measure, least=least)
        if by := line.claim(_MEASURED_BY):
            named = by["what"]
            took = "render" in named or "gpu" in named
            line.set(measure=Measure.TOOK if took else Measure.BYTES if "file" in named else line.frame.measure)
        return
    found = line.find(_MOST)
    if found is None:
        return
    word = found[0]["most"]
    unit = _unit_of_ranking(line)
    if unit is None:
        return
    line.take(*found[1])
    line.asking = True
    line.rendered = line.rendered or re.search("bus|quiet|prolific|productive|active", found[0].group()) is not None
    line.set(per=unit, most=True, least=word in ("least", "fewest", "quietest"))


def _unit_of_ranking(line: Line) -> Group | str | None:
    """What is ranked: `which client`, `top 5 artists`, `who`."""
    if line.frame.per is not None:
        return line.frame.per
    if line.keys[:1] == ["who"] and not re.search(rf"\b(?:which|what|top|busiest|favou?rite) {UNIT}\b", " ".join(line.keys)):
        return _doer_of_ranking(line)
    if re.search(r"\b(?:people|persons?|artists?) (?:who|that)\b", " ".join(line.keys)):
        return _doer_of_ranking(line)
    for pattern in (
        rf"\b(?:which|what|top|most \w+|{TAKEN}|busiest|quietest|favou?rite) (?:of our |of the )?{UNIT}\b",
        rf"\b{UNIT}\b",
    ):
        for match in re.finditer(pattern, " ".join(line.keys)):
            unit = english()["units"][match["unit"]]
            if unit in ("render", "day", "week", "month", "year") and not pattern.startswith(r"\b(?:which"):
                continue
            if unit == "render":
                continue
            span = line.find(re.compile(rf"\b(?:which |what )?(?:of our |of the )?{re.escape(match['unit'])}\b"))
            if span:
                line.take(*span[1])
            line.set(per=unit if unit in PERIODS else Group(unit))
            return line.frame.per
    return _doer_of_ranking(line)


def _doer_of_ranking(line: Line) -> Group | str | None:
    found = line.find(WHO)
    if found is None:
        return None
    line.take(*found[1])
    if found[0].group() == "whose":
        line.set(per=Group.BY)
        return line.frame.per
    verbs = [key for key in line.keys[found[1].last :] if key in (*events.APPROVE, *events.REJECT, *events.EXPORT, *events.MADE)]
    owns = re.search(r"^(?:has|have|had|got|gets|get|owns?)\b", " ".join(line.keys[found[1].last :]))
    verbs = [] if owns else verbs
    judged = bool(verbs) and verbs[0] in (*events.APPROVE, *events.REJECT)
    exported = bool(verbs) and verbs[0] in events.EXPORT
    line.set(per=Group.JUDGE if judged else Group.EXPORTER if exported else Group.BY)
    return line.frame.per
