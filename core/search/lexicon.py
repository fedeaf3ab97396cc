"""The dictionary behind plain questions: what is asked for, and which little words carry no meaning of their own."""

from __future__ import annotations

import re
from enum import StrEnum

PICTURES = (
    r"(?:shots?|images?|pictures?|pics?|renders?|renderings?|assets?|files?|versions?|ones?|takes?|results?|"
    r"outputs?|things?|stuff"
    r"|stills?|photos?|passes|pass|work|frames?|videos?|clips?)"
)


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for lists that read as one."""
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
    LIST = "which"
    """Which people, clients, models … there are: the frame's unit says of what."""
    JUDGED = "when judged"
    EXPORTED = "when exported"
    EXPORTER = "who exported"
    TAGGER = "who tagged"
    PROFILE = "export profile"
    RECIPIENT = "sent to"
    SIZE = "size"
    LENGTH = "length"
    TOOK = "render time"
    SERVER = "server"
    TAGS = "tags"
    NOTE = "note"
    FILE = "file"
    FRAMES = "frames"
    SHARE = "share"
    """How many of the pictures are so, in percent."""


NOUNS = {
    "negative prompt": Want.NEGATIVE, "prompt": Want.PROMPT, "seed": Want.SEED, "model": Want.MODEL, "model file": Want.MODEL,
    "checkpoint": Want.MODEL, "lora": Want.LORA, "workflow": Want.WORKFLOW, "recipe": Want.WORKFLOW, "settings": Want.SETTINGS,
    "sampler": Want.SETTINGS, "client": Want.CLIENT, "customer": Want.CLIENT, "project": Want.PROJECT, "status": Want.STATUS,
    "verdict": Want.STATUS, "shot": Want.SHOT, "technique": Want.TECHNIQUE,
}  # fmt: skip
STARTERS = word_set(
    """
    whats what's anything anyone name names list count # number top any
    who whose whom what which when where how show find list give get search display any is are was were did do does has have can
    could please tell latest newest last recent oldest first my the all everything anything
    """
)
"""A text that begins with one of these is a question, and its little words are not searched for."""

JOINTS = frozenset(["a", "an", "the", "of", "at", "in", "on", "and", "with", "for", "to", "by", "from"])
"""Not looked for anywhere, unless there is nothing else."""
PICTURES_THAT = re.compile(
    r"\b(?:shots|images|pictures|pics|renders|renderings|assets|files|takes|videos|clips)"
    r" (?:that|which|we|by|for|from|made|tagged|approved|rejected|since|before|after|without|not|in|on|with)\b"
)
MANY_PICTURES = frozenset(["shots", "images", "pictures", "pics", "renders", "renderings", "assets", "files", "takes"])

ABOUT_ME = re.compile(
    r"\b(?:(?:made|done|rendered) )?by me\b|\b(?:am|are) i\b|\bi\b(?! (?:think|mean|guess|need|want|was wondering|"
    r"see|get|have to|would|suppose|hope|know|am looking|am trying))|\b(?:did|have|had) i\b|\bi (?:made|did|"
    r"rendered|created|generated)\b|\b(?:my|mine)\b|\bme (?:vs|versus|or|and)\b|\b(?:or|than) me\b|\b(?:vs|versus) me\b"
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
ASKED_TECHNIQUE = re.compile(rf"{_ALONE}(?P<technique>depth|pose|depth map)(?: ones?)?(?= (?:for|in|on|at|from|by)\b|$)")
"""In a question, what is asked about: who did the depth for Acme."""
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
