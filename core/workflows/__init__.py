"""Workflows: what can be asked for, what goes into it, and the graph that comes of it."""

from core.comfyui.loaders import ModelRef, models_in
from core.workflows.check_inputs import settle
from core.workflows.fill_graph import fill, model_key
from core.workflows.library import library, publish, seed_library
from core.workflows.lookup import find
from core.workflows.specs import InputKind, InputSpec, WorkflowSpec, inputs_of

__all__ = [
    "InputKind",
    "InputSpec",
    "ModelRef",
    "WorkflowSpec",
    "fill",
    "find",
    "inputs_of",
    "library",
    "model_key",
    "models_in",
    "publish",
    "seed_library",
    "settle",
]
