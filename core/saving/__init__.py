"""Workflows that people save: read from a file or a result, checked, recognised, kept as versions."""
