"""Gathers what a verdict on a file depends on: its signature, what it was recognised as, and what says AI."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from PIL import Image

from core import files
from core.desk import Desk
from core.errors import BadPicture, StoreError
from core.files import stored
from core.files.inspect import Examined
from core.provenance import embed, origins, xmp
from core.provenance.disclosure import Disclosure, says_ai
from core.provenance.seal import read, stores
from core.provenance.seal.names import SealOrigin
from core.provenance.seal.read import Credentials
from core.provenance.seal.sign import FOREIGN, SEALED, UNSTAMPED
from core.recognition import identify
from core.recognition.identify import Certainty, Recognition
from core.verification import icc
from core.verification.decision_table import Evidence, Recognised, Seen, Signature
from storage.files import assets
from storage.tables import Asset

_CLAIMS = ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed", "DataMining", "CreatorTool", "CreateDate")
_HAVING = (SEALED, UNSTAMPED, FOREIGN)
_GENERATIONS = 4


@dataclass(frozen=True)
class Looked:
    """A file by itself: looked at once, compared with nothing."""

    data: bytes = field(repr=False)
    filename: str
    examined: Examined
    image: Image.Image | None = field(repr=False)
    credentials: Credentials | None
    signature: Signature
    claims: tuple[tuple[str, str], ...]

    @property
    def claims_ai(self) -> bool:
        """Whether its metadata say that a model had a part, other than by an older Slate that wrote so into what was brought."""
        told = dict(self.claims)
        ours = self.signature is Signature.BROUGHT and told.get("CreatorTool", "").startswith("Slate")
        return "Generator" in told or (bool(self.examined.claims_ai) and not ours)


@dataclass(frozen=True)
class Found:
    """What it is among the Assets here. `asset` is the one that is named, `original` what that is a copy of."""

    recognised: Recognised = Recognised.NO
    asset: Asset | None = None
    original: Asset | None = None
    seen: Recognition = field(default_factory=lambda: Recognition(Certainty.UNKNOWN, ""))

    @property
    def made_here(self) -> bool:
        return self.original is not None and origins.made_here(self.original)


def look(desk: Desk, data: bytes, filename: str) -> Looked:
    """A file by itself. Raises BadPicture, TooManyPixels, TooLong."""
    examined, image = files.look(data, filename, files.limits_of(desk.settings))
    count = stores.count(data, examined.mime)
    found = read.read(desk.settings, data, examined.mime) if count == 1 else None
    return Looked(data, filename, examined, image, found, _signature(found, count), _claims(data, examined))


def evidence(looked: Looked, found: Found) -> Evidence:
    """The row of the table."""
    said = Disclosure.told(found.original.statement) if found.original is not None and found.made_here else None
    return Evidence(
        looked.signature,
        found.recognised,
        found.made_here,
        said.says_ai if said else None,
        looked.credentials.says_ai if looked.credentials else None,
        looked.claims_ai,
        _stored(looked.examined, found.asset),
    )


def find(desk: Desk, looked: Looked, *, projects: Collection[int] | None = None, made_here: bool = False) -> Found:
    """What it is among the Assets of `projects` (None: all); with `made_here` only what the desk made counts."""
    seen = identify.recognise(
        desk, looked.data, looked.filename, projects=projects, made_here=made_here, looked=(looked.examined, looked.image)
    )
    found = _found(desk, looked, seen)
    if not found.made_here or found.recognised is not Recognised.EQUAL:
        found = _with_our_pixels(desk, looked, projects) or found
    if made_here:
        return Found() if not found.made_here or _went_into(desk, looked, found) else found
    return _earlier(desk, looked, found, projects)


def _signature(found: Credentials | None, count: int) -> Signature:
    if count > 1:
        return Signature.SEVERAL
    if found is None:
        return Signature.INVALID if count else Signature.NONE
    for is_so, signature in (
        (found.revoked, Signature.REVOKED),
        (found.tampered, Signature.CHANGED),
        (found.expired, Signature.EXPIRED),
        (found.state == "Invalid", Signature.INVALID),
        (found.state != "Trusted", Signature.UNKNOWN),
        (bool(found.broken), Signature.BROKEN_HISTORY),
        (found.states is SealOrigin.BROUGHT, Signature.BROUGHT),
        (found.states is SealOrigin.NOT_IDENTICAL, Signature.NOT_IDENTICAL),
    ):
        if is_so:
            return signature
    return Signature.TRUSTED


def _claims(data: bytes, examined: Examined) -> tuple[tuple[str, str], ...]:
    """What a file says about its own making without proof; only fields without persons and prompts."""
    try:
        told = xmp.read(embed.xmp_in(data, examined.mime))
    except BadPicture:
        told = {}
    found = {name.partition(":")[2]: value[:300] for name, value in told.items() if name.partition(":")[2] in _CLAIMS}
    if examined.claims_ai and not says_ai(found.get("DigitalSourceType", "")):
        found["DigitalSourceType"] = examined.claims_ai["source_type"]
    program = examined.facts.generator if examined.facts else ""
    return (*found.items(), *([("Generator", program[:80])] if program else []))


def _with_our_pixels(desk: Desk, looked: Looked, projects: Collection[int] | None) -> Found | None:
    """A picture made here with the very same pixels: whatever else is known of the file, that decides."""
    if not looked.examined.phash:
        return None
    with desk.reading() as session:
        same = assets.with_pixels(session, looked.examined.pixel_sha256, projects, made_here=True)
        made = [one for one in same if origins.made_here(one)]
    first = next(iter(made), None)
    if first is None:
        return None
    kind = Recognised.EQUAL if same_colours(desk, looked, first) else Recognised.LOOKS
    return Found(kind, first, first, Recognition(Certainty.CERTAIN, "the same pixels in another file", first, 0))


def _found(desk: Desk, looked: Looked, seen: Recognition) -> Found:
    if seen.asset is None:
        return Found(seen=seen)
    kind = _kind(looked.examined, seen)
    if kind is Recognised.EQUAL and not same_colours(desk, looked, seen.asset):
        kind = Recognised.LOOKS
    return Found(kind, seen.asset, _original(desk, seen.asset), seen)


def _kind(examined: Examined, seen: Recognition) -> Recognised:
    assert seen.asset is not None
    same = bool(examined.phash) and examined.pixel_sha256 == seen.asset.pixel_sha256
    if seen.certainty is Certainty.CERTAIN or same:
        return Recognised.EQUAL
    if seen.mark_bits is not None:
        return Recognised.MARKED
    plain = not examined.phash and examined.frames == 1
    return Recognised.LOOKS if seen.certainty is Certainty.PROBABLE and not plain else Recognised.RESEMBLES


def same_colours(desk: Desk, looked: Looked, asset: Asset) -> bool:
    """Whether equal numbers are shown alike: by a colour profile, or a PNG's own chunks, they can make another picture."""
    mime = looked.examined.mime
    mine, chosen = icc.profile(looked.data, mime), icc.choices(looked.data, mime)
    if not (mine or chosen) or looked.examined.sha256 == asset.sha256:
        return True
    try:
        original = stored.read(desk, asset.sha256)
    except StoreError:
        return False
    same = not chosen or chosen == icc.choices(original, asset.mime)
    return same and (not mine or icc.shows_alike(mine, icc.profile(original, asset.mime)))


