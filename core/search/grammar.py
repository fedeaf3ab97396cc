"""The grammar of plain questions: steps that each take the words they understand, from ids and names to the words left over."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter

from core.search import (
    accounting,
    comparing,
    contexts,
    dates,
    events,
    frames,
    idioms,
    lacking,
    leftovers,
    lexicon,
    naming,
    nouns,
    qualities,
    scopes,
    sequels,
)
from core.search.conditions import Condition
from core.search.entities import Match
from core.search.filters import mine
from core.search.lexicon import Want
from core.search.line import TAKEN, Line, known, phrases, picture_nouns
from core.search.mentioned import MentionedEvent
from storage import ids
from storage.search import Facet, FacetField, Measure, RelatedRows, Relation
from storage.tables import Origin

_MADE = re.compile(
    r"\b(?:made|make|makes|making|rendered|render|rendering|created|create|generated|generate|produced)\b"
    r"(?! (?:from|of|on|out)\b)|\b(?:renders|renderings)\b"
)
_RENDER_FACTS = (
    Want.WHO,
    Want.SEED,
    Want.PROMPT,
    Want.NEGATIVE,
    Want.MODEL,
    Want.LORA,
    Want.WORKFLOW,
    Want.SETTINGS,
    Want.TOOK,
    Want.SERVER,
)
_MADE_AFTER = re.compile(
    rf"\b(?:who|anyone|anybody|someone|somebody|everyone|i|you|we|artist|person|people|{TAKEN}|all|ever|has|have|"
    rf"had|last|first|else|did|that|else)$"
)
_SETTING_UP = frozenset(["did", "do", "done"])
_FROM_UPLOADS = re.compile(
    r"\b(?:made|came|built|based|derived|generated|rendered|started) (?:out )?(?:from|of|on|off) (?:an? |the |any |"
    r"our )*(?:upload(?:s|ed)?(?: \w+)?|references?|refs?|client photos?)\b"
)
_HAS_BEEN_UPSCALED = re.compile(
    r"\b(?:been|get|got|gets|anyone|anybody|someone|ever) (?:ever |already )?(?P<verb>upscaled?|inpainted|outpainted|animated)\b"
)
_ANY_OF_KIND = re.compile(
    r"\b(?P<no>no|without(?: an?| any)?|not use an?|not use any|not using an?|not have an?|dont use an?)? "
    r"?(?P<some>(?:an?|any|some|use|uses|used|using) )?(?P<what>loras?|controlnets?|tags?)\b"
)
_SEND_ME = re.compile(r"^(?:(?:please|pls|can|could|would|you|u|hey|hi|and|ok) )*send (?:me|us)\b")
_SUBJECT_WORDS = re.compile(r"\b(?:it|this|that|those|these|them|they)\b")


def read(line: Line, *, asked: bool = False) -> None:
    """Take the line's words one understanding after another; `asked`: it is a question, whatever it looks like."""
    line.asking = asked or _asks(line)
    _codes(line)
    naming.full_names(line)
    naming.capitals(line)
    if match := line.find(_SEND_ME):
        line.keys[match[1].last - 2] = "show"
    made = phrases("phrases", "verdicts", "made", "exports")
    line.rewrite(made, when=lambda at: not _names_a_thing(line, at))
    idioms.read(line)
    verbs: dict[tuple[str, ...], tuple[str, ...]] = {(verb,): ("made",) for verb in phrases("verbs")[("made",)]}
    line.rewrite(verbs, when=lambda at: line.keys[at] != "made" and not _somebody(line, at) and _after_a_person(line, at))
    _rendered_words(line)
    naming.with_dates(line)
    naming.strong_people(line)
    _me(line)
    frames.read(line)
    lacking.of_pictures(line)
    qualities.hours(line)
    found = _dates(line)
    _lineage(line)
    _techniques(line)
    qualities.sizes(line)
    qualities.servers(line)
    qualities.kinds(line)
    naming.shots(line)
    contexts.in_context(line)
    naming.bare_names(line)
    spoken = events.read(line)
    _when_it_happened(line, spoken)
    sequels.withdrawn(line)
    _quoted_shot(line)
    _neither(line)
    comparing.dates_against(line, found)
    events.settle(line, spoken, found)
    lacking.of_events(line, spoken)
    lacking.by_doers(line, spoken)
    frames.orders(line)
    qualities.notes(line)
    comparing.read(line)
    nouns.read(line)
    naming.last_resort(line)
    leftovers.read(line)
    scopes.used_by(line)
    scopes.sources(line)
    scopes.negations(line)
    _only_renders(line)
    accounting.read(line)
    if line.want is Want.RESULTS and any(
        one.facet and one.facet.field in (FacetField.WORKFLOW, FacetField.MODEL) for one in line.reading.conditions
    ):
        line.want = Want.PICTURES  # what came out of product-depth


