"""Commands on copies: export, profile, verify, restore."""

from __future__ import annotations

from dataclasses import replace

from bot import show
from bot.cards import Answer, Card, Field
from bot.commands import background, subjects
from bot.commands.command import Asked
from bot.commands.render import project_of
from bot.show.exports import dry_card, left_card, verification_card
from core import files
from core.errors import BadInput, MissingInput
from core.exports import contact_sheet, links, package, profiles
from core.exports import export as core_export
from core.exports.export import Left, Ready, Wish
from core.files import stored
from core.people.roles import Permission, allow, visible_projects
from core.schemas.exports import (
    ContactSheetSchema,
    DryExport,
    DryExportList,
    ExportedCopy,
    ExportSchema,
    ProfileList,
    RestoredFile,
    RestoredList,
)
from core.schemas.verification import VerificationList
from core.security import safe_fetch
from core.security.signed_links import LinkedFile
from core.verification import restore as core_restore
from core.verification import verify as core_verify
from storage.files import exports
from storage.tables import Asset

_OWN = ("format", "size", "quality", "colour", "naming", "credit")
"""Rules of a profile that one export may decide by itself."""
MOST = 200


def export(asked: Asked) -> Answer:
    """Make a copy for delivery.

    A profile sets what the copy contains: team and archive are the original byte for byte; client drops prompts, names and
    everything about the work, keeps licences, the signed history and the AI disclosure; public drops the history, too. Every
    copy is signed as a child of its original and logged with who got it. `dry:yes` only shows what its recipient could learn.
    Several ids, `as:zip` or `as:sheet` make a package or a contact sheet.
    /export A-7Q0D profile:client to:"Sam, Acme" why:"final delivery"
    /export R-4F2K profile:public format:jpeg size:2048
    /export A-7Q0D A-5DGY profile:client as:zip
    /export A-7Q0D profile:client dry:yes
    """
    with asked.desk.reading() as session:
        found = subjects.some_assets(session, asked)
    if len(found) > MOST:
        raise BadInput(f"{len(found)} pictures are too many for one export.", hint=f"At most {MOST} go at a time.")
    wish = _wish(asked)
    form = _form(asked, len(found))
    profiles.named(wish.profile)
    if asked.later:
        return background.begin(
            asked, f"Exporting {_count(found)}." if not asked.switch("dry") else f"Looking at {_count(found)}."
        )
    if asked.switch("dry"):
        return _dry(asked, [core_export.prepare(asked.desk, asset, wish, by=asked.member) for asset in found])
    if form == "sheet":
        return _sheet(asked, found, wish)
    left = core_export.leave(asked.desk, found, wish, by=asked.member)
    return _told(asked, left, zipped=form == "zip")


def profile(asked: Asked) -> Answer:
    """Show the export profiles of a project, or change one.

    Rules are words, graph, people, work, models, licences and lineage (yes or no), format, size, quality, colour, naming,
    credit and data_mining. Rules that are not given stay as they are; `reset:yes` restores the defaults.
    /profile
    /profile client format:jpeg size:4096 naming:{project}_{shot}_{number}
    /profile client reset:yes
    """
    with asked.desk.reading() as session:
        project = project_of(session, asked)
        allow(session, asked.member, Permission.SEE, project)
        changed = exports.profiles(session, project.id or 0)
    name = asked.line.word(0)
    given = {key: value for key, value in asked.line.options if key not in ("project", "reset")}
    if name and (given or asked.switch("reset")):
        base = profiles.named(name).name
        rules = {} if asked.switch("reset") else (changed.get(base) or {}) | dict(profiles.rule(*pair) for pair in given.items())
        now = core_export.set_profile(asked.desk, project, base, rules, by=asked.member)
        return Answer(
            f"The profile {base} of {project.slug} is changed.", (_profile_card(now),), private=True, schema=now.schema()
        )
    shown = [profiles.named(one, changed) for one in ([name] if name else profiles.SHIPPED)]
    told = ProfileList(project=project.slug, profiles=[one.schema() for one in shown])
    return Answer(f"Export profiles of {project.slug}:", tuple(_profile_card(one) for one in shown), private=True, schema=told)


