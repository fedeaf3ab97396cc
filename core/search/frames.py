"""What a question asks for: a fact, a count, a ranking, a grouping, the first few, yes or no."""

from __future__ import annotations

import re

from core.search import quantities
from core.search.conditions import PERIODS
from core.search.lexicon import NOUNS, Want, word_set
from core.search.line import ORDERS, TAKEN, Line, english
from core.search.quantities import UNIT
from storage.search import Measure, Order
from storage.search.tally import Group

_ART = r"(?:the |its |their |our |exact |a |an |all |any |other |different |main )*"
FACTS = NOUNS | {
    "size": Want.SIZE,
    "resolution": Want.SIZE,
    "dimension": Want.SIZE,
    "dimensions": Want.SIZE,
    "aspect ratio": Want.SIZE,
    "server": Want.SERVER,
    "gpu": Want.SERVER,
    "machine": Want.SERVER,
    "box": Want.SERVER,
    "backend": Want.SERVER,
    "tag": Want.TAGS,
    "note": Want.NOTE,
    "comment": Want.NOTE,
    "feedback": Want.NOTE,
    "reason": Want.NOTE,
    "filename": Want.FILE,
    "file name": Want.FILE,
    "duration": Want.LENGTH,
    "length": Want.LENGTH,
    "running time": Want.LENGTH,
    "render time": Want.TOOK,
    "rendertime": Want.TOOK,
    "profile": Want.PROFILE,
    "control technique": Want.TECHNIQUE,
    "steps": Want.SETTINGS,
    "step count": Want.SETTINGS,
    "cfg": Want.SETTINGS,
    "cfg scale": Want.SETTINGS,
    "scheduler": Want.SETTINGS,
    "denoise": Want.SETTINGS,
    "controlnet": Want.TECHNIQUE,
    "guidance": Want.SETTINGS,
    "sampler": Want.SETTINGS,
    "recipient": Want.RECIPIENT,
    "date": Want.WHEN,
}
_FACT = "(?P<noun>" + "|".join(sorted((re.escape(one) for one in FACTS), key=len, reverse=True)) + ")(?P<plural>s?)"
_LISTS = (Group.CLIENT, Group.PROJECT, Group.SHOT, Group.WORKFLOW, Group.MODEL, Group.LORA, Group.TAG, Group.TECHNIQUE,
          Group.SAMPLER, Group.SERVER, Group.SEED, Group.BY, Group.RECIPIENT)  # fmt: skip

_LATEST = re.compile(r"\b(?:the |very )*(?:latest|newest|most recent|last|recent)\b(?! time)")
_OLDEST = re.compile(r"\b(?:the |very )*(?:oldest|earliest|first)(?: ever)?\b(?! time)")
_TIME_OF = re.compile(r"\b(?:the )?(?P<which>last|first|latest) time\b")

