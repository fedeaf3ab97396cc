"""The dictionary behind plain questions: what is asked for, and which little words carry no meaning of their own."""

from __future__ import annotations

import re
from enum import StrEnum

PICTURES = (
    r"(?:shots?|images?|pictures?|pics?|renders?|renderings?|assets?|files?|versions?|ones?|takes?|results?|outputs?|things?)"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Want(StrEnum):
    """The fact a question asks for; PICTURES is none, just show them."""

    PICTURES = "pictures"
    WHO = "who"
    WHEN = "when"
    MODEL = "model"
    LORA = "lora"
    SEED = "seed"
    PROMPT = "prompt"
    NEGATIVE = "negative prompt"
    SETTINGS = "settings"
    WORKFLOW = "workflow"
    CLIENT = "client"
    PROJECT = "project"
    SHOT = "shot"
    STATUS = "status"
    JUDGE = "judge"
    TECHNIQUE = "technique"
    HOW_MANY = "how many"
    RESULTS = "what came from it"
    SOURCES = "what it came from"


NOUNS = {
    "negative prompt": Want.NEGATIVE, "prompt": Want.PROMPT, "seed": Want.SEED, "model": Want.MODEL, "model file": Want.MODEL,
    "checkpoint": Want.MODEL, "lora": Want.LORA, "workflow": Want.WORKFLOW, "recipe": Want.WORKFLOW, "settings": Want.SETTINGS,
    "sampler": Want.SETTINGS, "client": Want.CLIENT, "customer": Want.CLIENT, "project": Want.PROJECT, "status": Want.STATUS,
    "verdict": Want.STATUS, "shot": Want.SHOT, "technique": Want.TECHNIQUE,
}  # fmt: skip
_NOUN = "(?P<noun>" + "|".join(sorted(NOUNS, key=len, reverse=True)) + ")s?"
_ASIDE = (
    r"(?:(?:and|so|ok|okay|hey|hi|please|i want to know|(?:can|could|would|will) you(?: please)?|do (?:you|we) know"
    r"|tell me|remind me|does (?:anyone|anybody) know|any idea) )*"
)
_ARTICLES = r"(?: the| its| exact)*"
_GET = r"(?:show|give|get|send|copy)"
_SAY_WHICH = rf"(?:(?:with|by|in|from|on|under|using|for) )?(?:what|which)(?: is| are| was| were)?{_ARTICLES}"

WANTS: tuple[tuple[re.Pattern[str], Want | None], ...] = tuple(
    (re.compile(pattern), want)
    for pattern, want in (
        (rf"^{_ASIDE}(?:how many|how much|(?:the )?number of|count(?: of)?(?: all)?)\b", Want.HOW_MANY),
        (rf"^{_ASIDE}(?:for (?:whom|which client|what client)|whom? (?:is|was|are|were|did)(?= .*\bfor$))\b", Want.CLIENT),
        (rf"^{_ASIDE}who(?: has| had| have)? (?P<verdict>approved|rejected)\b", Want.JUDGE),
        (rf"^{_ASIDE}what(?: all)? (?:came|comes|has come|was made|were made|is made|was rendered) from\b", Want.RESULTS),
        (rf"^{_ASIDE}what (?:did|has|have|will|does)(?= .*\b(?:become|turn into|lead to)$)\b", Want.RESULTS),
        (rf"^{_ASIDE}what (?:was|were|is|are)(?= .*\b(?:made|rendered|based|derived|built) (?:from|of|on)$)\b", Want.SOURCES),
        (rf"^{_ASIDE}(?:where|what) (?:does|did|do)(?= .*\b(?:come|came|originate) from$)\b", Want.SOURCES),
        (rf"^{_ASIDE}(?:what|which \w+) (?:went|goes|go) into\b", Want.SOURCES),
        (rf"^{_ASIDE}(?:who|whose|by whom)\b", Want.WHO),
        (rf"^{_ASIDE}(?:when|how long ago|(?:what|which) (?:date|day|time))\b", Want.WHEN),
        (rf"^{_ASIDE}{_SAY_WHICH} {_NOUN}\b", None),
        (rf"^{_ASIDE}{_GET}?(?: me| us)?(?: ?the| its| exact)* ?{_NOUN} (?:used |values? )*(?:of|for|behind|in)\b", None),
        (rf"^{_ASIDE}{_GET}(?: me| us)?{_ARTICLES} (?P<noun>negative prompt|prompt|seed|settings)s?$", None),
        (r"^(?:is|was|are|were|has|have)(?= .*\b(?:approved|rejected|ok|okay)$)\b", Want.STATUS),
    )
)
"""Tried in order; None takes its meaning from the noun."""

STARTERS = _words(
    """
    who whose whom what which when where how show find list give get search display any is are was were did do does has have can
    could please tell latest newest last recent oldest first my the all everything anything
    """
)
"""A text that begins with one of these is a question, and its little words are not searched for."""

FILLERS = _words(
    """
    a an the of for by with in on at to from and or me us we our ours i my mine you your he she they them it its this that these
    those is are was were be been being did do does done has have had can could should would will please any all some every each
    made make makes making created create creates generated generate generates rendered rendering produced produce used use using
    uses there here what which who whom whose when where why how show showing find list give get search display about ever again
    team so also just now tell know look looking see got want wanted need everything anything something everyone anyone somebody
    anybody stuff work works ok exact up back out ago not s t came come belong belongs during since client project else still
    first last become became becomes turn turned into lead led based derived went goes go originate behind under
    """
)

JOINTS = frozenset(["a", "an", "the", "of", "at", "in", "on", "and", "with", "for", "to", "by", "from"])
"""Not looked for anywhere, unless there is nothing else."""
PICTURES_THAT = re.compile(
    r"\b(?:shots|images|pictures|pics|renders|renderings|assets|files|takes|videos|clips)"
    r" (?:that|which|we|by|for|from|made|tagged|approved|rejected|since|before|after|without|not|in|on|with)\b"
)
MANY_PICTURES = frozenset(["shots", "images", "pictures", "pics", "renders", "renderings", "assets", "files", "takes"])

LATEST = re.compile(r"\b(?:the )?(?:latest|newest|most recent|last|recent)\b")
OLDEST = re.compile(r"\b(?:the )?(?:oldest|earliest|very first|first)\b")
UNDECIDED = re.compile(
    r"\b(?:not yet (?:approved|judged|decided)|undecided|unjudged|unreviewed|pending|(?:waiting|awaiting)(?: for)? approval)\b"
)
NOT_VERDICT = re.compile(
    r"\bunapproved\b"
    r"|\b(?:not|except|excluding|without|isn't|aren't|wasn't|weren't) (?:for )?(?:the )?(?P<verdict>approved|rejected)\b"
)
JUDGED_BY = re.compile(r"\b(?P<verdict>approved|rejected) by\b")
VERDICT = re.compile(r"\b(?P<verdict>approved|rejected|needs work|need work)\b")
ABOUT_ME = re.compile(
    r"\b(?:(?:made|done|rendered) )?by me\b|\b(?:did|have|had) i\b|\bi (?:made|did|rendered|created|generated)\b|\b(?:my|mine)\b"
)
ASKS_FOR_ME = re.compile(r"^(?:please )?(?:show|give|find|get|tell|send)(?: to)? (?:me|us)\b")
HERE = re.compile(r"\b(?:in |for |from )?(?:this|the current|our) (?:project|channel)\b|\bhere\b")
SEED = re.compile(r"\bseed (?:is |of |number )?(?P<seed>\d{1,20})\b")

_TECHNIQUE_WORDS = {
    "depth": "depth", "depth map": "depth", "canny": "canny", "edges": "canny", "edge": "canny", "pose": "pose",
    "openpose": "pose",
    "lineart": "lineart", "line art": "lineart", "normal map": "normal", "normal": "normal", "segmentation": "seg", "seg": "seg",
    "tile": "tile", "tiled": "tile", "img2img": "img2img", "image to image": "img2img", "image-to-image": "img2img",
    "inpaint": "inpaint", "inpainted": "inpaint", "inpainting": "inpaint", "outpaint": "outpaint", "outpainted": "outpaint",
    "outpainting": "outpaint", "upscale": "upscale", "upscaled": "upscale", "upscaling": "upscale", "hires": "hires",
    "hires fix": "hires", "hi-res": "hires", "ip-adapter": "ip-adapter", "ip adapter": "ip-adapter", "ipadapter": "ip-adapter",
    "face": "face", "lora": "lora", "controlnet": "controlnet", "control net": "controlnet", "animatediff": "animation",
}  # fmt: skip
_SURE = (
    "canny", "openpose", "lineart", "img2img", "image to image", "image-to-image", "inpaint", "inpainted", "inpainting",
    "outpaint",
    "outpainted", "outpainting", "upscale", "upscaled", "upscaling", "hires fix", "ip-adapter", "ip adapter", "ipadapter",
    "controlnet", "control net", "depth map", "line art", "animatediff",
)  # fmt: skip


def _either(words: tuple[str, ...] | list[str]) -> str:
    return "(?P<technique>" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")s?"


_ANY = _either(list(_TECHNIQUE_WORDS))
_ALONE = r"(?<![\w-])"
_SUFFIX = "(?: pass| guided| guidance| based| controlnet| control)?"
TECHNIQUE = (
    re.compile(rf"{_ALONE}{_ANY}{_SUFFIX}(?= (?:\S+ )?{PICTURES}(?: |$))"),
    re.compile(rf"\b(?:with|using|via|through|technique|by) (?:a |an |the )?{_ANY}(?= |$)(?! of field){_SUFFIX}"),
)
"""A technique's word counts right before a picture, or after `with` and its like."""
SURE_TECHNIQUE = re.compile(rf"{_ALONE}{_either(list(_SURE))}\b")
UPLOADED = re.compile(r"\bupload(?:s|ed)?\b")
KINDS = (
    (re.compile(r"\b(?:videos?|clips?|films?|movies?)\b"), ("video", "animation")),
    (re.compile(r"\b(?:animations?|gifs?)\b"), ("animation", "video")),
    (re.compile(r"\b(?:sounds?|audio|music)\b"), ("audio",)),
    (re.compile(r"\b(?:mesh|meshes|3d models?)\b"), ("3d",)),
)


def technique(word: str) -> str:
    """What a technique's word stands for."""
    return _TECHNIQUE_WORDS.get(word) or _TECHNIQUE_WORDS[word.removesuffix("s")]
