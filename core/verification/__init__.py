"""Verification: what a file proves, and giving a copy its credentials back."""