_WHO = re.compile(
    r"\b(?:who(?:ever|se|m)?(?! uses?d? for)|by whom|which of (?:us|you|them|our (?:artists|people|designers|team))"
    r"|(?:the )?names? of (?:the |all |every )*(?:people|person|persons|artists?|designers?|everyone|everybody|"
    r"whoever|one|guy|lady|woman|man|colleague|those|creator|maker)(?: (?:that|who|behind))?"
    r"|(?:which|what) (?:other )?(?:of our |of the )?(?:artist|person|people|designer|colleague|member|user|lady|"
    r"guy|woman|man|intern|producer|lead|teammate|creator|maker|human|team member|employee|staffer|illustrator)s?"
    r"|^(?:the |all |which )?(?:people|artists|team|everyone|everybody)(?= (?:on|for|behind|in|at|involved) )"
    r"|(?:the )?(?:person|people|artists?|guy|lady|designers?|everyone|everybody|anyone|somebody|one) (?:who|that|behind))\b"
)
_WHOM_FOR = re.compile(r"\bfor (?:whom|which client|what client)\b|\b(?:whom?|what) (?:is|was|are|were|did)(?= .*\bfor$)")
_PLACE = "(?:which|what) (?:place|site|channel|address|company|recipient)"
_TO_WHOM = re.compile(rf"\b(?:to (?:whom|who|{_PLACE})|who(?:m)? (?:was|were|did|is|has)(?= .*\b(?:delivered|exported) to$))\b")
_WHEN = re.compile(
    r"\b(?:when(?:abouts)?|how long ago|how recently|since when|(?:on |at )?(?:what|which) (?:exact )?(?:date|day|"
    r"time|month|year)(?! zone)|the date (?:of|when)|date of)\b|\bwhich date\b"
)
_HOW_BIG = re.compile(r"\bhow (?:big|large|small|wide|tall|high res|many pixels|many px)\b")
_HOW_LONG_TOOK = re.compile(
    r"\bhow (?:long|much time|slow|fast|quick|quickly) (?!(?:does|do|is|are|will) (?:.* )?(?:run|running|last|play)\b)"
    r"(?=.*\b(?:take|took|taken|takes|render|run|running|rendering)\b)"
)
_HOW_LONG = re.compile(r"\bhow long\b")
_WHY = re.compile(r"\b(?:why|what (?:did \S+ say|was wrong|s wrong|is wrong|was the problem)|how come)\b")
_WHERE_RAN = re.compile(
    r"\b(?:(?:ran|run|rendered) (?:on )?where$|where (?:did|was|were)(?= .*\b(?:run|ran|render|rendered)$)|what did .*\brun on$)"
)
_WHICH_FACT = re.compile(
    rf"\b(?:(?:with|by|in|from|on|under|using|for|at|and) )?(?:what|which|whats)(?: is| are| was| were)?(?: of "
    rf"(?:the|our))? {_ART}{_FACT}(?: (?:name|value|number|file|version|settings?|models?))?\b(?! (?:by|per) )"
)
_AND_FACT = re.compile(rf"^(?:and|plus|or) {_ART}{_FACT}\b")
_PLAIN = ("seed", "cfg", "steps", "sampler", "resolution", "settings", "negative prompt")
_FACT_OF = re.compile(
    rf"\b{_FACT}(?= (?:of|off|for|on|in|behind|from|at|used|did|was|is|do|we|to) | {TAKEN}| (?:the )?(?:latest|newest|"
    rf"last|first|most recent)| show me|$)"
)
_ONLY_FACT = re.compile(
    rf"^(?:(?:and|what about|how about|the|its|also|then|show|give|me|list|tell|us) )*{_FACT}(?: (?:please|too|then|"
    rf"used|though))?$"
)
_RESULTS = re.compile(
    r"\b(?:what(?: all)? (?:came|comes|has come|have come|was made|were made|is made|was rendered|was built|got "
    r"made) (?:out )?(?:from|of)|what (?:became|becomes|has become|happened to|happened with)(?: of)?|what else "
    r"came (?:from|out of)|anything (?:made|derived) from|descendants of|derivatives of|what did we do with|what "
    r"(?:was )?done with)\b|\bwhat (?:was|were|is|got) (?=.*\bused for\b)"
)
_BECOME = re.compile(r"\bwhat (?:did|has|have|will|does)(?= .*\b(?:become|turn into|lead to|end up as)\b)")
_SOURCES = re.compile(
    r"\b(?:(?:where|what) (?:does|did|do)(?= .*\b(?:come|came|originate) from\b)|(?:what|which(?: \w+){1,3}) (?:went|goes|"
    r"go) into|what (?:was|were|is|are)(?= .*\b(?:made|rendered|based|derived|built|upscaled|generated) (?:from|of|"
    r"on|off)\b)|(?:the )?(?:source|sources|original|originals|parents?|ancestors?|inputs?|origins?|reference|"
    r"references)(?: images?| pictures?| files?)?(?: used)? (?:of|for|behind|to)|what .* (?:based|built) on)\b"
)
_YES = re.compile(
    r"^(?:and |so |or |also |then |hi |hey |ok )*(?P<word>is|are|was|were|did|do|does|has|have|had|any|am|anyone|"
    r"anybody|got|anything|ever|can)\b"
)
_NOT_YES = re.compile(
    r"^(?:and |so )*(?:can (?:i|you|we|u)|do you know|have you got the|could|any idea|anything (?:with|from|for|by|"
    r"in|new|tagged))\b"
)


def read(line: Line) -> None:
    """Find what is asked, before names are looked for in single words."""
    quantities.read(line)
    _lineage(line)
    _facts(line)


def _lineage(line: Line) -> None:
    if line.want is not Want.PICTURES or line.frame.per is not None:
        return
    for pattern, want in ((_RESULTS, Want.RESULTS), (_BECOME, Want.RESULTS), (_SOURCES, Want.SOURCES)):
        if line.claim(pattern):
            line.asking, line.want = True, want
            line.claim(
                re.compile(
                    r"\b(?:become|turn into|lead to|end up as|(?:made|rendered|based|derived|built|upscaled|"
                    r"generated) (?:from|of|on|off)|(?:come|came|originate) from|used for(?: afterwards?| later)?)\b"
                )
            )
            return


