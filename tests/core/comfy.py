"""What the tests of the ComfyUI client share: small graphs, a quick way to run one, and a server that answers what it is told."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core.comfyui.client import Comfy, ProgressStep, Run
from core.comfyui.graph import Graph

CHECKPOINT = "slate-sim-base.safetensors"


def drawing(*, steps: int = 4, prefix: str = "", prompt: str = "a red shoe", **sampler: Any) -> Graph:
    """Text to image with a prefix of its own, as the graph's files would otherwise be another's."""
    settings = {"seed": 7, "steps": steps, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0, **sampler}
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    return {
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": CHECKPOINT}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": prompt, "clip": ["4", 1]}, "_meta": {"title": "Prompt"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
        "3": {"class_type": "KSampler", "inputs": {**settings, **links}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": prefix or f"t/{uuid.uuid4()}"}},
    }


def new_id() -> str:
    return str(uuid.uuid4())


def handed_in(comfy: Comfy, graph: Graph | None = None) -> str:
    """The id of a run that the server has taken."""
    prompt_id = new_id()
    comfy.submit(graph or drawing(), prompt_id)
    return prompt_id


def watched(comfy: Comfy, prompt_id: str, steps: list[ProgressStep] | None = None, *, patience: float = 6.0) -> Run:
    """The run, followed to its end."""
    seen = [] if steps is None else steps
    return comfy.watch(prompt_id, seen=seen.append, keep_going=lambda: True, patience=patience)


def until_it_runs(comfy: Comfy, prompt_id: str) -> None:
    """Follow the run until its sampler has made a step."""
    steps: list[ProgressStep] = []
    comfy.watch(prompt_id, seen=steps.append, keep_going=lambda: not any(step.value >= 1 for step in steps))
    assert steps


@dataclass
class Scripted:
    """A server whose every answer is written down beforehand: path -> (status, body); what it was asked is kept."""

    answers: dict[str, tuple[int, bytes]]
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def scripted(answers: dict[str, tuple[int, Any]]) -> Iterator[Scripted]:
    """Serve the answers; a body that is not bytes is sent as JSON, and paths that are not there are 404."""
    bodies = {
        path: (status, body if isinstance(body, bytes) else json.dumps(body).encode()) for path, (status, body) in answers.items()
    }
    script = Scripted(bodies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            script.asked.append((self.command, path, body))
            status, answer = script.answers.get(path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()
