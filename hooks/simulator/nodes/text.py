"""Words and numbers."""

from __future__ import annotations

from typing import Any

from hooks.simulator.nodes.kinds import NodeResult, NodeType, Work, choice, link, real, text, whole
from hooks.simulator.nodes.names import numbered

_FAR = 2**63 - 1


def _same(work: Work, value: object) -> NodeResult:
    return NodeResult((value,))


def _show(work: Work, source: Any) -> NodeResult:
    said = source if isinstance(source, str) else str(source)
    return NodeResult((said,), {"text": [said]})


def _save(work: Work, text: str, filename_prefix: str, format: str) -> NodeResult:
    place = numbered(work.folders, "output", filename_prefix)
    name = f"{place.stem}_{place.counter:05}.{format}"
    (place.folder / name).write_text(text, encoding="utf-8")
    return NodeResult((text,), {"text": [text], "files": [{"filename": name, "subfolder": place.subfolder, "type": "output"}]})


_PRIMITIVE = "comfy_extras.nodes_primitive"
_CATEGORY = "utilities/primitive"

NODES = (
    NodeType("PrimitiveString", "Text", _CATEGORY, {"value": text(multiline=False)}, ("STRING",), _same, module=_PRIMITIVE),
    NodeType(
        "PrimitiveStringMultiline", "Text (Multiline)", _CATEGORY, {"value": text(multiline=True)}, ("STRING",), _same,
        module=_PRIMITIVE,
    ),
    NodeType(
        "PrimitiveInt", "Int", _CATEGORY, {"value": whole(None, -_FAR, _FAR, control_after_generate="fixed")}, ("INT",), _same,
        module=_PRIMITIVE,
    ),
    NodeType("PrimitiveFloat", "Float", _CATEGORY, {"value": real(None, -_FAR, _FAR, 0.1)}, ("FLOAT",), _same, module=_PRIMITIVE),
    NodeType(
        "PreviewAny", "Preview as Text", "utilities", {"source": link("*")}, ("STRING",), _show, output=True,
        module="comfy_extras.nodes_preview_any",
    ),
    NodeType(
        "SaveText", "Save Text", "text",
        {"text": text(forceInput=True, multiline=False), "filename_prefix": text("ComfyUI", multiline=False),
         "format": choice("txt", "csv", "md", "json", modern=True, default="txt")},
        ("STRING",), _save, names=("text",), output=True, saves=True, module="comfy_extras.nodes_text",
    ),
)  # fmt: skip