def _facts(line: Line) -> None:
    if line.want is not Want.PICTURES or (line.frame.per is not None and not line.frame.each):
        _yes(line)
        return
    for step in (_who_or_when, _which, _fact_of):
        if step(line):
            line.asking = True
            break
    _more_facts(line)
    _yes(line)


def _who_or_when(line: Line) -> bool:
    found = [
        (line.find(pattern), want)
        for pattern, want in (
            (_TO_WHOM, Want.RECIPIENT),
            (_WHOM_FOR, Want.CLIENT),
            (_WHO, Want.WHO),
            (_WHEN, Want.WHEN),
            (_HOW_BIG, Want.SIZE),
            (_HOW_LONG_TOOK, Want.TOOK),
            (_HOW_LONG, Want.LENGTH),
            (_WHY, Want.NOTE),
            (_WHERE_RAN, Want.SERVER),
        )
    ]
    firsts = [(one[1].first, -one[1].last, order, want) for order, (one, want) in enumerate(found) if one]
    if not firsts:
        if match := line.claim(_TIME_OF):
            line.want = Want.WHEN
            line.reading.order = Order.OLDEST if match["which"] == "first" else Order.NEWEST
            return True
        return False
    _, _, order, want = min(firsts, key=lambda one: (one[0], one[2]))
    span = found[order][0][1]  # type: ignore[index]
    whose = line.keys[span.first] == "whose"
    line.take(*span)
    line.want = want
    if whose and line.keys[span.last : span.last + 1] in (
        ["approval"],
        ["approvals"],
        ["rejection"],
        ["rejections"],
        ["verdict"],
        ["verdicts"],
    ):
        line.want = Want.JUDGE
    if want is Want.WHO and not whose:
        line.want = _doer(line, span.last)
    if want is Want.WHEN and re.search(r"\b(?:start|started|begin|began|first)\b", " ".join(line.keys)):
        line.reading.order = Order.OLDEST
        line.claim(re.compile(r"\b(?:start|started|begin|began)\b(?: (?:on|with|working on|work on))?"))
    if want is Want.WHEN and (match := line.claim(_TIME_OF)):
        line.reading.order = Order.OLDEST if match["which"] == "first" else Order.NEWEST
    if want is Want.TOOK and line.frame.measure is Measure.SECONDS:
        line.set(measure=Measure.TOOK)
    if want is Want.SIZE or want is Want.TOOK:
        line.claim(re.compile(r"\bin pixels?\b"))
        line.claim(re.compile(r"\b(?:take|took|taken|takes)(?: to (?:render|make|generate|finish|run|do))?\b|\bto render\b"))
    return True


_JUDGEMENTS = ("approval", "approvals", "rejection", "rejections", "verdict", "verdicts")
_PASSING = (
    "has",
    "have",
    "had",
    "all",
    "else",
    "ever",
    "actually",
    "first",
    "last",
    "finally",
    TAKEN,
    "already",
    "then",
    "also",
    "recently",
    "always",
    "usually",
    "were",
    "was",
    "is",
    "are",
    "they",
    "it",
    "them",
    "that",
    "those",
    "these",
    "we",
    "to",
    "normally",
    "keeps",
    "keep",
    "kept",
    "did",
    "does",
)
_DOERS = {
    **dict.fromkeys(
        ("approved", "approve", "approves", "rejected", "reject", "rejects", "approving", "rejecting", "needs", "undecided"),
        Want.JUDGE,
    ),
    **dict.fromkeys(("exported", "delivered"), Want.EXPORTER),
    **dict.fromkeys(("tagged", "tag", "tags"), Want.TAGGER),
}


def _doer(line: Line, at: int) -> Want:
    """Whether `who` made, judged, exported or tagged: by the first verb after it."""
    place = at
    while place < len(line.keys) and line.keys[place] in _PASSING:
        place += 1
    return _DOERS.get(line.keys[place] if place < len(line.keys) else "", Want.WHO)


def _which(line: Line) -> bool:
    found = line.find(_WHICH_FACT)
    listed = line.find(
        re.compile(
            rf"\b(?:what|which|list|name)(?: all| me| us| video(?= models?))*(?: of (?:our|the))? (?:the |our |all |"
            rf"other |different |ai |base |diffusion |image |"
            rf"kinds? of )*{UNIT}\b"
        )
    )
    if listed and not (found and found[1].first < listed[1].first):
        unit = english()["units"][listed[0]["unit"]]
        plural = (listed[0]["unit"].endswith("s") or " all" in listed[0].group()) and listed[0]["unit"] not in ("status",)
        if unit not in PERIODS and Group(unit) in _LISTS and plural:
            line.take(*listed[1])
            line.want = Want.LIST
            line.set(unit=Group(unit), unit_said=listed[0]["unit"])
            return True
    if found is None:
        return False
    line.take(*found[1])
    _fact(line, found[0]["noun"], plural=bool(found[0]["plural"]))
    return True