def _asks(line: Line) -> bool:
    words, keys = line.words, line.keys
    return bool(words) and (
        keys[0] in lexicon.STARTERS
        or line.reading.text.rstrip().endswith("?")
        or lexicon.PICTURES_THAT.search(" ".join(keys)) is not None
        or (keys[-1] in lexicon.MANY_PICTURES and (len(words) > 1 or bool(line.reading.conditions)))
        or any(known(key) and key not in lexicon.JOINTS for key in keys)
    )


def _somebody(line: Line, at: int) -> bool:
    """Whether a verb with a capital is somebody's name: `did Drew approve`."""
    capital = line.words[at].raw[:1].isupper() and at > 0
    return capital and line.reading.vocabulary.word_of_person(line.keys[at]) is not None


def _after_a_person(line: Line, at: int) -> bool:
    before = line.keys[at - 1] if at else ""
    if not _MADE_AFTER.search(before):
        return False
    if line.keys[at] in _SETTING_UP and at + 1 < len(line.keys):  # did Mia, did we: no verb of its own
        following = line.keys[at + 1]
        return before not in ("when", "what", "how", TAKEN) and following not in (
            "we",
            "i",
            "you",
            "they",
            "not",
            "anyone",
            "anybody",
            TAKEN,
        )
    return True


_BARE_VERBS = frozenset(["ship", "send", "post", "reel", "reels", "kill", "publish", "export", "share", "receive", "deliver"])


def _names_a_thing(line: Line, at: int) -> bool:
    """`the ship renders`, `canned fish pictures`: a word that says what is shown, and not what was done."""
    key, before = line.keys[at], line.keys[at - 1] if at else ""
    following = line.keys[at + 1] if at + 1 < len(line.keys) else ""
    if before not in ("the", "a", "an", "our", "this", "that", "some", "any", "all", "") or TAKEN in (key, following):
        return False
    return following in picture_nouns() and (key in _BARE_VERBS or (key in _PLAIN_PARTICIPLES and line.in_corpus(key)))


_PLAIN_PARTICIPLES = frozenset(["canned", "blessed", "cleared", "shipped", "posted", "binned", "bounced"])


def _rendered_words(line: Line) -> None:
    said = " ".join(line.keys)
    counted = re.search(r"\brender(?:ing)?s? (?:counts?|numbers?)\b", line.reading.text.casefold()) is not None
    line.rendered = (
        counted or _MADE.search(said) is not None or "did" in line.keys[1:2] or f"{TAKEN} did" in said or "takes" in line.keys
    )


def _only_renders(line: Line) -> None:
    """Made and rendered mean renders, as do all facts only renders have: no uploads, nothing taken in from before."""
    line.rendered = line.rendered or any(
        line.original(first - 1) == "by" for first, _last, one in line.people if one in line.reading.conditions
    )
    fields = {one.facet.field for one in line.reading.conditions if one.facet and not one.facet.negated}
    if FacetField.ORIGIN in fields or line.subject or line.want in (Want.RESULTS, Want.SOURCES):
        return
    exports = any(
        one.link and one.link.relation in (Relation.EXPORTED, Relation.EVER) and not one.link.negated
        for one in line.reading.conditions
    )
    people = line.frame.per is not None and str(line.frame.per) == "by"
    if (line.rendered and not exports) or line.want in _RENDER_FACTS or people or (line.frame.measure is Measure.TOOK):
        facet = Facet(FacetField.ORIGIN, (Origin.RENDER.value,))
        line.reading.conditions.append(Condition("only renders", facet, implied=True))