def verify(asked: Asked) -> Answer:
    """Check who signed a file, whether it is intact, and what it was made from.

    Drop the file in, or give an id or the address of a file on the web. The answer keeps apart what a
    signature proves and what is only recognised by its looks.
    /verify
    /verify A-7Q0D
    /verify https://example.com/picture.png
    """
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.FIND, asked.place.project)
        seen = visible_projects(session, asked.member)
        if not asked.attachments and "://" not in asked.line.text(0):
            subjects.some_assets(session, asked)
    if asked.later:
        return background.begin(asked, "Checking it.")
    checked = [(name, core_verify.verify(asked.desk, data, name, projects=seen)) for name, data in _files(asked)]
    cards = tuple(verification_card(name, one) for name, one in checked)
    told = [one.schema(file=name) for name, one in checked]
    text = "\n".join(f"{name}: {one.sentence}" for name, one in checked)
    return Answer(text, cards, schema=told[0] if len(told) == 1 else VerificationList(results=told))


def restore(asked: Asked) -> Answer:
    """Restore the Content Credentials of a copy that lost them.

    Drop the copy in. If its pixels are unchanged you get the original; if it was re-encoded, the copy gets a manifest that names
    its original. Give an id where its looks alone cannot tell which picture it is.
    /restore
    /restore A-7Q0D
    """
    if not asked.attachments:
        raise MissingInput("`restore` needs the picture.", hint="Drop it in together with /restore.")
    with asked.desk.reading() as session:
        seen = visible_projects(session, asked.member)
        said = subjects.some_assets(session, asked)[0] if subjects.named(asked).codes else None
    if asked.later:
        return background.begin(asked, "Looking for the original.")
    lines, cards, told = [], [], []
    for one in asked.attachments[:8]:
        data = stored.read(asked.desk, one.sha256, name=one.filename)
        done = core_restore.restore(asked.desk, data, one.filename, by=asked.member, seen_in=seen, original=said)
        name = one.filename if not done.same else done.asset.filename
        file = LinkedFile(done.asset.sha256, name, done.asset.mime)
        url = links.make(asked.desk, file, by=asked.member, asset=done.asset)
        what = "is the original" if done.same else f"is a copy of {done.original.code} and is now marked as one"
        lines.append(f"{one.filename} {what} ({done.how}).")
        with asked.desk.reading() as session:
            card = show.asset_card(session, done.original, sentence=lines[-1])
        cards.append(
            replace(card, fields=(Field("Restored file", f"Download {one.filename}", short=False, link=url), *card.fields))
        )
        told.append(
            RestoredFile(
                file=one.filename,
                asset=done.asset.code,
                original=done.original.code,
                same=done.same,
                how=done.how,
                sha256=done.asset.sha256,
                link=url,
            )
        )
    return Answer("\n".join(lines), tuple(cards), schema=told[0] if len(told) == 1 else RestoredList(results=told))


def _count(found: list[Asset]) -> str:
    return "one file" if len(found) == 1 else f"{len(found)} files"


def _wish(asked: Asked) -> Wish:
    own = tuple(profiles.rule(name, asked.option(name)) for name in _OWN if asked.option(name))
    return Wish(asked.option("profile") or "team", asked.option("to")[:200], asked.option("why")[:500], own)


def _form(asked: Asked, count: int) -> str:
    form = asked.option("as").casefold() or ("zip" if count > 4 else "files")
    if form not in ("files", "zip", "sheet"):
        raise BadInput(f"`as` is files, zip or sheet, not `{form[:20]}`.", hint="Write as:zip.", input="as")
    return form


def _dry(asked: Asked, ready: list[Ready]) -> Answer:
    cards = tuple(dry_card(one) for one in ready[:8])
    told = [
        DryExport(
            asset=one.whole.asset.code,
            file=one.filename,
            bytes=len(one.copy.data),
            same_pixels=one.copy.same_pixels,
            told=one.view,
            removed=list(one.copy.removed),
            lost=list(one.copy.lost),
            sealed=one.copy.sealed.state,
            history=len(one.credentials.steps) if one.credentials else 0,
            leaks=[secret.what for secret in one.leaks],
        )
        for one in ready
    ]
    text = "Nothing was exported. This is what a recipient could learn:"
    return Answer(text, cards, private=True, schema=DryExportList(results=told))


