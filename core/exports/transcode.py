"""Makes the bytes of one copy: the picture in its new format and size, bare of all words but those its profile leaves it.

What does not need to be encoded again is not: then the copy has the very pixels of its original.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image, ImageCms

from core.errors import Conflict
from core.exports import hidden, redact, strip
from core.exports.profiles import FORMATS, TEAM, Profile
from core.files import previews
from core.formats import kinds, low_bits, pixels
from core.provenance import embed, xmp
from core.provenance.carriers import carrier_of
from core.provenance.disclosure import Disclosure
from core.provenance.seal import manifest, names, read, sign
from core.provenance.seal.manifest import Ingredient
from core.provenance.seal.names import SealOrigin
from core.provenance.seal.sign import Sealed
from core.provenance.xmp import Policy
from core.security.sandbox import sandboxed
from core.settings import Settings

_ENCODERS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/avif": "AVIF"}


@dataclass(frozen=True)
class Original:
    """What is copied."""

    code: str
    data: bytes = field(repr=False)
    mime: str
    stated: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    models: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Copy:
    """A copy's bytes. `same_pixels`: nothing was encoded again. `lost` is what the format could not carry."""

    data: bytes = field(repr=False)
    mime: str
    sealed: Sealed = field(repr=False)
    same_pixels: bool
    removed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def without_bytes(self) -> Copy:
        """The same, when its bytes are in the store."""
        return replace(self, data=b"", sealed=replace(self.sealed, data=b""))


def copy(settings: Settings, original: Original, profile: Profile, house: Policy) -> Copy:
    """The copy, sealed as a child of its original. Raises BadPicture, TooManyPixels; Conflict for what cannot be made bare."""
    if profile.whole and profile.name != TEAM and hidden.is_in(original.data, original.mime, settings.max_pixels):
        profile = replace(profile, whole=False, words=True, graph=True, people=True, work=True, models=True)
    if profile.whole and not (profile.format or profile.size):
        lost = _not_carried(original.data, original.mime, original.mime)
        kept = Sealed(original.data, sign.SEALED if read.carries(original.data) else sign.UNSEALED)
        return Copy(original.data, original.mime, kept, True, (), tuple(lost))
    made = _picture(settings.max_pixels, original, profile)
    picture, mime, actions, lost = made.data, made.mime, made.actions, made.lost
    view = redact.told(original.stated, profile)
    rules = redact.policy(profile, house)
    told = _worded(picture, mime, original, profile, view, rules)
    lost += _not_carried(told, mime, original.mime)
    sealed = _sealed(settings, told, mime, original, profile, actions, view, rules)
    same = not any(one["action"] != "c2pa.published" for one in actions)
    removed = [*redact.removed(original.stated, profile), *([hidden.REMOVED] if made.cleared else [])]
    return Copy(sealed.data, mime, sealed, same, tuple(removed), tuple(lost))


@dataclass(frozen=True)
class _Bare:
    """A copy before any word is put into it; `cleared`: text was found in its lowest bits, which are clear now."""

    data: bytes = field(repr=False)
    mime: str
    actions: list[manifest.Action]
    lost: list[str]
    cleared: bool = False


@sandboxed
def _picture(max_pixels: int, original: Original, profile: Profile) -> _Bare:
    """The bare copy, what was done to it and what was lost on the way."""
    wanted = FORMATS.get(profile.format, original.mime)
    published: manifest.Action = {"action": "c2pa.published"}
    if original.mime not in kinds.PICTURES:
        if original.mime not in strip.LOSSLESS:
            hint = "Export it as a render of another format, or with the profile team or archive."
            raise Conflict(f"What {original.mime or 'this file'} says of itself cannot be taken out.", hint=hint)
        lost = ["format and size: only pictures are encoded again"] if profile.format or profile.size else []
        return _Bare(strip.bare(original.data, original.mime), original.mime, [published], lost)
    with pixels.opened(original.data, max_pixels=max_pixels, every_frame=True) as image:
        frames, size = int(getattr(image, "n_frames", 1)), image.size
        smaller = 0 < profile.size < max(size)
        recoloured = profile.colour == "srgb" and bool(image.info.get("icc_profile"))
        found = not smaller and hidden.in_pixels(original.data, original.mime, image)
        if wanted == original.mime and not (smaller or recoloured or found) and wanted in strip.LOSSLESS:
            return _Bare(strip.bare(original.data, wanted), wanted, [published], [])
        wanted = wanted if wanted in _ENCODERS else "image/png"
        if found and frames > 1 and wanted == original.mime:
            made, lost, frames = hidden.animation(image, _ENCODERS[wanted], max_pixels), [], 1
        else:
            image.seek(0)
            made, lost = _encoded(image, wanted, profile, smaller, clear=found)
    if hidden.is_deep(original.data):
        lost.append("more than 8 bits a channel")
    if frames > 1:
        lost.append(f"{frames - 1} frames: only the first is kept")
    done = [name for name, was in (("c2pa.resized", smaller), ("c2pa.color_adjustments", recoloured)) if was]
    if wanted != original.mime or not done:
        done.append("c2pa.transcoded")
    return _Bare(made, wanted, [*({"action": name} for name in done), published], lost, found)