def _codes(line: Line) -> None:
    for at, one in enumerate(line.words):
        for prefix in ("R", "A"):
            sure = one.raw.isupper() or any(letter.isdigit() for letter in one.key)  # an a-frame is no id
            if not line.subject and sure and ids.number(prefix, one.key) is not None:
                line.subject = one.key.upper()
                line.take(at, at + 1)
                line.asking = True


_NOT_ME = re.compile(
    r"\b(?:besides|beside|except(?: for)?|other than|apart from|aside from|excluding|bar|minus|but|not|without)"
    r"(?: by)? (?:me|myself|mine)\b"
)


def _me(line: Line) -> None:
    line.claim(lexicon.ASKS_FOR_ME)
    if line.claim(_NOT_ME):
        line.asking = True
        mine(line.reading, negated=True)
    found = line.find(lexicon.ABOUT_ME)
    if found is not None:
        first, last = found[1]
        line.asking = True
        negated = line.original(first - 1) != "never" and line.negated_before(first)
        before = len(line.reading.conditions)
        mine(line.reading, negated=negated)
        if len(line.reading.conditions) > before:
            at = next((at for at in range(first, last) if line.keys[at] in ("i", "me", "my", "mine", "am")), first)
            line.people.append((at, at + 1, line.reading.conditions[-1]))
            line.mark(at)
        for at in range(first, last):
            if line.keys[at] in ("i", "me", "my", "mine", "am", "by"):
                line.take(at, at + 1)
    if line.reading.here and line.claim(lexicon.HERE):
        line.asking = True
        line.reading.add(Match("exact", (line.reading.here,)), "here", (0, 0))


def _dates(line: Line) -> list[dates.DateMatch]:
    found = dates.scan(_months_led(line), line.reading.now, line.reading.zone)
    found = _joined_dates(line, found)
    for one in found:
        line.taken_up.append((line.words[one.first].start, line.words[one.last - 1].end))
        line.take(one.first, one.last)
    if match := line.claim(lexicon.SEED):
        line.reading.add_facet(FacetField.SEED, [str(int(match["seed"]))])
    return found


def _joined_dates(line: Line, found: list[dates.DateMatch]) -> list[dates.DateMatch]:
    """`april or may`: two stretches that follow one another are one."""
    if len(found) != 2 or {"more", "fewer", "than", "vs", "versus", "compared"} & set(line.keys):
        return found
    first, second = found
    between = [line.keys[at] for at in range(first.last, second.first)]
    if between not in (["or"], ["and"], []) or None in (first.since, first.until, second.since, second.until):
        return found
    if first.until == second.since:
        return [dates.DateMatch(first.first, second.last, first.since, second.until)]
    if second.until == first.since:
        return [dates.DateMatch(first.first, second.last, second.since, first.until)]
    return found


_LONE_MONTHS = frozenset(["january", "april", "june", "august", "jan", "apr", "jun", "aug", "sep", "dec", "feb"])
_LEADS_A_MONTH = frozenset(["all", "and", "or", "vs", "versus", "than", "just", "only", "make", "whole", "entire", "now", ""])


def _months_led(line: Line) -> list[str]:
    """The words, with a month that stands alone marked as one: `april renders`, `and june?`, `may renders`."""
    keys = list(line.keys)
    for at, key in enumerate(keys):
        before, after = line.original(at - 1), line.original(at + 1)
        lone = key in _LONE_MONTHS or (
            key in ("march", "may", "mar") and (after in picture_nouns() or (before in _LEADS_A_MONTH and at + 1 == len(keys)))
        )
        if line.asking and lone and not line.reading.vocabulary.word_of_person(key):
            keys[at] = f"{key}!"
    return keys


