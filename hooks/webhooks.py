"""What other programs need of webhooks: the description of every event."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from core.deliveries import asyncapi

router = APIRouter(include_in_schema=False)


@router.get("/asyncapi.json")
def description() -> dict[str, Any]:
    """The events that webhooks send, as AsyncAPI 3.0 with a JSON Schema of each. It tells nothing of this Slate's work."""
    return asyncapi.document()
