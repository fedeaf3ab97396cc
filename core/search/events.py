"""Verdicts and exports in questions: who gave or made them, when, ever, not yet."""

from __future__ import annotations

import re

from core.search import dates, sequels
from core.search.conditions import UNDECIDED_SAID, Condition
from core.search.filters import UNDECIDED
from core.search.lexicon import Want, word_set
from core.search.line import TAKEN, Line, picture_nouns
from core.search.mentioned import MentionedEvent
from storage.search import Facet, FacetField, RelatedRows, Relation
from storage.search.tally import Group

APPROVE = ("approved", "approve", "approves", "approving", "approval", "approvals")
REJECT = ("rejected", "reject", "rejects", "rejecting", "rejection", "rejections")
EXPORT = ("exported", "delivered", "outside")
MADE = word_set(
    """
    made make makes rendered render renders did created create generated generate uploaded upload painted
    drew produced
    """
)
_BETWEEN = frozenset(
    (
        f"{TAKEN} for on in at of by to the a an and last week ever just already first also has have had been got get "
        f"was were did we it them this that anything any something else out our my"
    ).split()
)
_SETTLED = ("needs", "work")
_PROFILES = {
    "client": "client",
    "clients": "client",
    "public": "public",
    "team": "team",
    "internal": "team",
    "internally": "team",
}
_EVER = ("ever", "once", "beforehand", "earlier", "formerly", "previously", "later", "before", "originally", "initially")
_AGENT = word_set(
    """
    did the has have does had what that which who stuff things thing picture image
    render shot one video ones everything anything all pictures images when time since
    """
)


def read(line: Line) -> list[MentionedEvent]:
    """The events in the line; their words are taken."""
    _client_gets(line)
    found = [*_verdicts(line), *_exports(line)]
    found = found or _any_verdict(line)
    for one in found:
        one.member = _agent(line, one)
        one.verbal = one.verbal or one.member is not None
    return found


_GETS = re.compile(
    rf"\b(?:did|has|have|does|had|was|what|when)\b.*?"
    r"(?P<gets>\b(?:get|got|gotten|see|seen|saw|receive|received|been shown|been given)\b)"
    rf"(?= (?:anything|something|any|it|them|this|that|those|these|the|a|an|our|from|yet|so|already|last|first|"
    rf"in|{TAKEN})\b|$| {TAKEN})"
)


def _client_gets(line: Line) -> None:
    """`did Acme ever get anything`, `what has Acme seen`: a client gets what was sent."""
    fields = [one.facet.field for one in line.reading.conditions if one.facet and not one.facet.negated]
    if FacetField.CLIENT not in fields or FacetField.BY in fields:
        return
    said = " ".join(line.keys)
    match = _GETS.search(said)
    if match is None or any(key in EXPORT for key in line.keys):
        return
    at = said[: match.start("gets")].count(" ")
    line.keys[at] = "delivered"


_GIVEN = ("verdict", "verdicts", "decision", "decisions", "judgement", "judgements")
_GIVES = ("gave", "give", "given", "gives", "giving", "made", "by", "per")


def _any_verdict(line: Line) -> list[MentionedEvent]:
    """`how many verdicts has Bill given`, `who gave a verdict on it`: of whatever kind."""
    gives = any(line.original(at) in _GIVES for at in range(len(line.words)))
    place = next((at for at, one in enumerate(line.words) if one.key in _GIVEN), None)
    if place is None or not gives or any(key in ("withdrawn", "withdraw", "withdrew", "without", "no") for key in line.keys):
        return []
    if line.frame.per is Group.STATUS:
        return []
    if line.frame.unit is Group.STATUS:
        line.set(unit=None, unit_said="times")
    line.want = Want.JUDGE if line.want is Want.WHO else line.want
    line.take(place, place + 1)
    return [MentionedEvent(place, Relation.EVER, (), verbal=True)]


def _verdicts(line: Line) -> list[MentionedEvent]:
    found = []
    for at, key in enumerate(line.keys):
        if key in UNDECIDED_SAID:
            if not line.negated_before(at):
                line.reading.conditions.append(UNDECIDED)
            line.take(at, at + 1)
        elif key == "unapproved":
            line.reading.add_facet(FacetField.STATUS, ["approved"], negated=True)
            line.take(at, at + 1)
        elif value := _judgement(line, at):
            event = MentionedEvent(at, Relation.EVER, (value,), negated=_negated(line, at))
            event.verbal = key in ("approve", "approves", "reject", "rejects", "approving", "rejecting") or key[-1:] == "s"
            event.ever = any(one in _EVER for one in line.keys) and not event.negated
            line.take(at, at + (2 if value == "needs work" else 1))
            found.append(event)
    return found


