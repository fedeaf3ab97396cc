"""What nodes that handle text do with it: choose one of many, split it, replace in it, or have a model write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

LONGEST_TEXT = 100_000
_WRITES = re.compile(
    r"ollama|openai.*chat|chatgpt|gpt.*chat|chat.*(node|api|completion)|gemininode|claude|anthropic|groq|deepseek.*(api|chat)|"
    r"llm.*(chat|api|party)|joycaption|searge_llm"
)
"""Nodes that have a model write a text when the graph runs: what they are told is no prompt."""


def writes(kind: str) -> bool:
    """Whether nodes of a kind have a model write text when the graph runs.

    >>> writes("OllamaGenerateV2"), writes("OpenAIChatNode"), writes("CLIPTextEncode"), writes("GeminiImageNode")
    (True, True, False, False)
    """
    return _writes(kind[:100])


@lru_cache(4096)
def _writes(kind: str) -> bool:
    return _WRITES.search(kind.lower()) is not None


def rewrites(kind: str) -> bool:
    """Whether nodes of a kind have a model write, from a prompt, a longer one."""
    return writes(kind) or kind.startswith("TextGenerate")


def entry(many: str, at: int | None) -> str:
    """The entry that an index picks of many in one text; empty where they are in a file, or the index is only known later.

    >>> entry("a cat\\n---\\na dog", 1)
    'a dog'
    """
    entries = [one.strip() for one in re.split(r"^-{3,}[ \t]*$", many, flags=re.MULTILINE) if one.strip()]
    return entries[at % len(entries)] if entries and at is not None else ""


def side(text: str, slot: int) -> str:
    """One side of a text with `positive:` and `negative:` in it.

    >>> side("positive: a cat\\nnegative: fog", 1)
    'fog'
    """
    parts = re.split(r"^[ \t]*(positive|negative)[ \t]*:", text, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2], strict=False))
    return told.get("negative" if slot == 1 else "positive", "").strip() if told else text if slot == 0 else ""


def cleaned(text: str, kind: str, inputs: Mapping[str, object]) -> str:
    """The text as a node that trims it, or tidies a list of tags, leaves it.

    >>> cleaned(" a quay ", "StringTrim", {"mode": "Left"}), cleaned("fog,  quay ,, sea", "StringFunction", {"tidy_tags": "yes"})
    ('a quay ', 'fog, quay, sea')
    """
    if "trim" in kind.lower() or "strip" in kind.lower():
        mode = str(inputs.get("mode", "")).lower()
        return text.lstrip() if mode == "left" else text.rstrip() if mode == "right" else text.strip()
    if inputs.get("tidy_tags") in ("yes", True):
        text = re.sub(r",(?:[ \t]*,)+", ",", re.sub(r"[ \t]+(?=[ \t,])", "", text))
    return text


def replaced(text: str, find: str, put: str) -> str:
    """The text with every `find` replaced; only as many of them as a text may become long, for a few may make gigabytes."""
    room = LONGEST_TEXT - len(text)
    gain = len(put) - len(find)
    most = -1 if gain <= 0 else max(0, room // gain)
    return text.replace(find, put, most)[:LONGEST_TEXT] if most else text
