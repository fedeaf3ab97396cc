"""How files carry pixels and words: small readers of our own that trust no length and no size."""