def _original(desk: Desk, asset: Asset) -> Asset:
    """What an export was made from; a copy that was only recognised was not made from anything here."""
    if asset.copy_of is None or identify.was_restored(desk, asset):
        return asset
    with desk.reading() as session:
        return assets.by_id(session, asset.copy_of) or asset


def _earlier(desk: Desk, looked: Looked, found: Found, projects: Collection[int] | None) -> Found:
    """Where a file was brought here that looks like an earlier picture made here: that picture."""
    if found.asset is None or found.made_here:
        return found
    again = identify.recognise(
        desk, looked.data, looked.filename, projects=projects, made_here=True, looked=(looked.examined, looked.image)
    )
    other = _found(desk, looked, again)
    sure = other.recognised in (Recognised.EQUAL, Recognised.MARKED, Recognised.LOOKS)
    older = other.original is not None and (other.original.id or 0) < (found.asset.id or 0)
    return other if sure and other.made_here and older else found


def _went_into(desk: Desk, looked: Looked, found: Found) -> bool:
    """Whether the file was brought here first and the picture that it looks like was made from it."""
    if found.recognised is Recognised.EQUAL or found.original is None:
        return False
    with desk.reading() as session:
        inputs = {one.parent.pixel_sha256 for one in assets.ancestry(session, found.original.id, _GENERATIONS)}
    return bool(looked.examined.pixel_sha256) and looked.examined.pixel_sha256 in inputs


def _stored(examined: Examined, asset: Asset | None) -> Seen:
    if asset is None:
        return Seen.NEVER
    if examined.sha256 == asset.sha256:
        return Seen.SAME_FILE
    if examined.sha256 == asset.source_sha256:
        return Seen.SOURCE
    return Seen.SEALED if asset.seal_state in _HAVING else Seen.NEVER
