"""Commands that put results side by side: compare, takes."""

from __future__ import annotations

from bot import formatting, show
from bot.cards import Answer, Button, Card, Field
from bot.commands import subjects
from bot.commands.command import Asked
from core.errors import MissingInput
from core.review import compare as core_compare
from core.review import sessions
from core.review.compare import Comparison
from core.schemas.assets import ComparisonSchema, DifferenceSchema, TakesSchema
from storage.tables import Asset

_LISTED = 12


def compare(asked: Asked) -> Answer:
    """Compare two pictures: their settings, prompts and pixels.

    The page behind the link shows both pictures and the difference between them. `R-4F2K#2` is the second picture of a render;
    with one render's id alone, its first two are compared.
    /compare A-7Q0D A-3H1K
    /compare R-4F2K#1 R-4F2K#3
    /compare R-4F2K R-9C0A
    """
    codes = subjects.named(asked).codes
    with asked.desk.reading() as session:
        found = subjects.assets_by_code(session, asked).values()
        pair = [made[0] for made in found] if len(codes) > 1 else [asset for made in found for asset in made]
        if len({asset.id for asset in pair}) < 2:
            raise MissingInput(
                "`compare` needs two pictures.",
                hint="Write /compare A-7Q0D A-3H1K, or /compare R-4F2K#1 R-4F2K#2 for two of one render.",
            )
        seen = core_compare.compare(session, pair[0], pair[1])
    return Answer(_sentence(seen), (_card(seen),), private=True, schema=_schema(seen))


def _sentence(seen: Comparison) -> str:
    names = [one.name for one in seen.differences]
    apart = (
        f"`{seen.one.code}` and `{seen.other.code}` differ in **{', '.join(names)}**"
        if names
        else "They were made with the same settings"
    )
    looks = f"; visual difference {seen.bits / 2.56:.0f} %" if seen.bits is not None else ""
    return f"{apart}{looks}."


def _card(seen: Comparison) -> Card:
    fields = [
        Field(
            one.name.capitalize(),
            f"{formatting.short(one.one, 300) or '(none)'} → {formatting.short(one.other, 300) or '(none)'}",
            short=False,
        )
        for one in seen.differences
        if one.name != "prompt" or not (seen.only_one or seen.only_other)
    ]
    if seen.only_one or seen.only_other:
        words = (
            f"− {formatting.short(seen.only_one, 300) or '(nothing)'}\n+ {formatting.short(seen.only_other, 300) or '(nothing)'}"
        )
        fields.append(Field("Prompt", words, short=False))
    fields += [Field("Unchanged", ", ".join(seen.same), short=False)] if seen.same else []
    return Card(
        f"{seen.one.code} compared with {seen.other.code}",
        fields=tuple(fields),
        pictures=(show.picture_of(seen.one), show.picture_of(seen.other)),
        link=f"/assets/{seen.one.code}/beside/{seen.other.code}",
    )


def _schema(seen: Comparison) -> ComparisonSchema:
    return ComparisonSchema(
        one=seen.one.code,
        other=seen.other.code,
        differences=[DifferenceSchema(name=one.name, one=one.one, other=one.other) for one in seen.differences],
        same=list(seen.same),
        only_one=seen.only_one,
        only_other=seen.only_other,
        bits=seen.bits,
    )


def takes(asked: Asked) -> Answer:
    """Show the takes of one session.

    A session is what the same person made for the same project without a long pause.

    /takes A-7Q0D
    /takes R-4F2K
    """
    with asked.desk.reading() as session:
        asset = subjects.some_assets(session, asked)[0]
        sitting = sessions.of(session, asset)
    made = sitting.takes
    span = (
        f"{formatting.when(sitting.began)} to {formatting.when(sitting.ended)}"
        if len(made) > 1
        else formatting.when(sitting.began)
    )
    lines = "\n".join(_line(one, current=one.id == asset.id) for one in made[-50:])
    at = next(place for place, one in enumerate(made) if one.id == asset.id)
    near = made[max(0, at - _LISTED // 2) : at + _LISTED // 2]
    card = Card(
        f"{len(made)} {'take' if len(made) == 1 else 'takes'} of one session",
        subject=asset.code,
        fields=(Field("When", span), Field("Takes", lines, short=False)),
        pictures=tuple(show.picture_of(one) for one in near),
        buttons=(Button("lineage", asset.code, "Lineage"),),
    )
    told = TakesSchema(asset=asset.code, takes=[one.code for one in made], began=sitting.began, ended=sitting.ended)
    return Answer(cards=(card,), private=True, schema=told)


def _line(one: Asset, *, current: bool) -> str:
    mark = "▸" if current else "·"
    status = f" ({one.status})" if one.status else ""
    seed = f" seed {one.seed}" if one.seed else ""
    return f"{mark} {one.created_at:%H:%M} {one.code}{status}{seed} {formatting.short(one.prompt, 50)}".rstrip()
