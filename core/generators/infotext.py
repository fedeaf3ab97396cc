"""Finds prompt, negative prompt and settings in texts as the A1111 web UI writes them, and everybody after it, in many spellings.

    a lighthouse at dusk
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 42, Size: 512x768, Model: sd15

The settings may stand on several lines, behind the prompt on its line, or before other lines; the text may have no prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.generators.pairs import pairs

LONGEST = 400_000
_KNOWN = (
    "steps|sampler|scheduler|schedule type|cfg scale|cfg|guidance scale|guidance|distilled cfg scale|seed|size|model|model hash|"
    "base model|vae|vae hash|denoising strength|strength|clip skip|ensd|hires upscale|hires steps|hires upscaler|hires resize|"
    "lora hashes|ti hashes|hashes|refiner|version|variation seed|mask blur|face restoration|app|backend|styles|performance|"
    "resolution|sharpness|batch size|pipeline|parser|operations|latent sampler|civitai resources|created date|first stage size|"
    "hires fix"
)
_START = re.compile(rf"(?:{_KNOWN})[ \t]*:(?=\s|-?\d|\"|$)", re.IGNORECASE)
_ANY = re.compile(rf"(?:^|[,\n.\s])({_KNOWN})[ \t]*:", re.IGNORECASE)
_GLUED = re.compile(r"(?<![A-Za-z])Steps:[ \t]*(?:\d|Unknown)", re.IGNORECASE)
_NEGATIVE_LINE = re.compile(r"^[ \t]*Negative prompt[ \t]*:[ \t]?", re.IGNORECASE | re.MULTILINE)
_NEGATIVE_BEHIND = re.compile(r"(?<=[\s,.;])Negative prompt:[ \t]?", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:positive prompt|prompt)[ \t]*:[ \t]*", re.IGNORECASE)
_NUMBERED = re.compile(r"\b(?:steps|seed)[ \t]*:[ \t]*(?:-?\d|unknown|none)", re.IGNORECASE)
"""Without a number behind one of them, a text with such words is prose."""
_PAIRED = re.compile(r"(?:^|,[ \t]?)[A-Za-z][\w /]{0,30}: ")
_TEMPLATES = re.compile(r"^[ \t]*(?:negative )?template[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ENOUGH = 3
"""Known settings that make a line one of settings; two are enough below a prompt."""
_MOST_GLUED = 8


@dataclass(frozen=True)
class Infotext:
    """A text taken apart; `settings` are by key in small letters, the first of each that says something."""

    prompt: str
    negative: str
    settings: Mapping[str, str]


def parse(text: str) -> Infotext | None:
    """The parts of such a text, or None if it is something else.

    >>> parse("a bay, Steps: two\\nNegative prompt: haze\\nSteps: 20, Seed: 4, Sampler: Euler a").negative
    'haze'
    >>> parse("a bay. Negative prompt: haze Steps: 20, Seed: 4, CFG scale: 7").prompt
    'a bay.'
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text[:LONGEST].strip()
    start = _settings_start(text)
    if start is None:
        return None
    settings: dict[str, str] = {}
    for key, value in pairs(_with_commas(text[start:])):
        key = key.casefold()
        if value and not settings.get(key):
            settings[key] = value
    if _is_caption(settings):
        return None
    prompt, negative = _parted(text[:start].rstrip())
    return Infotext(prompt, negative, settings)


def _is_caption(settings: Mapping[str, str]) -> bool:
    """Whether these only look like settings: `Steps: 212, Size: small` of a tower. Neither a size in pixels nor a seed is told.

    >>> parse("A lighthouse. Steps: 212, Height: 38 m, Size: small, Model: cast iron") is None
    True
    """
    size, seed = settings.get("size", ""), settings.get("seed", "")
    return bool(size) and not any(one.isdecimal() for one in size + seed)


def _with_commas(settings: str) -> str:
    """Settings that are divided by ` | `, as SD.Next wrote them for a while, divided by commas."""
    divided = settings.count(" | ")
    return settings.replace(" | ", ", ") if divided >= 2 and settings.count(", ") < divided else settings


def _parted(above: str) -> tuple[str, str]:
    """(prompt, negative prompt) of what stands before the settings."""
    cut = _NEGATIVE_LINE.search(above) or _last(_NEGATIVE_BEHIND, above)
    if cut is None:
        return _LABEL.sub("", _TEMPLATES.split(above, maxsplit=1)[0]).strip(), ""
    return _LABEL.sub("", above[: cut.start()]).strip(), _TEMPLATES.split(above[cut.end() :], maxsplit=1)[0].strip()


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007  (the last one is wanted)
        pass
    return found


def _settings_start(text: str) -> int | None:
    """Where the settings begin: at the line, or run of lines, that names most of the known ones."""
    best, where = 0, None
    for at, end in _candidates(text):
        known = {found.casefold() for found in _ANY.findall(text, at, end)}
        if (first := _START.match(text, at, end)) is not None:
            known.add(first[0].rstrip(": \t\n").casefold())
        last = end == len(text) and _GLUED.match(text, at) is not None and "," in text[at : at + 200]
        enough = len(known) >= _ENOUGH or ((len(known) == 2 or last) and at > 0)
        enough = enough and _NUMBERED.search(text, at, end) is not None
        if enough and len(known) >= best:
            best, where = len(known), at
    return where


def _candidates(text: str) -> list[tuple[int, int]]:
    """(start, end) of what may be settings: runs of lines that begin with a known setting, and `Steps: 20` within a line."""
    found, at, run = list[tuple[int, int]](), 0, -1
    for line in text.split("\n"):
        end = at + len(line)
        begins = at + len(line) - len(line.lstrip())
        if _START.match(text, begins, end) and not _full(text, run, at):
            run = begins if run < 0 else run
        elif _START.match(text, begins, end):
            found.append((run, at - 1))
            run = begins
        else:
            if run >= 0:
                found.append((run, at - 1))
            run = -1
            found += [(one.start(), end) for one in list(_GLUED.finditer(text, at, end))[-_MOST_GLUED:]]
        at = end + 1
    if run >= 0:
        found.append((run, len(text)))
    return found


def _full(text: str, run: int, at: int) -> bool:
    """Whether the run so far is one line that is no settings, before one that is: a prompt that ends with `Model: tall`."""
    if run < 0:
        return False
    first = text[run : min(at, run + 2_000)]
    follows = text[at : at + 400].lstrip()
    return (
        len(_ANY.findall(first)) < 2
        and len(_PAIRED.findall(first)) < 2
        and follows[:6].casefold() == "steps:"
        and len(_ANY.findall(follows)) >= _ENOUGH
    )