def _encoded(image: Image.Image, mime: str, profile: Profile, smaller: bool, *, clear: bool) -> tuple[bytes, list[str]]:
    colours = image.info.get("icc_profile")
    lost = ["more than 8 bits a channel"] if image.mode.startswith("I") or image.mode == "F" else []
    upright = pixels.upright(image)
    if profile.colour == "srgb" and isinstance(colours, bytes):
        upright, colours = _in_srgb(upright, colours), None
    if smaller:
        scale = profile.size / max(upright.size)
        upright = upright.resize(
            (max(1, round(upright.width * scale)), max(1, round(upright.height * scale))), Image.Resampling.LANCZOS
        )
    if mime == "image/jpeg" and upright.mode == "RGBA":
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, (255, 255, 255, 255)), upright).convert("RGB")
        lost.append("transparency")
    if clear:
        upright = low_bits.cleared(upright)
    upright.info.clear()
    out = io.BytesIO()
    options: dict[str, Any] = {"compress_level": 6} if mime == "image/png" else {"quality": profile.quality}
    if mime == "image/jpeg":
        options["subsampling"] = 0
    upright.save(out, _ENCODERS[mime], icc_profile=colours if isinstance(colours, bytes) else None, **options)
    return out.getvalue(), lost


def _in_srgb(image: Image.Image, colours: bytes) -> Image.Image:
    """The same colours in sRGB; a profile that cannot be used is left out."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(colours))
        turned = ImageCms.profileToProfile(image.convert("RGB"), source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    if turned is None:
        return image
    if alpha is not None:
        turned.putalpha(alpha)
    return turned


def _worded(picture: bytes, mime: str, original: Original, profile: Profile, view: Mapping[str, Any], rules: Policy) -> bytes:
    """With the XMP, and with ComfyUI's graph and the parameters where the profile keeps them."""
    text = ""
    if profile.words and original.facts:
        text = redact.parameters_text(original.stated, original.facts, None, original.models)
    return embed.embed(
        picture, mime, embed.record_of(view) if profile.graph and profile.words else None, text, redact.packet(view, rules)
    )


def _sealed(
    settings: Settings,
    data: bytes,
    mime: str,
    original: Original,
    profile: Profile,
    actions: Sequence[manifest.Action],
    view: Mapping[str, Any],
    rules: Policy,
) -> Sealed:
    parent, redactions = _parent(settings, original, profile)
    ours = Disclosure.told(original.stated) is not None
    about = [*manifest.metadata(xmp.fields(view, rules)), manifest.statement_assertion(view)] if ours else []
    assertions = [*about, *manifest.training(rules)]
    states = SealOrigin.EXPORTED if ours else SealOrigin.BROUGHT
    thumbnail = previews.small_for_manifest(data, settings.max_pixels)
    plan = manifest.of_copy(
        parent,
        actions,
        assertions,
        states=states,
        carried=view.get("carried"),
        redactions=redactions,
        title=original.code,
        thumbnail=thumbnail,
    )
    return sign.seal(settings, data, mime, plan)


def _parent(settings: Settings, original: Original, profile: Profile) -> tuple[Ingredient, list[str]]:
    """The original as the parent, and what of its history is redacted. Without lineage it is a parent that says nothing."""
    found = read.read(settings, original.data, original.mime) if read.carries(original.data) else None
    if profile.lineage and found is not None:
        private = () if profile.words and profile.people and profile.work else names.PRIVATE
        return Ingredient("original", original.code, original.mime, original.data, "parentOf"), redactions_of(found, private)
    if original.mime not in strip.LOSSLESS and found is not None:  # its words cannot be taken out: it is named only
        return Ingredient(
            "original", original.code, "", b"", "parentOf", ident=str(original.stated.get("id") or original.code)
        ), []
    data = strip.bare(original.data, original.mime) if original.mime in strip.LOSSLESS else original.data
    small = b"" if not profile.lineage else previews.small_for_manifest(data, settings.max_pixels)
    return Ingredient("original", original.code, original.mime, data, "parentOf", small), []


def redactions_of(found: read.Credentials, private: Sequence[str]) -> list[str]:
    """The private assertions of every manifest of ours in a history. What others signed is theirs to take back."""
    return [
        f"self#jumbf=/c2pa/{step.label}/c2pa.assertions/{label}"
        for step in found.steps
        if names.STATEMENT in step.assertions
        for label in step.assertions
        if label.partition("__")[0] in private
    ]


def _not_carried(data: bytes, mime: str, _before: str) -> list[str]:
    """What this kind of file cannot hold."""
    carrier = carrier_of(mime)
    lost = [] if mime in names.SEALABLE else ["the seal: this kind of file takes none"]
    if carrier is None:
        return [*lost, "everything else that is known: `as:zip` puts it beside the file"]
    return lost


def sidecar(view: Mapping[str, Any], packet: str) -> tuple[bytes, bytes]:
    """(JSON, XMP) to lie beside a file that cannot carry them."""
    return json.dumps(view, indent=2, ensure_ascii=False, sort_keys=True).encode(), packet.encode()