def _fact_of(line: Line) -> bool:
    found = line.find(_ONLY_FACT)
    if found is None:
        found = line.find(_FACT_OF)
        if found is None:
            return False
        before = [key for key in line.keys[: found[1].first] if key not in _LEADING]
        noun = found[0]["noun"]
        if before and not (noun in _PLAIN or set(before) <= {TAKEN, *ORDERS}):
            return False
        if (
            noun in ("shot", "project", "client", "model", "workflow", "technique", "lora")
            and not found[0]["plural"]
            and not _leads(line, found[1].first)
        ):
            return False
    if found[0]["noun"] == "shot" and not any(key in ("which", "what", "list") for key in line.keys[: found[1].first]):
        return False
    line.take(*found[1])
    _fact(
        line,
        found[0]["noun"],
        plural=bool(found[0]["plural"])
        and found[0]["noun"]
        in ("lora", "model", "workflow", "client", "project", "shot", "checkpoint", "tag", "seed", "technique"),
    )
    return True


_LEADING = word_set(
    """
    show give get send copy tell me us the its exact and please hey hi ok so can could you i need want what
    is are was list whats for of our all hello names name pull up find out
    """
)


def _leads(line: Line, first: int) -> bool:
    """Whether something that asks for it stands right before a noun: `show me the model of …`."""
    return any(key in ("show", "give", "get", "send", "copy", "tell", "what", "which", "need") for key in line.keys[:first])


def _fact(line: Line, noun: str, *, plural: bool) -> None:
    want = FACTS[noun]
    unit = english()["units"].get(noun if noun in english()["units"] else f"{noun}s")
    if plural and unit and unit not in PERIODS and Group(unit) in _LISTS and noun not in ("steps",):
        line.want = Want.LIST
        line.set(unit=Group(unit), unit_said=f"{noun}s")
        return
    line.want = want
    if want is Want.SETTINGS and noun not in ("settings", "setting"):
        line.set(detail=f"{line.frame.detail} {noun}".strip())


def _more_facts(line: Line) -> None:
    """`seed and sampler of …`: facts that are asked for together."""
    if line.want in (Want.PICTURES, Want.HOW_MANY, Want.LIST):
        return
    joined = re.compile(
        rf"(?:{TAKEN} )(?:and |or |& )?(?:the )?{_FACT}\b(?! made| by)|"
        rf"\b{_FACT.replace('<noun>', '<before>').replace('<plural>', '<many>')} (?:and |& )?(?:the )?(?={TAKEN})"
    )
    for _ in range(4):
        found = line.find(joined)
        if found is None:
            return
        match, span = found
        noun = match["noun"] or match["before"]
        want = FACTS[noun]
        if noun in ("shot", "project", "client", "tag", "date", "note", "box") or (
            want is line.want and want is not Want.SETTINGS
        ):
            return
        line.take(*span)
        if want is Want.SETTINGS:
            line.set(detail=f"{line.frame.detail} {noun}".strip())
        if want is not line.want and want not in line.others:
            line.others.append(want)


_SOMEBODY = re.compile(r"^(?:somebody|someone|something) (?:is|was|has|did|are|here|else)\b")


def _yes(line: Line) -> None:
    said = " ".join(key for key in line.keys)
    if _SOMEBODY.match(said) and line.reading.text.rstrip().endswith("?") and line.want is Want.PICTURES:
        line.set(yes=True)
        return
    match = _YES.match(said)
    if match and not _NOT_YES.match(said) and line.want in (Want.PICTURES, Want.LIST):
        line.asking = True
        line.set(yes=True)


def orders(line: Line) -> None:
    """Newest or oldest first, after dates have taken their words."""
    first = bool(line.keys) and line.keys[0] in ("latest", "newest", "oldest", "earliest", "last", "most")
    if not (line.asking or first) or line.frame.measure is not None:
        return
    for pattern, order in ((_LATEST, Order.NEWEST), (_OLDEST, Order.OLDEST)):
        if line.reading.order is None and (found := line.find(pattern)):
            line.take(*found[1])
            line.reading.order = order
            line.asking = True
