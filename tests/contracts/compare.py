"""Comparing an answer with a recorded one: exact, but for what differs from run to run, of which only the kind is compared."""

from __future__ import annotations

import re
from typing import Any

VOLATILE = frozenset({
    "prompt_id", "id", "number", "priority", "timestamp", "create_time", "client_id", "execution_start_time",
    "execution_end_time", "traceback", "current_inputs",
    "current_outputs", "exception_message", "modified", "created", "size", "total", "offset",
    "queue_remaining", "sid", "workflow_id", "is_changed",
})  # fmt: skip
COUNTER = re.compile(r"_\d{5}|(?<=ComfyUI_temp_)[a-z]{5}")


def differences(recorded: Any, answered: Any, where: str = "", extra: frozenset[str] = frozenset()) -> list[str]:
    """Every place where the answer is not as recorded; `extra` are further volatile keys."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        return _objects(recorded, answered, where, extra)
    if isinstance(recorded, list) and isinstance(answered, list):
        if where.endswith(".prompt"):  # its first entry is the job's number
            recorded, answered = recorded[1:], answered[1:]
        if len(recorded) != len(answered):
            return [f"{where}: {len(answered)} entries instead of {len(recorded)}: {answered}"]
        pairs = enumerate(zip(recorded, answered, strict=True))
        return [found for at, (one, other) in pairs for found in differences(one, other, f"{where}[{at}]", extra)]
    if isinstance(recorded, str) and isinstance(answered, str):
        recorded, answered = COUNTER.sub("#", recorded), COUNTER.sub("#", answered)
    if type(recorded) is not type(answered) or recorded != answered:
        return [f"{where}: {answered!r} instead of {recorded!r}"]
    return []


def _sorted(errors: Any) -> Any:
    """A node's errors come in no particular order."""
    return (
        sorted(errors, key=lambda error: str(error.get("extra_info", {}).get("input_name")))
        if isinstance(errors, list)
        else errors
    )


def _objects(recorded: dict[str, Any], answered: dict[str, Any], where: str, extra: frozenset[str]) -> list[str]:
    found = [f"{where}.{key} is missing" for key in recorded.keys() - answered.keys()]
    found += [f"{where}.{key} is too much: {answered[key]!r}" for key in answered.keys() - recorded.keys()]
    for key in recorded.keys() & answered.keys():
        if key in VOLATILE | extra:
            found += _kinds(recorded[key], answered[key], f"{where}.{key}")
        else:
            recorded_one, answered_one = (_sorted(one[key]) if key == "errors" else one[key] for one in (recorded, answered))
            found += differences(recorded_one, answered_one, f"{where}.{key}", extra)
    return found


def _kinds(recorded: Any, answered: Any, where: str) -> list[str]:
    return (
        []
        if type(recorded) is type(answered)
        else [f"{where}: a {type(answered).__name__} instead of a {type(recorded).__name__}"]
    )