def _judgement(line: Line, at: int) -> str:
    key = line.keys[at]
    if key in APPROVE:
        return "approved"
    if key in REJECT:
        return "rejected"
    return "needs work" if tuple(line.keys[at : at + 2]) == _SETTLED else ""


def _negated(line: Line, at: int) -> bool:
    """`not approved`, `has not been approved`, `never got rejected`, `without being approved`, `nobody approved`."""
    before = at - 1
    while before >= 0 and line.keys[before] in (
        "been",
        "be",
        "being",
        "got",
        "get",
        "yet",
        "get",
        "the",
        "for",
        "ever",
        "even",
        "has",
        "have",
        "actually",
        "having",
        "once",
        "to",
        "any",
        "a",
        "it",
    ):
        before -= 1
    if before >= 0 and line.keys[before] in (
        "not",
        "never",
        "without",
        "except",
        "excluding",
        "nobody",
        "cannot",
        "minus",
        "nothing",
        "none",
    ):
        line.take(before, at)
        return True
    return False


def _exports(line: Line) -> list[MentionedEvent]:
    found = []
    for at, key in enumerate(line.keys):
        if key not in EXPORT:
            continue
        if line.outside_of(at):  # used on anything outside Solid: of other projects
            line.take(at, at + 1)
            continue
        event = MentionedEvent(at, Relation.EXPORTED, (), negated=_negated(line, at), verbal=True)
        values = {_PROFILES[one] for place, one in _profile_words(line, at)}
        for place, _one in _profile_words(line, at):
            line.take(place, place + 1)
        others = {_PROFILES[one] for one in line.keys if one in _PROFILES and one not in ("client", "internal")}
        values |= others if values and len(values | others) > 1 else set()
        if not values and key == "delivered":
            values = {"client"}
        if not values and key == "outside":
            values = {"client", "public"}
        event.values = tuple(sorted(values))
        line.take(at, at + 1)
        found.append(event)
    return found[:1] if found else []


def _profile_words(line: Line, at: int) -> list[tuple[int, str]]:
    """Where a profile is named: right after, or as `to the client`, `to clients`, `publicly`."""
    found = []
    for place, key in enumerate(line.keys):
        near = (
            place == at + 1
            or (place and line.keys[place - 1] in ("to", "the", "a", "as", "with", "any", "all") and place > at)
            or key in ("public", "internally")
        )
        if key in _PROFILES and near:
            found.append((place, key))
    return found


def _agent(line: Line, event: MentionedEvent) -> tuple[int, str] | None:
    """Who did it, where a person stands as the one who does: their condition is no longer who made the picture."""
    for first, last, condition in line.people:
        if condition not in line.reading.conditions or condition.facet is None or len(condition.facet.values) != 1:
            continue
        if not _acts(line, event.at, first, last):
            continue
        line.reading.conditions.remove(condition)
        return int(condition.facet.values[0]), condition.names[0].label if condition.names else "me"
    return None


_DONE_BY = ("approvals", "rejections", "exports", "deliveries", "shipments", "verdicts", "decisions")


def _acts(line: Line, verb: int, first: int, last: int) -> bool:
    if line.original(first) in ("my", "mine"):  # whose pictures they are, unless it is `my verdicts`
        return first + 1 == verb and (line.words[verb].raw.casefold() in _DONE_BY or line.original(verb) in _GIVEN)
    before = line.original(first - 1)
    noun = line.original(verb) in _GIVEN or line.original(verb).endswith(("als", "ions"))
    if noun and first > verb and before in ("did", "has", "have", "does", "had"):
        return True  # how many rejections did Bill give
    places = range(verb + 1, first) if first > verb else range(last, verb)
    between = [line.original(at) for at in places if line.keys[at] != TAKEN or first > verb]
    if first > verb:
        rest = [line.original(at) for at in range(verb + 1, first) if line.keys[at] != TAKEN]
        small_words = {"by", "to", "the", "for", "of", "a", "client", "clients", "last", "this", "week", "month"}
        return before == "by" and all(one in small_words for one in rest)
    small = {
        "ever",
        "last",
        "first",
        "just",
        "already",
        "also",
        "has",
        "have",
        "had",
        "did",
        "to",
        "asked",
        "be",
        "finally",
        "actually",
        "not",
        "s",
        "never",
        "ask",
        "sign",
        "signed",
    }
    leads = first == 0 or line.original(first) in ("i", "we") or before in _AGENT or line.words[first - 1].stop
    return leads and all(one in small for one in between)


