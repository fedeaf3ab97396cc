"""Named queries for chat messages, forms and events of platforms."""
