"""Tells other programs of events, and brings them files."""
