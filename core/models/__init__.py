"""Model files: what is in the model folders, by hash."""
