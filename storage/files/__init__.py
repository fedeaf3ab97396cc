"""Named queries for assets and everything kept beside them."""
