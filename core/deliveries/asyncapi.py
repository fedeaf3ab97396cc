"""The events that webhooks send, as an AsyncAPI 3.0 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0)."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from core.deliveries.bodies import WebhookBody
from core.events.outgoing import KINDS

_HEADERS = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "description": "The same whenever this event is sent again."},
        "webhook-timestamp": {"type": "string", "description": "Seconds since 1970 at which this request was signed."},
        "webhook-signature": {"type": "string", "description": "One or more signatures `v1,…`, separated by blanks."},
    },
}


def document() -> dict[str, Any]:
    """The whole document; each kind of event is a message with a JSON Schema of its body."""
    names = {kind: kind.replace(".", "_") for kind in KINDS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Slate webhooks",
            "version": version("slate"),
            "description": "Events that Slate sends by HTTP POST, signed as Standard Webhooks says.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "events": {"messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names.values()}},
        },
        "operations": {"send": {"action": "send", "channel": {"$ref": "#/channels/events"}}},
        "components": {"messages": {names[kind]: _message(kind, when) for kind, when in KINDS.items()}},
    }


def _message(kind: str, when: str) -> dict[str, Any]:
    schema = WebhookBody.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs")
    schema["properties"]["type"] = {"const": kind}
    whole = _inlined(schema, definitions)
    return {"name": kind, "title": kind, "summary": when, "headers": _HEADERS, "payload": whole}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with what it refers to put in its place, so that each message stands by itself."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions) | rest
    return {key: _inlined(value, definitions) for key, value in schema.items()}
