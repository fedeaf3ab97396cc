"""Lineage: what an asset was made from and used in."""
