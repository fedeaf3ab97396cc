"""Which ComfyUI version brought what, as far as a client can tell."""

from __future__ import annotations

CURRENT = "0.33.0"

FIRST_IN = {
    "create_time": (0, 3, 69),
    "per_job_preview": (0, 5, 0),
    "jobs": (0, 6, 0),
    "missing_node_type": (0, 12, 0),
    "canonical_prompt_id": (0, 25, 0),
    "cancel": (0, 26, 0),
}


def has(version: str, feature: str) -> bool:
    """Whether ComfyUI of this version has the feature.

    >>> has("0.3.57", "jobs"), has("0.33.0", "jobs")
    (False, True)
    """
    return tuple(int(part) for part in version.split(".")) >= FIRST_IN[feature]
