"""Named queries for renders, backends, workflows and model files."""
