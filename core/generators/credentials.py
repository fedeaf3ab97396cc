"""Services that say who they are only in their Content Credentials or XMP credit: DALL-E, Firefly, Imagen and others.

What stands there is a claim; whether it is signed, and by whom, core/provenance/seal tells.
"""

from __future__ import annotations

import re

from core.comfyui.facts import Facts
from core.formats.claims import KEY
from core.generators.texts import TextFields

_PROGRAMS: tuple[tuple[str, str], ...] = (
    (r"adobe[_ ]firefly|firefly", "Adobe Firefly"),
    (r"dall[·.\-· ]?e", "DALL-E"),
    (r"chatgpt|gpt-4o|gpt-image|openai", "OpenAI"),
    (r"imagen|gemini|made with google ai|google c2pa|edited with google ai|nano banana", "Google Imagen"),
    (r"microsoft[_ ]responsible[_ ]ai|bing image creator|microsoft designer|image creator from", "Microsoft Designer"),
    (r"midjourney", "Midjourney"),
    (r"ideogram", "Ideogram"),
    (r"stability ?ai|stable image", "Stability AI"),
    (r"leonardo\.?ai", "Leonardo AI"),
    (r"black forest labs|\bbfl\b", "Black Forest Labs"),
    (r"recraft", "Recraft"),
    (r"runway", "Runway"),
    (r"\bsora\b", "Sora"),
    (r"canva", "Canva"),
    (r"\bkrea\b", "Krea"),
)
_NAMED_IN = (
    "software",
    "creatortool",
    "credit",
    "aisystemused",
    "source",
    "description",
    "imagedescription",
    "title",
    "creator",
    "comment",
)
_GENERATED = re.compile(r"trainedalgorithmicmedia", re.IGNORECASE)


def read(words: TextFields) -> Facts | None:
    """The program, or None.

    >>> from core.generators.texts import TextFields
    >>> said = "claim_generator: Adobe_Firefly\\ndigitalSourceType: trainedAlgorithmicMedia"
    >>> read(TextFields.of(**{"Content Credentials": said})).generator
    'Adobe Firefly'
    """
    stores = list(words.named(KEY))
    for one in stores:
        one.take()
    said = "\n".join(one.text for one in stores)
    generated = bool(_GENERATED.search(said) or _GENERATED.search(words.text("DigitalSourceType")))
    if stores and generated and (name := _program(said)):
        return Facts(generator=name)
    named = "\n".join(one.text[:300] for one in words.named(*_NAMED_IN) if one.value is None)
    if (name := _program(named)) and (generated or re.search("made with google ai|image creator from", named, re.IGNORECASE)):
        return Facts(generator=name, prompt=words.text("AIPromptInformation"))
    system = words.text("AISystemUsed")
    if system and words.text("AIPromptInformation"):
        return Facts(generator=system[:60], prompt=words.text("AIPromptInformation"))
    return None


def _program(text: str) -> str:
    return next((name for pattern, name in _PROGRAMS if re.search(pattern, text, re.IGNORECASE)), "")
