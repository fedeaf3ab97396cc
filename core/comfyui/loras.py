"""LoRAs that a graph names in no input of their own: as lists of objects, as tags in a text, by URL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from core.comfyui.model_use import ModelUse
from core.comfyui.tags import models_in, stem
from core.comfyui.trace import Node, Trace, number_in, remembered

_LISTS = ("loras", "lora_stack", "lora_data", "loras_json", "lora_config", "lora_list", "loras_data", "stack_data", "value")
_ACTIVE = ("active", "on", "enabled", "enable", "toggle", "is_active")
_NAMES = ("name", "lora", "lora_name", "file_name", "path", "file")
_WEIGHTS = ("strength", "strength_model", "model_strength", "strengthModel", "weight", "lora_weight", "value")
_CLIPS = ("clipStrength", "strength_clip", "clip_strength", "strengthClip", "strengthTwo", "clip_weight")
_MOST = 64
_TAGS_OFF = "DISABLE LORAS"
"""What rgthree's Power Prompt calls loading no tags."""
_URL = re.compile(r"https?://\S{1,2000}", re.IGNORECASE)
_CIVITAI = re.compile(r"civitai\.com/api/download/models/(\d{1,12})|civitai\.com/models/\d+\S*modelVersionId=(\d{1,12})")


def told(trace: Trace, node: Node) -> Iterator[ModelUse]:
    """The LoRAs that a node puts to work; those switched off, also where a tag still names them, are left out."""
    listed = [one for key, value in node.inputs.items() if isinstance(value, list | dict | str) for one in _objects(key, value)]
    off = {stem(name) for one, name in listed if not _is_on(one)}
    for one, name in listed:
        if _is_on(one):
            strength = next((number for key in _WEIGHTS if (number := number_in(_number(one.get(key)))) is not None), None)
            clip = next((number for key in _CLIPS if (number := number_in(_number(one.get(key)))) is not None), None)
            yield ModelUse("lora", "loras", name, strength, None if clip == strength else clip)
    known = {stem(name) for _, name in listed}
    if _reads_tags(node.kind) and node.inputs.get("insert_lora") != _TAGS_OFF:
        texts = [text for key in _text_inputs(trace, node) if "<" in (text := trace.text(node.inputs[key]))]
        yield from (use for use in models_in(*texts) if stem(use.name) not in known | off)
    if "lora" in node.low:
        yield from _from_url(trace, node)


def _objects(key: str, value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """(object, name) of each LoRA in an input that lists them, as JSON text too."""
    if not _lists(key):
        return
    if isinstance(value, dict) and "__value__" in value:
        value = value["__value__"]
    if isinstance(value, str) and value[:1] == "[" and len(value) < 200_000:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    for one in value[:_MOST] if isinstance(value, list) else ():
        if isinstance(one, dict):
            name = next((one[name] for name in _NAMES if isinstance(one.get(name), str) and one[name] not in ("", "None")), "")
            if name:
                yield one, name


@remembered
def _lists(key: str) -> bool:
    return key in _LISTS or "lora" in key.lower()


def _is_on(one: dict[str, Any]) -> bool:
    return all(one.get(key) not in (False, "false", "off", 0) for key in _ACTIVE if key in one)


def _number(value: object) -> object:
    """Strengths are numbers, also as text."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"-?\d{0,6}\.?\d{1,8}", value) else value


@remembered
def _reads_tags(kind: str) -> bool:
    """Whether nodes of a kind load the LoRAs that their text names: the core's text encoders do not."""
    return (
        re.search(r"lora|wildcard|schedule|promptcontrol|power prompt|pcencode|pclazy|pctext|easy |prompt.?loader", kind.lower())
        is not None
    )


def _text_inputs(trace: Trace, node: Node) -> list[str]:
    """The inputs that may bring tags; of a wildcard's text and what became of it, the latter."""
    keys = [key for key, value in node.inputs.items() if isinstance(value, str) or (trace.link(value) and _brings_tags(key))]
    return [key for key in keys if key != "wildcard_text"] if node.inputs.get("populated_text") else keys


@remembered
def _brings_tags(name: str) -> bool:
    return re.search(r"text|prompt|string|syntax|tags", name) is not None


def _from_url(trace: Trace, node: Node) -> Iterator[ModelUse]:
    for key in ("url", "lora_url", "lora_name", "download_url", "model_url", "link"):
        text = trace.word(node, key)
        if not _URL.match(text):
            continue
        known = _CIVITAI.search(text)
        name = f"civitai:{known[1] or known[2]}" if known else text.partition("?")[0].rstrip("/").rpartition("/")[2]
        strength, clip = trace.number(node, "strength_model", "strength", "lora_strength"), trace.number(node, "strength_clip")
        yield ModelUse("lora", "loras", name or text[:200], strength, None if clip == strength else clip)