def _asks_how_it_stands(line: Line, events: list[MentionedEvent]) -> None:
    """`is the depth shot approved`: the verdict ends the question, so it is asked and no condition."""
    plain = [
        one
        for one in events
        if one.values and one.relation is Relation.EVER and not (one.negated or one.member or one.when or one.ever)
    ]
    if (
        not line.frame.yes
        or line.want is not Want.PICTURES
        or len(plain) != 1
        or {"any", "anything", "anyone"} & {line.original(at) for at in range(5)}
    ):
        return
    end = plain[0].at + (2 if plain[0].values[0] == "needs work" else 1)
    rest = [line.keys[at] for at in range(end, len(line.keys)) if line.keys[at] != TAKEN]
    starts = any(line.original(at) in ("is", "are", "was", "were", "has", "have", "did", "does", "get", "got") for at in range(3))
    if (
        starts
        and all(one in ("yet", "already", "now", "or", "not", "ok", "right", "please", "too", "then", "today") for one in rest)
        and not plain[0].verbal
    ):
        line.want = Want.STATUS
        line.set(detail=plain[0].values[0])
        events.remove(plain[0])


def settle(line: Line, events: list[MentionedEvent], found: list[dates.DateMatch]) -> None:
    """Give each date to the event it belongs to, or to when the pictures were made, and turn all into conditions."""
    events = sequels.settle(line, events)
    for one in found:
        said = " ".join(word.raw for word in line.words[one.first : one.last]).lower()
        event = _of(line, events, one)
        if event is not None:
            event.since, event.until, event.when = one.since, one.until, said
        else:
            line.reading.conditions.append(Condition(said, since=one.since, until=one.until))
        line.take(one.first, one.last)
    _asks_how_it_stands(line, events)
    _who_did(line, events)
    asked = line.want in (Want.JUDGE, Want.JUDGED)
    for event in events:
        line.reading.conditions.append(_condition(event, asked=asked))
        line.mark(event.at)


def _who_did(line: Line, events: list[MentionedEvent]) -> None:
    """`who pushes stuff to the website`: with no word of making, who is asked for did what is spoken of."""
    said = [one.key for one in line.words]
    done = [one for one in events if not one.negated and one.verbal and one.member is None]
    if line.want is not Want.WHO or len(done) != 1 or line.frame.per is not None or set(said) & ((MADE - {"did"}) | _NOT_DOING):
        return
    line.want = Want.EXPORTER if done[0].relation is Relation.EXPORTED else Want.JUDGE


_NOT_DOING = {"whose", "behind", "got", "gets", "get", "had", "names", "name", "artist", "artists", "render", "renders"}


def _of(line: Line, events: list[MentionedEvent], date: dates.DateMatch) -> MentionedEvent | None:
    if not events:
        return None
    at = date.first - 1
    places = {event.at: event for event in events}
    while at >= 0:
        if at in places:
            event = places[at]
            return event if event.relation is Relation.EXPORTED or not event.negated else None
        if line.original(at) not in _BETWEEN and line.keys[at] != TAKEN:
            break
        if line.original(at) in MADE or line.original(at) in picture_nouns():
            break
        at -= 1
    made = any(line.original(place) in MADE - {"did"} for place in range(len(line.words)))
    verbal = [event for event in events if event.verbal and not event.negated]
    return verbal[0] if verbal and not made else None


def _condition(event: MentionedEvent, *, asked: bool) -> Condition:
    dated = event.since is not None or event.until is not None
    if event.relation is Relation.EVER and event.values and not (event.member or dated or event.ever or asked):
        shown = f"{'not ' if event.negated else ''}{event.values[0]}"
        return Condition(shown, Facet(FacetField.STATUS, event.values, negated=event.negated))
    link = RelatedRows(
        event.relation,
        event.values,
        event.member[0] if event.member else None,
        event.text,
        event.since,
        event.until,
        event.negated,
    )
    what = (
        " or ".join(event.values) or "judged"
        if event.relation is Relation.EVER
        else "exported" + (f" to {' or '.join(event.values)}" if event.values else "")
    )
    by = f" by {event.member[1]}" if event.member else ""
    ever = "ever " if event.ever and not dated else ""
    shown = f"{'not ' if event.negated else ''}{ever}{what}{by}{f' {event.when}' if event.when else ''}"
    return Condition(shown, link=link)
