"""Machines: the web process, asset pages and the simulated ComfyUI."""
