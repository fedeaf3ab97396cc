"""Why a ComfyUI server refused a graph or failed at it, in words that are safe to show.

What ComfyUI answers holds file paths, tracebacks, whole prompts and tensor dumps. Only names that we sent ourselves, node and
input names, numbers of the server's own limits and the type of an exception are taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rapidfuzz import process

from core.comfyui.graph import Graph
from core.comfyui.loaders import WORDS, folder_of
from core.errors import GraphRefused, ModelMissing, NodeMissing, OutOfMemory, RenderFailed, SlateError

Models = Callable[[str], Sequence[str]]
"""Asks the server for the files in a model folder."""

_INPUT_WORDS = {
    "checkpoints": "model",
    "loras": "lora",
    "vae": "vae",
    "controlnet": "controlnet",
    "upscale_models": "upscaler",
}
"""Model folder -> the workflow input that people set to choose from it."""


class Complaint(NamedTuple):
    """One thing that is wrong with one input of one node."""

    node_id: str
    class_type: str
    type: str
    field: str
    config: Any
    received: Any


def refusal(answer: Any, graph: Graph, *, server: str, models: Models) -> SlateError:
    """The error behind the body of a 400 answer, or of a 200 answer with node_errors, to `POST /prompt`."""
    answer = _object(answer)
    complaints = list(_complaints(answer.get("node_errors"), graph))
    for one in complaints:
        if one.type == "value_not_in_list" and folder_of(one.class_type, one.field):
            return _model_missing(one, server, models)
    if complaints:
        return _graph_refused(complaints, server)
    return _whole_graph(_object(answer.get("error")), graph, server)


def _complaints(node_errors: Any, graph: Graph) -> Iterator[Complaint]:
    for node_id, entry in node_errors.items() if isinstance(node_errors, dict) else ():
        entry = _object(entry)
        class_type = entry.get("class_type") or graph.get(str(node_id), {}).get("class_type")
        for one in entry.get("errors") or ():
            if isinstance(one, dict):
                extra = _object(one.get("extra_info"))
                name, config = extra.get("input_name"), extra.get("input_config")
                received = extra.get("received_value")
                yield Complaint(str(node_id), word(class_type), word(one.get("type")), word(name), config, received)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _model_missing(one: Complaint, server: str, models: Models) -> ModelMissing:
    folder = folder_of(one.class_type, one.field)
    kind, name = WORDS.get(folder, "model file"), word(one.received)
    there = [str(option)[:_LONGEST_NAME] for option in _options(one.config)[:_MOST_NAMES]] or list(models(folder))[:_MOST_NAMES]
    facts = {"backend": server, "folder": folder, "name": name, "available": there, "node": one.node_id}
    if not there:
        return ModelMissing(f"{server} has no {kind} `{name}`, nor any other.", hint="Put the file on the server.", **facts)
    nearest = [option for option, _, _ in process.extract(name, there, limit=4)]
    listed = ", ".join(f"`{word(option)}`" for option in nearest) + (" and others" if len(there) > len(nearest) else "")
    hint = f"It has {listed}: add `{_INPUT_WORDS.get(folder, one.field)}:{word(nearest[0])}`."
    return ModelMissing(f"{server} has no {kind} `{name}`.", hint=hint, **facts)


def _options(config: Any) -> list[Any]:
    """The choices in an input's config: `[[…], {…}]`, or `["COMBO", {"options": […]}]`."""
    if not isinstance(config, list) or not config:
        return []
    if isinstance(config[0], list):
        return config[0]
    more = _object(config[1]) if len(config) > 1 else {}
    return more["options"] if isinstance(more.get("options"), list) else []


_MOST_NAMES, _LONGEST_NAME = 5_000, 300
_SAYINGS = {
    "required_input_missing": "{field} is missing",
    "value_not_in_list": "{field} cannot be `{received}`",
    "invalid_input_type": "{field} has the wrong type",
    "value_smaller_than_min": "{field} is smaller than {min}",
    "value_bigger_than_max": "{field} is larger than {max}",
    "bad_linked_input": "{field} is linked badly",
    "return_type_mismatch": "{field} is linked to something of another type",
    "custom_validation_failed": "{field} cannot be used",
    "dependency_cycle": "it runs in a circle",
    "exception_during_validation": "it is linked to something that is not there",
    "exception_during_inner_validation": "something it is linked to is broken",
}