def _told(asked: Asked, left: list[Left], *, zipped: bool) -> Answer:
    copies = [
        ExportedCopy(
            export=one.export.code,
            asset=one.ready.whole.asset.code,
            copy=one.asset.code,
            file=one.export.filename,
            sha256=one.asset.sha256,
            source_sha256=one.export.source_sha256,
            removed=one.export.removed,
            lost=one.export.lost,
            sealed=one.asset.seal_state,
            link=_link_to(asked, one),
        )
        for one in left
    ]
    profile_name = left[0].export.profile
    for_whom = f" for {left[0].export.recipient}" if left[0].export.recipient else ""
    text = f"{len(left)} exported with the profile {profile_name}{for_whom}."
    told = ExportSchema(batch=left[0].export.batch, profile=profile_name, files=copies)
    cards = tuple(left_card(one, copy.link) for one, copy in zip(left[:8], copies, strict=False))
    if zipped:
        name = f"{left[0].ready.whole.project.slug}-{profile_name}.zip"
        whole = LinkedFile(package.zipped(asked.desk, left), name, "application/zip")
        link = links.make(asked.desk, whole, by=asked.member)
        return Answer(text, (_download("Package", name, link), *cards), schema=told.model_copy(update={"link": link}))
    return Answer(text, cards, schema=told)


def _download(title: str, name: str, link: str) -> Card:
    """A card with a link to a file; the address itself is too long to be read."""
    return Card(title, tone="done", fields=(Field("File", f"Download {name}", link=link),))


def _sheet(asked: Asked, found: list[Asset], wish: Wish) -> Answer:
    ready = [core_export.prepare(asked.desk, asset, wish, by=asked.member, number=n) for n, asset in enumerate(found, start=1)]
    frames = [
        contact_sheet.SheetFrame(
            stored.read(asked.desk, one.whole.asset.preview) if one.whole.asset.preview else b"",
            one.filename,
            contact_sheet.lines_of(one.view),
            contact_sheet.kind_of(one.whole.asset.mime, one.whole.asset.seconds),
        )
        for one in ready
    ]
    whole = ready[0].whole
    title = whole.project.name if whole.profile.whole or whole.profile.work else asked.desk.settings.team or "Contact sheet"
    made = contact_sheet.contact_sheet(title, f"{len(frames)} pictures · profile {whole.profile.name}", frames)
    link = _stored_link(asked, made, "contact-sheet.pdf", "application/pdf")
    card = _download("Contact sheet", "contact-sheet.pdf", link)
    told = ContactSheetSchema(link=link, pictures=len(frames))
    return Answer(f"A contact sheet of {len(frames)} pictures.", (card,), schema=told)


def _link_to(asked: Asked, one: Left) -> str:
    file = LinkedFile(one.asset.sha256, one.export.filename, one.asset.mime)
    return links.make(asked.desk, file, by=asked.member, asset=one.ready.whole.asset)


def _stored_link(asked: Asked, data: bytes, name: str, mime: str) -> str:
    return links.make(asked.desk, LinkedFile(files.put(asked.desk, data), name, mime), by=asked.member)


def _files(asked: Asked) -> list[tuple[str, bytes]]:
    """(name, bytes) of what is to be checked. Raises MissingInput, BadInput, BlobMissing and what subjects raises."""
    if asked.attachments:
        return [(one.filename, stored.read(asked.desk, one.sha256, name=one.filename)) for one in asked.attachments[:8]]
    word = asked.line.text(0)
    if "://" in word:
        settings = asked.desk.settings
        got = safe_fetch.fetch(word, most=settings.max_upload_mb << 20, private=settings.verify_private)
        return [(got.filename, got.data)]
    with asked.desk.reading() as session:
        return [
            (one.filename, stored.read(asked.desk, one.sha256, name=one.filename))
            for one in subjects.some_assets(session, asked)[:8]
        ]


def _profile_card(one: profiles.Profile) -> Card:
    if one.whole:
        return Card(one.name, text="The original, byte for byte.", fields=(Field("File name", one.naming),))
    yes = [name for name in ("words", "graph", "people", "work", "models", "licences", "lineage") if getattr(one, name)]
    form = " · ".join(
        part for part in (one.format or "as it is", f"{one.size} px" if one.size else "", f"colour {one.colour}") if part
    )
    fields = (
        Field("Includes", ", ".join([*yes, "the AI disclosure"]), short=False),
        Field("Format", form),
        Field("File name", one.naming),
    )
    return Card(one.name, fields=fields)
