"""Graphs and requests the simulator's own tests share."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx2

from hooks.simulator import RunningSimulator
from tests.waiting import until

Graph = dict[str, Any]


def txt2img(**changed: Any) -> Graph:
    """A small text-to-image graph; `seed=7, text="a fox"` and so on change it wherever such an input is."""
    graph: Graph = {
        "4": node("CheckpointLoaderSimple", ckpt_name="slate-sim-base.safetensors"),
        "5": node("EmptyLatentImage", width=128, height=96, batch_size=1),
        "6": node("CLIPTextEncode", text="a lighthouse at dusk", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="", clip=["4", 1]),
        "3": node(
            "KSampler", seed=1, steps=3, cfg=7.0, sampler_name="euler", scheduler="normal", denoise=1.0, model=["4", 0],
            positive=["6", 0], negative=["7", 0], latent_image=["5", 0],
        ),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="made"),
    }  # fmt: skip
    for name, value in changed.items():
        for what in graph.values():
            if name in what["inputs"] and what["inputs"][name] != "":
                what["inputs"][name] = value
    return graph


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}


def flat(colour: int = 255, prefix: str = "flat", size: int = 64) -> Graph:
    return {
        "1": node("EmptyImage", width=size, height=size, batch_size=1, color=colour),
        "2": node("SaveImage", images=["1", 0], filename_prefix=prefix),
    }


def submit(sim: RunningSimulator, graph: Graph, **more: Any) -> str:
    """Submits under an id of its own and returns it."""
    body = {"prompt": graph, "prompt_id": str(uuid.uuid4()), **more}
    answer = httpx2.post(f"{sim.url}/prompt", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(body["prompt_id"])


def history(sim: RunningSimulator, prompt_id: str) -> dict[str, Any]:
    """The job's record, or {} while there is none."""
    record: dict[str, Any] = httpx2.get(f"{sim.url}/history/{prompt_id}", timeout=30).json().get(prompt_id, {})
    return record


def run(sim: RunningSimulator, graph: Graph, **more: Any) -> dict[str, Any]:
    """Submits, waits for the end, and returns the job's record."""
    prompt_id = submit(sim, graph, **more)
    until(lambda: bool(history(sim, prompt_id)), "the job ends")
    return history(sim, prompt_id)


def files(sim: RunningSimulator, record: dict[str, Any]) -> list[Path]:
    entries = [entry for shown in record["outputs"].values() for entry in shown.get("images", [])]
    return [sim.folder / entry["type"] / entry["subfolder"] / entry["filename"] for entry in entries]