def _graph_refused(complaints: list[Complaint], server: str) -> GraphRefused:
    said = [f"{one.class_type or 'a node'}: {_saying(one)}" for one in complaints[:3]]
    more = f" (and {len(complaints) - 3} more)" if len(complaints) > 3 else ""
    picture = any(one.type == "custom_validation_failed" and one.field == "image" for one in complaints)
    hint = (
        "The input picture did not reach the server; ask again." if picture else "Change the input, or choose another workflow."
    )
    where = [{"node": one.node_id, "input": one.field, "type": one.type} for one in complaints[:20]]
    return GraphRefused(f"{server} refused the workflow: {'; '.join(said)}{more}.", hint=hint, backend=server, complaints=where)


def _saying(one: Complaint) -> str:
    more = _object(one.config[1]) if isinstance(one.config, list) and len(one.config) > 1 else {}
    limits = {name: more.get(name) if isinstance(more.get(name), int | float) else "allowed" for name in ("min", "max")}
    field = one.field or "an input"
    return _SAYINGS.get(one.type, "{field} was not accepted").format(field=field, received=word(one.received), **limits)


def _whole_graph(error: dict[str, Any], graph: Graph, server: str) -> GraphRefused:
    kind = word(error.get("type"))
    missing = word(_object(error.get("extra_info")).get("class_type")) or _named_node(error.get("message"), graph)
    if kind == "missing_node_type" or (kind == "invalid_prompt" and missing):
        hint = f"Install the node on {server}, or choose another workflow."
        return NodeMissing(f"{server} does not have the node `{missing}`.", hint=hint, backend=server, node_type=missing)
    if kind == "prompt_no_outputs":
        hint = "The workflow needs a node that saves its result."
        return GraphRefused(f"{server} refused the workflow: it makes no file.", hint=hint, backend=server, type=kind)
    hint = "Choose another workflow, or look at the server's log."
    return GraphRefused(f"{server} refused the workflow.", hint=hint, backend=server, type=kind)


def _named_node(message: Any, graph: Graph) -> str:
    """The class of ours that older servers name in a sentence."""
    classes = {str(node.get("class_type")) for node in graph.values()}
    named = [one for one in classes if isinstance(message, str) and one in message[:2000]]
    return word(max(named, key=len, default=""))


_CAUSES = (
    (
        r"shapes? cannot be multiplied|size mismatch|size of tensor",
        "The models may be of different families; choose ones that fit.",
    ),
    (r"FileNotFoundError|No such file", "A file that the workflow reads is not on the server any more; ask again."),
    (r"InvalidDataError|UnidentifiedImage|cannot identify image", "An input picture could not be read; try another one."),
    (
        r"safetensors|InvalidHeader|HeaderTooLarge|Could not detect model type",
        "A model file on the server seems damaged or unknown.",
    ),
)


def failure(message: dict[str, Any], *, server: str) -> RenderFailed:
    """The error behind an `execution_error` message."""
    kind, text = word(message.get("exception_type")), str(message.get("exception_message"))
    node, node_id = word(message.get("node_type")), word(message.get("node_id"))
    facts = {"backend": server, "node": node_id, "node_type": node, "exception": kind}
    if "OutOfMemory" in kind or "out of memory" in text[:20_000].lower() or text.startswith("Allocation on device"):
        at = f" in {node}" if node else ""
        hint = "Ask for a smaller picture or fewer at a time, or try again when the server is quieter."
        return OutOfMemory(f"{server} ran out of memory{at}.", hint=hint, **facts)
    causes = [hint for pattern, hint in _CAUSES if re.search(pattern, f"{kind} {text[:2000]}", re.IGNORECASE)]
    hint = causes[0] if causes else f"Try again with other settings; the log of {server} tells more."
    name = f" ({kind.rpartition('.')[2]})" if kind else ""
    return RenderFailed(f"{node or 'A node'} failed on {server}{name}.", hint=hint, **facts)


def word(value: Any) -> str:
    """A name fit to be shown: one line, no control characters or backticks, at most 80 characters; not-a-name is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = "".join(letter for letter in str(value)[:300] if letter.isprintable() and letter != "`").strip()
    return text if len(text) <= 80 else f"{text[:79]}…"
