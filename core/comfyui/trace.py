"""Walks a ComfyUI API graph by its links: what a picture came through, and the value or text that really arrives at an input.

Every walk keeps count of where it was and how much it did, so a graph with circles, doublings or nonsense costs little and ends.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from core.comfyui import contexts, text_nodes
from core.comfyui.text_nodes import LONGEST_TEXT

Link = tuple[str, int]
"""(node id, output index)."""

_HOPS = 64
_WORK = 20_000
_COSTLY = 200
"""What reading JSON counts for."""
_STEPS = 200_000
"""Nodes visited in all walks over one graph; far more than any real one needs."""
_VALUES = ("value", "int", "float", "number", "Number", "seed", "noise_seed", "boolean", "string", "text", "val", "a")
_TEXT_KEY = re.compile(
    r"text(?!ure)|prompt|string|caption|lyrics|^tags$|^clip_[lg]$|t5xxl|bert|mt5xl|llama|qwen|wildcard|^(positive|negative)$"
)
_NO_TEXT_KEY = re.compile(
    r"system|encoder|embeds|delimiter|separator|style(?!d)|format|mode|type|find|replace|upsampling|enhance|normali|interpret|length|model|file|"
    r"option|magic|instruct|language|strategy|schedule$|timing|weight|strength|count|switch|enabled?$|persona|^select|template|preview"
)
_CHOOSES = ("select", "switch", "index", "boolean", "Input", "input")
"""What tells a switch which input to let through."""
_GLUE = ("delimiter", "separator", "joiner", "sep")
_SAVES = re.compile(r"save|combine|export|output|preview|upload|publish|imagecompare", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)")
"""What stands in brackets in a node's kind is the name of its pack."""
_SIDE_INPUT = re.compile(
    r"^(model|clip|vae|positive|negative|cond\w*|.*conditioning.*|.*control.?net.*|control\w*|mask|masks|noise|guider|sigmas|sampler|"
    r"clip_vision.*|style_model|text_embeds|prompt|text|.*ipadapter.*|.*upscale_model.*|lora\w*|seed|steps|cfg|width|height|hooks?|"
    r"basic_pipe|detailer_pipe|bbox_detector|sam_model_opt|segm_detector_opt|reference\w*|ref_\w*)$"
)


T = TypeVar("T")


def remembered(ask: Callable[[str], T]) -> Callable[[str], T]:
    """The same question about a name, remembering the answers: an archive uses the same few thousand names over and over."""
    known = lru_cache(4096)(ask)
    return lambda name: known(name) if len(name) <= 100 else ask(name)


@dataclass(frozen=True)
class Node:
    """One node of a graph."""

    id: str
    kind: str
    title: str
    inputs: Mapping[str, Any]

    def has(self, *names: str) -> bool:
        return any(map(self.inputs.__contains__, names))

    @cached_property
    def low(self) -> str:
        """Its kind in lower case."""
        return self.kind.lower()


