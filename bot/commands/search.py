"""Commands that look things up: find, whatis, lineage, provenance."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlmodel import Session

from bot import command_text, formatting, schemas, show
from bot.cards import Answer, Button, Card, Field
from bot.commands import background, subjects
from bot.commands.command import Asked
from bot.commands.corrections import LONGEST_BUTTON
from core.errors import BadQuery, MissingInput
from core.formats import kinds
from core.lineage import family as lineage_family
from core.lineage.family import Lineage
from core.people.roles import Permission, allow, visible_projects
from core.schemas.assets import LineageSchema, ProvenanceList, RecognitionList, RecognitionSchema, RelatedAsset, RenderInHistory
from core.search import ask, translator
from core.search.ask import SearchAnswer
from storage import ids
from storage.chat import askings
from storage.clock import now
from storage.tables import Asset

_TAKEN_AWAY = 5
_GOES_ON_FOR = timedelta(minutes=30)
"""How long after a question another may go on from it."""
_MOST_GONE_ON = 5
"""Questions of one chain that are kept."""
_THIS = re.compile(
    r"\b(?:this|it)\b(?! (?:week|month|year|morning|afternoon|evening|project|channel|client|quarter)\b)", re.IGNORECASE
)
_CERTAIN = {
    "certain": "This is",
    "probable": "This is most likely",
    "similar": "This looks like",
    "unknown": "This may be",
}


def find(asked: Asked) -> Answer:
    """Search what the team has made.

    Filters narrow it: by: client: project: shot: status: model: workflow: technique: tag: before: after:. The answer is shown
    to the channel; `private:yes` shows it to you only, `limit:` sets how many pictures are shown.
    /find who made the depth shot for Acme
    /find hero shoe by:mia status:approved after:march
    /find hero shoe limit:12 private:yes
    """
    private, limit = asked.switch("private"), asked.count("limit", 5, 25)
    question = asked.line.text(0)
    if not question:
        raise MissingInput("`find` needs a question or some words.", hint="Write /find who made the depth shot for Acme.")
    with asked.desk.reading() as session:
        before, text = _asked_before(session, asked), _about_here(session, asked, question)
        found = _answer(session, asked, text, limit, before=before, after=asked.option("page"))
        cards = tuple(show.asset_card(session, one.asset) for one in found.results)
    if found.unsure and not found.goes_on and (line := translator.line(asked.desk.settings, text)):
        with asked.desk.reading() as session:
            if better := _translated(session, asked, line, text, limit):
                question, found = line, better
                cards = tuple(show.asset_card(session, one.asset) for one in found.results)
    if not asked.option("page"):
        _remember(asked, question, before if found.goes_on else "")
    more = _more(question, found, limit)
    return Answer(found.sentence, (*cards, *more), private=private, chips=found.understood, schema=found.schema())


def _answer(
    session: Session, asked: Asked, text: str, limit: int, *, before: str = "", after: str = "", taken_from: str = ""
) -> SearchAnswer:
    return ask.answer(
        session,
        text,
        by=asked.member,
        project=asked.place.project,
        limit=limit,
        after=after,
        before=before,
        other_words=asked.desk.settings.other_words,
        taken_from=taken_from,
    )


def _translated(session: Session, asked: Asked, line: str, text: str, limit: int) -> SearchAnswer | None:
    """The answer to a line that a language model made of a question; None where the line is not to be trusted."""
    try:
        found = _answer(session, asked, line, limit, taken_from=text)
    except BadQuery:
        return None
    return None if found.unsure or found.choices else found


def _asked_before(session: Session, asked: Asked) -> str:
    """What the same person asked in the same place a short while ago: "and by Zoe?" goes on from it."""
    place = asked.place
    where = f"{place.channel_id} {place.thread_ref}".strip()
    return askings.last(session, place.platform, where, asked.member.id, now() - _GOES_ON_FOR)


def _remember(asked: Asked, question: str, before: str) -> None:
    place = asked.place
    lines = [*before.split("\n")[-_MOST_GONE_ON:], question.replace("\n", " ")] if before else [question.replace("\n", " ")]
    with asked.desk.writing() as session:
        where = f"{place.channel_id} {place.thread_ref}".strip()
        askings.remember(session, place.platform, where, asked.member.id, "\n".join(lines)[-4_000:])


def _about_here(session: Session, asked: Asked, question: str) -> str:
    """In a thread, a question about `this` is about what the thread is about: its id is put in place of the word."""
    here = subjects.in_thread(session, asked) if _THIS.search(question) else None
    code = "" if here is None else ids.code("R", here.render_id) if here.render_id else ids.code("A", here.asset_id or 1)
    return _THIS.sub(code, question, count=1) if code else question


def _more(question: str, found: SearchAnswer, limit: int) -> tuple[Card, ...]:
    """What to press next: one of several meanings, or the next page. What is too long for a button is shown to be typed."""
    asks = [(one.label, f"/find {one.text}") for one in found.choices]
    asks += [("More", f"/find {question} limit:{limit} page:{command_text.quote(found.after)}")] if found.after else []
    take = [(f"✕ {formatting.short(one.label, 40)}", f"/find {one.text}") for one in found.without[:_TAKEN_AWAY]]
    asks += [(label, line) for label, line in take if len(line) <= LONGEST_BUTTON and "\n" not in line]
    short = [(label, line) for label, line in asks if len(line) <= LONGEST_BUTTON and "\n" not in line]
    long = [Field(label, line, short=False) for label, line in asks if (label, line) not in short]
    if not asks:
        return ()
    buttons = tuple(Button("find", line.removeprefix("/find "), label) for label, line in short)
    title = "Which one?" if found.choices else "There is more" if found.after else "Remove a filter"
    return (Card(title, fields=tuple(long), buttons=buttons),)


def whatis(asked: Asked) -> Answer:
    """Look up where a picture came from, even without metadata.

    Drop the picture in, or give an id. A copy that was scaled, cropped or compressed is recognised by what it shows.
    For a frame or a clip of a film, the film and the time in it are named.
    `private:yes` shows the answer to you only.
    /whatis
    /whatis A-7Q0D
    /whatis R-4F2K#2
    """
    from core.files import stored

    private = asked.switch("private")
    if asked.attachments and asked.later:
        return background.begin(asked, "Looking it up.")
    if asked.attachments:
        answers = [_recognised(asked, stored.read(asked.desk, one.sha256), one.filename) for one in asked.attachments[:4]]
        cards = tuple(card for answer, _ in answers for card in answer.cards)
        told = [schema for _, schema in answers]
        text = "\n".join(answer.text for answer, _ in answers)
        return Answer(text, cards, private=private, schema=told[0] if len(told) == 1 else RecognitionList(results=told))
    with asked.desk.reading() as session:
        found = subjects.some_assets(session, asked)
        cards = tuple(show.asset_card(session, asset) for asset in found[:4])
    return Answer(cards=cards, private=private, schema=_named(found[0], certainty="certain", how="by its id"))


def lineage(asked: Asked) -> Answer:
    """Show what a picture was made from, and what it was used in.

    /lineage A-7Q0D
    """
    with asked.desk.reading() as session:
        asset = subjects.some_assets(session, asked)[0]
        family = lineage_family.of(session, asset)
    return Answer(cards=(_family_card(family),), private=True, schema=_family_schema(family))


def provenance(asked: Asked) -> Answer:
    """Show the full provenance of a picture.

    /provenance A-7Q0D
    """
    with asked.desk.reading() as session:
        found = subjects.some_assets(session, asked)
        cards = tuple(show.provenance_card(session, asset) for asset in found[:4])
        known = [schemas.of_provenance(session, asset) for asset in found]
    links = "\n".join(f"{asset.code}: {asked.desk.settings.base_url}{show.page_of(asset)}" for asset in found[:4])
    return Answer(links, cards, private=True, schema=known[0] if len(known) == 1 else ProvenanceList(results=known))


def _recognised(asked: Asked, data: bytes, filename: str) -> tuple[Answer, RecognitionSchema]:
    from core.recognition import identify
    from core.verification import verify, watermark_conflict

    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.FIND, asked.place.project)
        projects = visible_projects(session, asked.member)
    seen = identify.recognise(asked.desk, data, filename, projects=projects)
    certainty, kept = seen.certainty.value, None
    if seen.asset is None:
        unknown = RecognitionSchema(certainty=certainty, how=seen.how, asset=None, seconds=None, others=[])
        return Answer(f"{filename} is not known here: {seen.how}."), unknown
    against = watermark_conflict.of_file(asked.desk, data, filename, seen)
    sentence = f"{_CERTAIN[certainty]} {seen.asset.code}: {seen.how}. {against}".rstrip()
    if certainty in ("certain", "probable"):
        mime = kinds.mime_of(data, filename)
        part = seen.seconds is not None
        kept, said = verify.credentials_of_copy(asked.desk, data, mime, seen.asset, part=part)
        sentence = f"{sentence} {said}".rstrip()
    with asked.desk.reading() as session:
        card = show.asset_card(session, seen.asset, sentence=sentence)
    told = {"others": [one.code for one in seen.others], "contradiction": against or None, "seconds": seen.seconds}
    told |= {"credentials": kept} if kept is not None else {}
    return Answer(sentence, (card,)), _named(seen.asset, certainty=certainty, how=seen.how).model_copy(update=told)


def _named(asset: Asset, *, certainty: str, how: str) -> RecognitionSchema:
    return RecognitionSchema(
        certainty=certainty,
        how=how,
        asset=asset.code,
        render=schemas.renders_code(asset),
        filename=asset.filename,
        sha256=asset.sha256,
    )


def _family_card(family: Lineage) -> Card:
    def lines(steps: tuple[lineage_family.LineageStep, ...], arrow: str) -> str:
        return "\n".join(f"{'   ' * (one.steps - 1)}{arrow} {_line(one.asset)} as {one.name}" for one in steps[:20])

    asked_for = " ← ".join(f"{one.code} ({one.verb})" for one in family.askings)
    fields = [
        Field("Made from", lines(family.sources, "←") or "text prompt only", short=False),
        Field("Used in", lines(family.results, "→") or "nothing yet", short=False),
    ]
    fields += [Field("Same render", ", ".join(one.code for one in family.siblings), short=False)] if family.siblings else []
    fields += [Field("Render history", asked_for, short=False)] if asked_for else []
    code = family.asset.code
    return Card(
        f"Lineage of {code}",
        subject=code,
        text=formatting.short(family.asset.prompt, 200),
        fields=tuple(fields),
        pictures=(show.picture_of(family.asset),),
        buttons=(Button("provenance", code, "Provenance"),),
        link=show.page_of(family.asset),
    )


def _line(asset: Asset) -> str:
    name = formatting.short(asset.prompt, 50) or asset.filename
    return f"{asset.code} {name}{f' ({asset.workflow})' if asset.workflow else ''}"


def _family_schema(family: Lineage) -> LineageSchema:
    def steps(found: tuple[lineage_family.LineageStep, ...]) -> list[RelatedAsset]:
        return [RelatedAsset(asset=one.asset.code, of=one.other.code, input=one.name, steps=one.steps) for one in found]

    return LineageSchema(
        asset=family.asset.code,
        sources=steps(family.sources),
        results=steps(family.results),
        siblings=[one.code for one in family.siblings],
        renders=[RenderInHistory(render=one.code, verb=one.verb) for one in family.askings],
    )
