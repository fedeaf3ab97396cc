"""Turns of phrase whose words are not next to each other: `last delivery, date?`, `who approved how many`, `children of`."""

from __future__ import annotations

import re

from core.search.line import TAKEN, Line, english

_UNITS = "|".join(sorted((re.escape(one) for one in english()["units"]), key=len, reverse=True))
_PLAIN_UNITS = rf"(?P<unit>{_UNITS})"
_NOT_PICTURES = [re.escape(one) for one, unit in english()["units"].items() if unit not in ("shot", "render")]
_SUCH_UNITS = rf"(?P<unit>{'|'.join(sorted(_NOT_PICTURES, key=len, reverse=True))})"
_PICTURES = "(?:renders?|pictures?|images?|pics|takes?|shots|frames|files|outputs|results|stuff|works?|ones?)"
_KIN = "(?:children|child|kids?|offspring|descendants?|successors?|derivatives?|derivations?|spin offs?|spinoffs?|follow ups?)"
_FOREBEARS = "(?:parents?|ancestors?|ancestry|predecessors?|precursors?|forebears?|lineage|provenance|pedigree)"

_TURNS: tuple[tuple[str, str], ...] = (
    (rf"(?<={TAKEN}) (?:ok|okay|pass|bless|clear)(?= (?:any|anything|the|my|our|this|that|these|those|it|them|something|"
     rf"{TAKEN})\b)",
     " approve"),
    (r"\b(?P<did>did|does|has|have) (?P<who>(?!we\b|you\b|i\b|they\b)\S+(?: \S+)?) (?:ok|okay|pass|bless|clear)"
     r"(?= (?:any|anything|the|my|our|this|that|these|those|it|them|something)\b)", r"\g<did> \g<who> approve"),
    # When
    (r"\b(?P<which>last|first|latest|earliest) (?:ever )?(?:use|usage|appearance|outing) of\b", r"when \g<which> used"),
    (r"^(?:the )?(?P<which>last|first|latest|earliest) (?P<what>\S+(?: \S+)?) (?:use|usage|appearance)$",
     r"when \g<which> used \g<what>"),
    (r"\b(?:what|which) (?:is|was) the (?:exact )?(?:day|date|time|moment|hour) (?:of|when|that|on which)\b", "when was"),
    (r"^(?:the )?(?:day|date|time|moment) (?:of|when|that|on which)\b", "when was"),
    (r"^(?P<what>.*\b(?:last|first|latest|earliest|most recent|newest|oldest|delivered|approved|rejected|exported|made)\b.*) "
     r"(?:date|when|which day|what day|on what date)$", r"when was \g<what>"),
    (rf"\bhow (?P<long>recent|old|fresh|ancient) (?:is|are|was) (?=.*(?:{TAKEN}|latest|newest|last|oldest))", "when was "),
    (rf"^(?:the )?(?:day|date|time|moment) (?=(?:i|we|you|they|he|she|{TAKEN}) )", "when did "),
    # How many each
    (rf"\b{_PLAIN_UNITS}(?: |-)wise\b(?: (?:split|breakdown|count|counts|numbers|render count))?", r"how many per \g<unit>"),
    (r"^(?P<what>.+?) ?(?:/|per|by) ?(?P<unit>server|artist|client|project|model|workflow|lora|sampler|month|week|day|"
     r"person|status)$",
     r"how many \g<what> per \g<unit>"),
    (r"\bhow (?:many|much) (?P<what>\S+(?: \S+)?) (?:did|has|have|does|do) (?:each|every)(?: one)?(?: of (?:us|them|"
     r"our \S+)| person| artist)?\b"
     rf"(?! (?:{_UNITS})\b)",
     r"how many \g<what> per artist"),
    (r"\b(?:the )?(?:verdicts|statuses|decisions|judgements) .*\b(?:numbers?|counts?|breakdown|split|"
     r"how many)(?: (?:per|of each|by) (?:kind|type|each))?\b",
     "how many per status"),
    (r"\b(?:numbers?|counts?) (?:per|of each|by) (?:kind|type|verdict|status|state)\b", "how many per status"),
    (rf"\b{_SUCH_UNITS} (?P<mid>(?:i|we|they|you|he|she|{TAKEN}) (?:have )?(?:ever )?(?:used|use|touched|"
     rf"made)) (?:and )?how (?:often|many)"
     r"(?: times)?(?: each)?", r"how many per \g<unit> \g<mid>"),
    (r"\bwho (?:has |have )?(?P<did>approved|rejected|exported|delivered) how (?:many|much)\b",
     r"how many \g<did> per approver"),
    (r"\bwho (?:has |have )?(?:made|rendered|did|created|uploaded) how (?:many|much)\b", "how many per artist"),
    (r"\bhow (?:many|much) (?:did|has|have) (?:each|every)(?: (?:one|person|artist|of us|of them|designer))? ",
     "how many per artist "),
    (rf"\b(?:(?:which|what|all|the|our|a|list|table|overview|breakdown|summary|of) )*{_PLAIN_UNITS}(?: used)? "
     rf"(?:(?:and|with|plus|by|the|their|its|then|along) )+"
     rf"(?:how many|how much|numbers?|counts?|totals?|amounts?|render counts?|picture counts?|how often)"
     rf"(?: of)?(?: the)?(?: {_PICTURES})?(?: (?:each|apiece|for each|per one|of each|there are|they have|they made|were used))*",
     r"how many per \g<unit>"),
    (rf"\b{_PLAIN_UNITS} (?:usage(?! of)\b|use (?=split|breakdown|stat|number|count|distribution))(?: ?(?:split|"
     rf"breakdown|stats?|numbers?|counts?|distribution))?",
     r"how many per \g<unit>"),
    (rf"\b(?:usage|use|split|spread|tally|stats?|breakdown) (?:of|by|per|across)(?: the| our| all)? {_PLAIN_UNITS}\b",
     r"how many per \g<unit>"),
    # Those of whom there is none
    (rf"^{_SUCH_UNITS} (?:that|who|which|where|whom) ", r"which \g<unit> "),
    (r"\b(?:including|plus|even|counting) (?:the |all |any )*"
     r"(?:uploads?|videos?|ingested|refs?|references?)(?: (?:and )?(?:all|too|as well))?", ""),
    (r"^which clients? (?:have |has )?(?:got|gotten|get|received|seen|saw|had|been sent) "
     r"(?:nothing|no (?:pictures?|renders?|images?))\b",
     "which clients never delivered anything"),
    (r"\bneither (?P<one>\S+(?: \S+)?) nor (?P<two>\S+)", r"not \g<one> not \g<two>"),
    (rf"^(?:the |all |any |list |show me |all the )*{_SUCH_UNITS} (?:with|that have|who have|having|which have|having had) "
     r"(?:no|not a|zero|never a|not any)(?: single)?\b", r"which \g<unit> have no"),
    (rf"^(?:the |all |any |list |show me |all the )*{_SUCH_UNITS} (?:without|lacking|missing)(?: an?| any)?\b",
     r"which \g<unit> have no"),
    (r"\b(?P<e>exported|delivered) (?:by|per) (?:type|kind)s?\b", r"\g<e> per profile"),
    # What became of it, what it came from
    (r"\bfrom (?:what|which)(?: pictures?| images?| ones?)? (?:it was|was it|they were|were they|is it|it is) "
     r"(?:made|upscaled|rendered|based|derived|generated|built)\b", "what went into"),
    (r"\b(?:has |was |got )?used (?:for|to) (?:make|making|create|do) (?:what|which(?: \S+)?)\b", "what came from"),
    (r"^(?P<it>\S+) (?:later|then|afterwards) made(?: \S+)? (?:what|which)(?: pictures?)?\b", r"what came from \g<it>"),
    (rf"\b(?:(?:the|any|all|direct|its) )*{_KIN} (?:of|from)\b", "what came from"),
    (rf"\b(?:(?:the|any|all|direct|its) )*{_FOREBEARS} (?:of|for|behind)\b", "what went into"),
    (r"\bwhat (?:did|does) (?P<it>.+?) (?:spawn|produce|yield|inspire|result in|give rise to|turn into)$",
     r"what came from \g<it>"),
    (r"\bwhere does (?P<it>.+?) come from$", r"what went into \g<it>"),
    (r"\b(?:reuse|reused|reuses|reusing|recycle|recycled|remix|remixed|riff on|riffed on|borrow from|borrowed from|build on|"
     r"built upon|build upon|iterate on|iterated on|branch off|branched off)\b", "made from"),
    (r"\b(?:trace|track|follow) (?P<it>.+?) (?:all the way )?(?:back|to (?:its|the|their) (?:source|origin|start|roots?))\b.*",
     r"what went into \g<it>"),
    (r"^(?P<it>.+?) (?:is|are|was|were|has|have) (?:come|came|made|derived|built|based|upscaled|generated) (?:from|of|on) "
     r"(?:which|what)(?: pictures?| images?| one| files?| sources?)?$", r"what went into \g<it>"),
    (r"^(?P<it>.+?) (?:came|comes|derives|stems) from (?:which|what)(?: pictures?| images?| one| files?|"
     r" sources?)?$", r"what went into \g<it>"),
    (rf"^(?P<it>\S+|{TAKEN}) {_FOREBEARS}$", r"what went into \g<it>"),
    (rf"^(?P<it>\S+|{TAKEN}) {_KIN}$", r"what came from \g<it>"),
    (r"\bwhat (?:has|have) (?:ever )?been (?:made|built|rendered|derived|generated) (?:out of|from|off|on)\b", "what came from"),
    # What left the house
    (r"\b(?:reach|reached|reaches|get to|got to|land with|landed with|arrive at|arrived at) (?:the |our |any )?clients?\b",
     "delivered client"),
    (r"\b(?P<be>became|become|becomes|is now|are now|turned) public\b", "exported public"),
    (r"\b(?:front|hands|inbox|inboxes) of (?:the |our )?clients?\b", "delivered client"),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), said) for pattern, said in _TURNS]


def read(line: Line) -> None:
    """Put the plain words of each turn of phrase in its place."""
    for pattern, said in _COMPILED:
        line.reword(pattern, said)
