"""ComfyUI: the client of its servers, and the reading of its graphs."""
