"""The documented JSON of Slate as pydantic models: one per noun and per answer."""
