"""What somebody's client does with buttons and forms: the action of a press, the state of a filled form, its own complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulators.slack.world import Json


def find(blocks: Sequence[Json], action_id: str) -> tuple[Json, Json] | None:
    """The block and the element with this action."""
    for block in blocks:
        for element in (*block.get("elements", []), block.get("accessory"), block.get("element")):
            if isinstance(element, dict) and element.get("action_id") == action_id:
                return block, element
    return None


def pressed(blocks: Sequence[Json], action_id: str) -> tuple[Json | None, Json | None, str]:
    """(block, element, what is chosen in it) for a button's action, or for `menu=value`."""
    cuts = [at for at, letter in enumerate(action_id) if letter == "="]
    for at in (len(action_id), *cuts):
        if there := find(blocks, action_id[:at]):
            return *there, action_id[at + 1 :]
    return None, None, ""


def action(block: Json, element: Json, chosen: str) -> Json:
    """One entry of `actions`, as a press or a choice sends it."""
    made: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block.get("block_id", "b1")}
    if element["type"] == "button":
        made["text"] = element["text"]
        made |= {"value": element["value"]} if "value" in element else {}
    elif element["type"] == "checkboxes":
        made["selected_options"] = [one for one in element["options"] if one["value"] == chosen]
    else:
        made["selected_option"] = next((one for one in element.get("options", []) if one["value"] == chosen), None)
        assert made["selected_option"], f"{chosen!r} cannot be chosen"
    return made | {"action_ts": "1.1"}


def initial(element: Json) -> Any:
    """What stands in an element before anybody touches it."""
    if element["type"] in ("static_select", "external_select", "radio_buttons"):
        return (element.get("initial_option") or {}).get("value", "")
    if element["type"] == "checkboxes":
        return [one["value"] for one in element.get("initial_options", [])]
    if element["type"] == "file_input":
        return []
    return element.get("initial_value", "")


def state(blocks: Sequence[Json], values: Mapping[str, Any]) -> tuple[Json, str]:
    """(`state.values`, what the client complains of before it sends anything). `values` go by action_id."""
    made: Json = {}
    left = set(values)
    for block in (one for one in blocks if one["type"] == "input"):
        element = block["element"]
        left.discard(element["action_id"])
        value = values.get(element["action_id"], initial(element))
        wrong = "" if value in ("", [], None) and block.get("optional") else _complaint(element, value)
        if wrong:
            return {}, f"{wrong}: {element['action_id']}"
        made[block["block_id"]] = {element["action_id"]: _state_of(element, value)}
    assert not left, f"the form does not ask for {sorted(left)}"
    return made, ""


def _complaint(element: Json, value: Any) -> str:
    if value in ("", [], None):
        return "required"
    if element["type"] == "plain_text_input":
        return "too long" if len(value) > element.get("max_length", 3000) else ""
    if element["type"] == "number_input":
        try:
            shown = float(value)
        except ValueError:
            return "not a number"
        if not element["is_decimal_allowed"] and not shown.is_integer():
            return "not a whole number"
        low, high = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
        return "" if low <= shown <= high else "out of range"
    return ""


def _state_of(element: Json, value: Any) -> Json:
    kind = element["type"]
    if kind in ("static_select", "radio_buttons"):
        option = next((one for one in element["options"] if one["value"] == value), None)
        assert option or not value, f"{value!r} is not among the options of {element['action_id']}"
        return {"type": kind, "selected_option": option}
    if kind == "external_select":
        chosen = {"text": {"type": "plain_text", "text": value[:75]}, "value": value} if value else None
        return {"type": kind, "selected_option": chosen}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": [one for one in element["options"] if one["value"] in value]}
    if kind == "file_input":
        return {"type": kind, "files": value}
    return {"type": kind, "value": str(value) if value not in ("", None) else None}
