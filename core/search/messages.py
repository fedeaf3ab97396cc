"""The questions of one message: where one ends and the next begins, and what each takes from the others.

>>> parts("who made the soup, and when was it approved?")
['who made the soup', 'and when was it approved?']
>>> parts("seed and sampler of the newest jar")
['seed and sampler of the newest jar']
>>> parts("latest front: artist? server?")
['latest front, artist', 'server?']
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from core.search import followups
from core.search.conditions import Condition, Frame, Question
from core.search.lexicon import Want
from storage.search import FacetField

_SEAM = re.compile(
    r"(?:\s+\+\s+(?=(?:is|was|who|when)\b)|[?!]+\s+(?=\w)|\n+|(?<=[a-z0-9\"])(?<!\bno)(?<!\bnos)(?<!\bvs)(?<!\b[MmDds]r)(?<!\b[Mm]rs)(?<!\be\.g)(?<!\bi\.e)[.]\s+(?=[A-Za-z])|,?\s+(?=(?:and|&|n|"
    r"then) (?:who|when|what|which|"
    r"whose|how (?:many|long|big|much)|(?:on |in |with |by |to )?(?:the )?(?:which|what|whom)|by who|is it|was it|are they|"
    r"were they|has it|"
    r"have they|did it|did they)\b)|,\s+(?=(?:is|was|were|has|did) (?:it|they) ))",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"\w{2,}")
_GREETING = re.compile(
        r"(?:hi|hello|hey|hiya|morning|good (?:morning|afternoon|evening)|afternoon|evening|thanks|thank you|thx|"
        r"cheers|please|sorry|ta|ok|okay"
        r"|guten (?:morgen|tag|abend)|hallo|moin|danke|bitte|bonjour|salut|merci|hola|gracias|ol[áa]|obrigad[oa]|bom "
        r"dia|buenos d[ií]as)"
    r"(?:[ ,]+(?:all|team|slate|there|guys|folks|everyone|love|mate|you|a lot|so much|in advance|zusammen))*", re.IGNORECASE
)  # fmt: skip
_PURPOSE = re.compile(
    r"[,.]? (?:so|because|bc|cuz|coz|since) (?:that )?(?:i|we) (?:can|could|need|have to|want|must|should|may|might) .*$",
    re.IGNORECASE,
)
_COUNTED = (
    r"(?:renders?|pictures?|pics|images?|videos?|vids|clips|approvals|rejections|exports|deliveries|uploads|verdicts|takes)"
)
_TWO_COUNTS = re.compile(
    rf"(?:.*[:;,.] )?(?P<lead>.*\bhow many )(?P<one>{_COUNTED}) (?:and|&|\+) (?:how many )?(?P<two>{_COUNTED})(?P<rest>\b.*)",
    re.IGNORECASE,
)
_FIRSTS = r"(?:the )?(?:latest|newest|last|most recent|first|oldest|biggest|longest|slowest)"
_TWO_FIRSTS = re.compile(
    rf"(?P<lead>(?:show me |show |give me |get me |i need )?)(?P<one>{_FIRSTS} \S+(?: \S+)?) (?:and|&|"
    rf"\+) (?P<two>{_FIRSTS} \S+(?: \S+)?)"
    r"(?P<rest>(?:,? (?:both|pls|plz|please|thx|thanks))*|(?: (?:of|from|for|by|in|on) .*)?)[?.! ]*",
    re.IGNORECASE,
)


def parts(text: str, named: Callable[[str], bool] = bool) -> list[str]:
    """The questions in a message, one or two or three; greetings and thanks are none. `named` knows the words of names."""
    if '"' in text and re.search(r'"[^"]*[?!.] [^"]*"', text):
        return [text]
    text = _PURPOSE.sub("", text)
    topic, text = _topic(text, named)
    if (both := _TWO_COUNTS.fullmatch(text)) or (both := _TWO_FIRSTS.fullmatch(text)):
        rest = re.sub(r",? (?:both|pls|plz|please|thx|thanks)\b", "", both["rest"])
        return [_about(topic, f"{both['lead']}{both['one']}{rest}"), _about(topic, f"{both['lead']}{both['two']}{rest}")]
    found = [part.strip() for part in _SEAM.split(text) if part and _CONTENT.search(part)]
    kept = [part for part in found if not _GREETING.fullmatch(part.strip(" ,.!?-–"))]
    kept = (kept or [text])[:3] if len(kept) > 1 else [kept[0] if kept and len(found) > 1 else text]
    return [_about(topic, kept[0]), *kept[1:]]


_TOPIC = re.compile(r"(?P<topic>[^?!.:\n\"]{2,50}?)(?::| -{1,2}| [–—])\s+(?P<rest>\S.*)", re.DOTALL)
_ASKING = re.compile(
    r"\b(?:who|whose|whom|when|what|which|where|why|how|is|are|was|were|did|do|does|has|have|had|show|find|list|give|get|need|want|"
    r"tell|count|any|anything|anyone|anybody|compare|hi|hey|hello|question|sorry|please|only|but|not|thanks|quick)\b",
    re.IGNORECASE,
)


def _topic(text: str, named: Callable[[str], bool]) -> tuple[str, str]:
    """What stands before a dash or a colon and is only what the rest is about, and the rest: `kundan - who made it`."""
    match = _TOPIC.fullmatch(text.strip())
    if match is None or _ASKING.search(match["topic"]) or not any(named(word) for word in match["topic"].split()):
        return "", text
    return match["topic"].strip(" ,"), match["rest"]


def _about(topic: str, text: str) -> str:
    """A question with what it is about: after it where it begins as a question does, else before it."""
    if not topic:
        return text
    end = text[len(text.rstrip(" ?!.")) :].strip()
    return f"{text.rstrip(' ?!.,')}, {topic}{end}" if _ASKING.match(text) else f"{topic}, {text}"


_ONLY = re.compile(r"^(?:not|only|just|no|without|but|except|minus)\b|\bonly$", re.IGNORECASE)
_STARTS = re.compile(
    r"^(?:and |so |or )?(?:who|whose|whom|when|what|which|where|why|how|show|list|give|find|any|is|are|was|were|did|has|have)\b",
    re.I,
)
_FRAGMENT = 3
"""Longer than so many words, what follows is no mere condition."""
_PLACED = (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT, FacetField.BY)


def together(first: Question, others: list[tuple[Question, str]]) -> list[Question]:
    """The questions of a message: a later part narrows the one before, or is asked of the same things.

    What no part can be made of is named with the question before it.
    """
    found = [first]
    for own, text in others:
        last = found[-1]
        if _only_names(last) and followups.asks(own) and (_ASKS.match(text) or own.want is not Want.PICTURES):
            found[-1] = followups.merged(last, own, text)
            continue
        if own.order and _says_no_more(own) and last.want is not Want.PICTURES:
            found[-1] = replace(last, order=own.order, conditions=tuple(dict.fromkeys((*last.conditions, *own.conditions))))
        elif _narrows(last, own, text):
            found[-1] = replace(last, conditions=tuple(dict.fromkeys((*last.conditions, *own.conditions))))
        elif followups.asks(own):
            found.append(followups.merged(last, own, text))
        else:
            unplaced = own.unplaced or own.missed or ((text.strip(" ?!.,"),) if _STARTS.match(text) else ())
            found[-1] = replace(last, unplaced=tuple(dict.fromkeys((*last.unplaced, *unplaced))))
    return _shared(found, [own for own, _text in others])


_ASKS = re.compile(
    r"^(?:and |so |or )?(?:who|whose|whom|when|what|which|where|why|how|is|are|was|were|did|has|have|by|with|on|in)\b", re.I
)


def _only_names(question: Question) -> bool:
    """Whether a part only says what the next one is about: `wan on castor, was it ever used`."""
    plain = question.want is Want.PICTURES and question.frame == Frame() and not question.choices and not question.others
    return (
        plain and bool(question.conditions or question.order) and not _SHOWS.match(question.text.strip()) and not question.missed
    )


_SHOWS = re.compile(
    r"^(?:please |pls |and |ok )*(?:show|list|give|find|get|any|all|every|send|need|i|we|can|could|display|search|pull)\b",
    re.IGNORECASE,
)


def _says_no_more(own: Question) -> bool:
    """Whether a part is no more than an order: `first render`."""
    return own.want is Want.PICTURES and own.frame == Frame() and not own.subject and not own.choices and not own.missed


def _narrows(last: Question, own: Question, text: str) -> bool:
    """Whether a part only says more of what was asked: `not me`, `only January`."""
    fresh = [one for one in own.conditions if not one.implied]
    plain = own.want is Want.PICTURES and own.frame == Frame() and own.order is None and not own.subject and not own.choices
    if not plain or not fresh or last.choices or _STARTS.match(text):
        return False
    kinds = {_kind(one) for one in last.conditions if not one.implied}
    whole = len(text.split()) <= _FRAGMENT and not (own.missed or own.ignored or own.unplaced)
    return bool(_ONLY.search(text.strip())) or (whole and not kinds & {_kind(one) for one in fresh})


def _kind(one: Condition) -> str:
    if one.facet:
        return one.facet.field.value
    return one.link.relation.value if one.link else "words" if one.words else "date" if one.dated else "bound"


def _shared(questions: list[Question], owns: list[Question]) -> list[Question]:
    """`who rejected and who approved pictures of X`: what only the last part names is what the first is about, too."""
    first, last = questions[0], owns[-1] if owns else None
    if last is None or len(questions) < 2 or first.subject or any(_named(one) for one in first.conditions) or first.choices:
        return questions
    same = first.want is questions[-1].want or (first.order is not None and first.order is questions[-1].order)
    named = [one for one in last.conditions if _named(one)]
    if not same or not named or first.frame.unit is not None:
        return questions
    return [replace(first, conditions=(*first.conditions, *named)), *questions[1:]]


def _named(one: Condition) -> bool:
    return one.facet is not None and one.facet.field in _PLACED