class Trace:
    """A graph made ready for walking; whatever is not a node is left out."""

    def __init__(self, graph: Mapping[str, Any]) -> None:
        self.nodes = {key: node for key, raw in graph.items() if (node := _node(key, raw)) is not None}
        self._settle_contexts()
        for key, inputs in contexts.edited({one.id: (one.kind, one.inputs) for one in self.nodes.values()}, self.link).items():
            self.nodes[key] = Node(key, self.nodes[key].kind, self.nodes[key].title, inputs)
        self._work = self._steps = 0
        self._savers: list[Node] = []
        self._links: dict[str, list[tuple[str, Link]]] = {}
        self._walked: dict[tuple[bool, tuple[str, ...]], list[Node]] = {}

    def _settle_contexts(self) -> None:
        carriers = {node.id: (node.kind, node.inputs) for node in self.nodes.values() if contexts.is_context(node.kind)}
        if not carriers:
            return
        behind = contexts.settled(carriers, self.link)
        for node in list(self.nodes.values()):
            if node.id not in carriers:
                inputs = {name: behind(value) for name, value in node.inputs.items()}
                self.nodes[node.id] = Node(node.id, node.kind, node.title, inputs)

    def link(self, value: object) -> Link | None:
        """The value as a link to a node that is there, or None. Scripts write ids as numbers, and outputs as text."""
        if not isinstance(value, (list, tuple)) or not 2 <= len(value) <= 3:
            return None
        source, slot = value[0], value[1]
        if isinstance(source, int) and not isinstance(source, bool) and len(value) == 2:
            source = str(source)
        if isinstance(slot, str) and len(slot) < 4 and slot.isdecimal():
            slot = int(slot)
        if not isinstance(source, str) or source not in self.nodes or isinstance(slot, bool) or not isinstance(slot, int):
            return None
        return (source, slot) if len(value) == 2 or isinstance(value[2], str) else None

    def links(self, node: Node) -> list[tuple[str, Link]]:
        """(input name, link) of every input that counts: of a switch, the chosen one only."""
        if node.id in self._links:
            return self._links[node.id]
        linked = [(name, link) for name, value in node.inputs.items() if (link := self.link(value)) is not None]
        self._links[node.id] = linked
        chosen = self._chosen(node, linked) if "switch" in node.low or "selector" in node.low else ""
        self._links[node.id] = [(name, link) for name, link in linked if name == self._told(chosen, linked)] if chosen else linked
        return self._links[node.id]

    def _told(self, chosen: str, linked: list[tuple[str, Link]]) -> str:
        """The input a switch lets through; where that brings what a model writes, the one with what the model was told."""
        branches = [(name, self.at(link).kind) for name, link in linked if name not in _CHOOSES]
        plain = [name for name, kind in branches if not text_nodes.rewrites(kind)]
        return plain[0] if len(branches) == 2 and len(plain) == 1 and chosen not in plain else chosen

    def at(self, link: Link) -> Node:
        return self.nodes[link[0]]

    def outputs(self, node_id: str = "") -> list[Node]:
        """The nodes that make files: `node_id` if it is there, else those that save, else those nobody reads from, else all."""
        if node_id in self.nodes:
            return [self.nodes[node_id]]
        if not self._savers:
            self._savers = self._saving()
        return self._savers

    def _saving(self) -> list[Node]:
        read = {link[0] for node in self.nodes.values() for _, link in self.links(node)}
        saving = [node for node in self.nodes.values() if node.has("filename_prefix") or _SAVES.search(_ASIDE.sub("", node.kind))]
        saving = [node for node in saving if node.id not in read] or saving
        lasting = [node for node in saving if "preview" not in node.low]
        return lasting or saving or [node for node in self.nodes.values() if node.id not in read] or list(self.nodes.values())

    def upstream(self, starts: Iterable[Node], *, aside: bool = True) -> list[Node]:
        """The nodes that `starts` depend on and `starts` themselves, in the order they would run, each once.

        Without `aside`, only along the way of the picture itself.
        """
        first = list(starts)
        asked = (aside, tuple(node.id for node in first))
        if asked not in self._walked:
            self._walked[asked] = self._walk(first, aside)
        return self._walked[asked]

    def _walk(self, starts: list[Node], aside: bool) -> list[Node]:
        order: dict[str, Node] = {}
        opened: set[str] = set()
        stack = [(node, False) for node in reversed(starts)]
        while stack and self._steps < _STEPS:
            self._steps += 1
            node, finished = stack.pop()
            if finished:
                order[node.id] = node
            elif node.id not in opened:
                opened.add(node.id)
                stack.append((node, True))
                for name, link in reversed(self.links(node)):
                    if link[0] not in opened and (aside or not _is_aside(name)):
                        stack.append((self.nodes[link[0]], False))
        return list(order.values())

    def picture_path(self, starts: Iterable[Node]) -> list[Node]:
        """The nodes the picture itself went through, as pixels or latent: not its models, prompts, masks or guides."""
        return self.upstream(starts, aside=False)

    def value(self, node: Node, *names: str) -> Any:
        """What arrives at the first of these inputs that has a value, through primitives, reroutes and switches; or None."""
        for name in names:
            if name in node.inputs and (found := self._resolve(node.inputs[name], name)) is not None:
                return found
        return None

    def number(self, node: Node, *names: str) -> float | None:
        """What arrives there, if it is a finite number."""
        found = self.value(node, *names)
        if isinstance(found, str):
            try:
                found = float(found) if len(found) < 40 else None
            except ValueError:
                return None
        return number_in(found)

    def whole(self, node: Node, *names: str) -> int | None:
        """What arrives there, if it is a number, without its fraction."""
        found = self.number(node, *names)
        return None if found is None else int(found)

    def word(self, node: Node, *names: str) -> str:
        """What arrives there, if it is a short text."""
        found = self.value(node, *names)
        return found if isinstance(found, str) and len(found) <= 500 else ""

    def text_keys(self, node: Node) -> list[str]:
        """The inputs of a node that take prompt text, by name and by what arrives."""
        return [name for name, value in node.inputs.items() if _takes_text(name) and self._brings_text(name, value)]

    def _brings_text(self, name: str, value: object) -> bool:
        """Whether text may arrive: `positive` and `negative` are text on some nodes and conditioning on most."""
        link = self.link(value)
        if link is None or name not in ("positive", "negative"):
            return isinstance(value, str) or link is not None
        return not any(map(_is_guidance, self.at(link).inputs))

    def text(self, value: object, hops: int = _HOPS) -> str:
        """The text that arrives: literal, or put together by string nodes; empty if it is only known once it runs."""
        if isinstance(value, str):
            return value[:LONGEST_TEXT]
        link = self.link(value)
        self._work += 1
        if link is None or hops == 0 or self._work > _WORK:
            return ""
        return self._assembled(self.at(link), hops - 1, link[1])[:LONGEST_TEXT]

    def _assembled(self, node: Node, hops: int, slot: int = 0) -> str:
        if isinstance(ready := node.inputs.get("populated_text"), str) and ready.strip():
            return ready
        if text_nodes.writes(node.kind):
            return ""
        if node.has("index") and node.has("text_data_opt", "prompt_file"):
            return self._one_of_many(node, hops)
        if node.has("zipped_prompt"):
            return text_nodes.side(self.text(node.inputs["zipped_prompt"], hops), slot)
        if node.has("json_string") and node.has("key"):
            return str(self._looked_up(node, hops) or "")
        if node.has("regex_pattern") and node.has("group_index") and isinstance(node.inputs.get("string"), str):
            return ""  # one line of several that are written there: which one is known once it runs
        pattern = node.inputs.get("f_string")
        if isinstance(pattern, str):
            return self._formatted(node, pattern, hops)
        keys = self.text_keys(node) + [name for name in ("value", "choice") if node.has(name)]
        keys = [name for name in keys if not name.endswith("_0")] if node.has("text") else keys
        keys = self._of_slot(self._let_through(node, keys), slot)
        parts = self._parts((node.inputs[name] for name in keys), hops)
        if not parts:
            parts = self._parts((list(link) for _, link in self.links(node)), hops)
            parts = parts or [shown for shown in (node.inputs.get("text_0"),) if isinstance(shown, str)]
        if node.inputs.get("clean_whitespace") in ("true", True):
            parts = [clean for part in parts if (clean := part.strip())]
        joined = text_nodes.cleaned(self._glue(node).join(parts), node.kind, node.inputs)
        find, put = node.inputs.get("find"), node.inputs.get("replace")
        new = put if isinstance(put, str) else self.text(put, hops)
        return text_nodes.replaced(joined, find, new) if isinstance(find, str) and find and (new or new is put) else joined

    def _let_through(self, node: Node, keys: list[str]) -> list[str]:
        """Of the texts of a switch, the chosen one."""
        if "switch" not in node.low and "selector" not in node.low:
            return keys
        chosen = self._chosen(node, [(name, ("", 0)) for name in keys])
        return [chosen] if chosen in keys else keys

    def _one_of_many(self, node: Node, hops: int) -> str:
        """The entry that an index picks of many in one text; empty where they are in a file, or the index is only known later."""
        return text_nodes.entry(self.text(node.inputs.get("text_data_opt"), hops), self.whole(node, "index"))

    def _parts(self, values: Iterable[object], hops: int) -> list[str]:
        """The texts that arrive, those that are not empty, until they are as long as a text may be."""
        parts, left = list[str](), LONGEST_TEXT
        for value in values:
            if left <= 0:
                break
            if part := self.text(value, hops):
                parts.append(part)
                left -= len(part)
        return parts

    @staticmethod
    def _of_slot(keys: list[str], slot: int) -> list[str]:
        """Of a node with a text for each side (a styler), what its output number brings: those towards first, then those away."""
        against = [name for name in keys if "neg" in name]
        towards = [name for name in keys if "pos" in name or name in ("prompt", "text")]
        if not against or not towards:
            return keys
        return towards if slot < (1 if len(towards) == 1 else len(towards) + 1) else against

    def _looked_up(self, node: Node, hops: int) -> Any:
        """What stands under a key of the JSON that arrives, or None."""
        self._work += _COSTLY
        try:
            table = json.loads(self.text(node.inputs["json_string"], hops))
            return table.get(self.text(node.inputs["key"], hops)) if isinstance(table, dict) else None
        except (ValueError, RecursionError):
            return None

    def _formatted(self, node: Node, pattern: str, hops: int) -> str:
        for name, value in node.inputs.items():
            if name.startswith("values."):
                pattern = text_nodes.replaced(pattern, "{" + name.removeprefix("values.") + "}", self.text(value, hops))
        return pattern

    def _glue(self, node: Node) -> str:
        for name in _GLUE:
            if isinstance(glue := self.value(node, name), str):
                return glue.replace("\\n", "\n")
        return ", " if node.inputs.get("tidy_tags") == "yes" else " "

    def _resolve(self, value: object, wanted: str) -> Any:
        for _ in range(_HOPS):
            link = self.link(value)
            if link is None:
                return value.get("__value__") if isinstance(value, dict) else None if isinstance(value, list) else value
            node = self.at(link)
            linked = self.links(node)
            literal = [one for one in node.inputs.values() if isinstance(one, str | int | float)]
            named = next((name for name in (wanted, *_akin(node, wanted), *_VALUES) if name in node.inputs), None)
            if node.has("json_string") and node.has("key"):
                value = self._looked_up(node, _HOPS)
            elif named is not None:
                value = node.inputs[named]
            elif len(linked) == 1:
                value = list(linked[0][1])
            elif len(literal) == 1 and not linked:
                value = literal[0]
            else:
                return None
        return None

    def _chosen(self, node: Node, linked: list[tuple[str, Link]]) -> str:
        """The name of the input a switch lets through, or empty if that cannot be told."""
        names = [name for name, _ in linked]
        if re.search(r"any ?switch|first ?not|coalesce|fallback", node.low):
            return min(names, default="")
        told = next(
            (node.inputs[name] for name in _CHOOSES if name in node.inputs),
            None,
        )
        told = self._resolve(told, "value") if self.link(told) else told
        if isinstance(told, bool):
            return next((name for name in names if name in (("on_true", "true") if told else ("on_false", "false"))), "")
        if isinstance(told, int):
            return next((name for name in names if re.search(rf"(?<!\d){told}$", name)), "")
        return ""


