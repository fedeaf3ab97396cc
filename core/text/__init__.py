"""Text helpers for names."""
