"""The nodes a simulated ComfyUI knows, by class name."""

from __future__ import annotations

from hooks.simulator.nodes import models, pictures, sampling, save, scale, text
from hooks.simulator.nodes.kinds import NodeType

NODES: dict[str, NodeType] = {
    node.name: node for group in (models, sampling, pictures, scale, save, text) for node in group.NODES
}
