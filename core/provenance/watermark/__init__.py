"""The second layer: an imperceptible mark in the pixels themselves."""