def _akin(node: Node, wanted: str) -> list[str]:
    """Inputs of a node with several values whose names say the same as the one asked for: `sampler` for `sampler_name`."""
    return [
        name for name in node.inputs if len(name) > 2 and wanted != name and (wanted.startswith(name) or name.startswith(wanted))
    ]


@remembered
def _is_guidance(name: str) -> bool:
    return re.search(r"clip|cond|positive|negative|model|embeds", name) is not None


@remembered
def _takes_text(name: str) -> bool:
    last = name.rpartition(".")[2].lower()
    return _TEXT_KEY.search(last) is not None and _NO_TEXT_KEY.search(last) is None


@remembered
def _is_aside(name: str) -> bool:
    """Whether an input brings no picture but models, words, masks and guides."""
    return _SIDE_INPUT.match(name) is not None


def _node(key: object, raw: object) -> Node | None:
    if not isinstance(key, str) or not isinstance(raw, dict):
        return None
    kind, inputs, meta = raw.get("class_type"), raw.get("inputs") or {}, raw.get("_meta")
    if not isinstance(kind, str) or not isinstance(inputs, dict):
        return None
    title = meta.get("title", "") if isinstance(meta, dict) else ""
    return Node(key, kind, title if isinstance(title, str) else "", {str(name): _plain(value) for name, value in inputs.items()})


def _plain(value: Any) -> Any:
    """A value that a browser extension wrapped with its picture (`{"content": name, "image": …}`), as itself."""
    return value["content"] if isinstance(value, dict) and isinstance(value.get("content"), str) else value


def number_in(value: object) -> float | None:
    """The value if it is a finite number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