def _lineage(line: Line) -> None:
    if line.claim(_FROM_UPLOADS):
        line.asking = True
        line.reading.conditions.append(Condition("made from an upload", link=RelatedRows(Relation.SOURCES, ("upload",))))
    if line.frame.yes and (match := line.claim(_HAS_BEEN_UPSCALED)):
        verb = {"animated": "video"}.get(
            match["verb"], lexicon.technique(match["verb"]) if match["verb"] != "animated" else "video"
        )
        line.reading.conditions.append(Condition(f"{match['verb']} later", link=RelatedRows(Relation.RESULTS, (verb,))))


def _techniques(line: Line) -> None:
    while found := line.find(_ANY_OF_KIND):
        match, span = found
        what = match["what"].removesuffix("s")
        if span.last < len(line.keys) and line.reading.vocabulary.beginning(line.keys[span.last]):
            break
        negated = bool(match["no"]) or line.negated_before(span.first)
        if not (negated or match["some"]) or line.want in (Want.LIST, Want.LORA):
            break
        line.take(*span)
        line.asking = True
        if what == "tag":
            line.reading.conditions.append(
                Condition(f"{'not ' if negated else ''}tagged", link=RelatedRows(Relation.TAGGED, negated=negated))
            )
        else:
            line.reading.add_facet(FacetField.TECHNIQUE, [what], negated=negated)
            line.mark(span.first)
    patterns = (*lexicon.TECHNIQUE, *((lexicon.SURE_TECHNIQUE, lexicon.ASKED_TECHNIQUE) if line.asking else ()))
    for pattern in patterns:
        while found := line.find(pattern):
            match, span = found
            if TAKEN in match.group():
                break
            negated = line.negated_before(span.first)
            line.take(*span)
            line.asking = True
            line.reading.add_facet(FacetField.TECHNIQUE, [lexicon.technique(match["technique"])], negated=negated)
            line.mark(span.first)


def _when_it_happened(line: Line, spoken: list[MentionedEvent]) -> None:
    """`when was it approved`, `when did we last send`: of the verdict or the export, not of the making."""
    verbal = [one for one in spoken if not one.negated]
    if line.want is not Want.WHEN or not verbal:
        return
    made = _MADE.search(" ".join(line.original(at) for at in range(len(line.words))))
    if verbal[0].relation is Relation.EXPORTED or not made:
        line.want = Want.EXPORTED if verbal[0].relation is Relation.EXPORTED else Want.JUDGED


def _quoted_shot(line: Line) -> None:
    """`the shot "last"`: what is quoted beside the word shot is one, if there is one called so."""
    shot = any(key in ("shot", "shots") for key in line.keys)
    fields = (FacetField.SHOT,) if shot else (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT)
    for one in list(line.reading.conditions):
        if one.words is not None and not one.words.prefix and len(one.names) == 0:
            quoted = one.label.partition("“")[2].removesuffix("”")
            match = line.reading.vocabulary.exact(quoted, fields)
            if match and (match.names[0].field is FacetField.SHOT or quoted[:1].isupper() or not line.in_corpus(quoted)):
                line.reading.conditions.remove(one)
                line.reading.add(match, one.label, (0, 0), negated=one.words.negated)


def _neither(line: Line) -> None:
    """`not by Sky or Tane`: what is said of the first is said of the next as well."""
    for (_a, end, first), (start, _b, second) in pairwise(sorted(line.people, key=itemgetter(0))):
        between = {line.original(at) for at in range(end, start)}
        conditions = line.reading.conditions
        if first not in conditions or second not in conditions or not between <= {"or", "nor", "and", "by"}:
            continue
        if first.facet and second.facet and first.facet.negated and not second.facet.negated:
            turned = replace(second, label=f"not {second.label}", facet=replace(second.facet, negated=True))
            conditions[conditions.index(second)] = turned
            line.people = [(at, to, turned if one is second else one) for at, to, one in line.people]
