"""Makes an archive as a studio has it: PNGs of 1 to 2 MB with ComfyUI's graph and workflow in them, no two with the same words.

    python -m benchmarks.archive FOLDER --files 20000

Pixels come from a few dozen pictures with photographic noise; graphs have a LoRA, a depth ControlNet, two passes.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PICTURES = 24
WORDS = [f"word{number}" for number in range(4000)]
CLIENTS = ["Acme", "Globex", "Rose", "Initech", "Umbrella"]


def picture(number: int) -> bytes:
    """A PNG of 1024 × 1024: a soft composition under film grain, which is what makes real ones large."""
    dice = np.random.default_rng(number)
    base = Image.fromarray(dice.integers(0, 256, (12, 12, 3), dtype=np.uint8)).resize((1024, 1024), Image.Resampling.BICUBIC)
    grain = dice.normal(0, 0.9 + 0.5 * (number % 4), (1024, 1024, 1))
    pixels = (np.asarray(base, dtype=np.float32) + grain).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=4)
    return file.getvalue()


def graph(dice: random.Random) -> dict[str, Any]:
    """An API graph of 14 nodes."""
    seed, prompt = dice.randrange(2**63), " ".join(dice.choices(WORDS, k=28))

    def node(kind: str, **inputs: Any) -> dict[str, Any]:
        return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}

    sampled = {"steps": 28, "cfg": 6.5, "sampler_name": "dpmpp_2m", "scheduler": "karras", "seed": seed}
    return {
        "4": node("CheckpointLoaderSimple", ckpt_name=f"model-{dice.randrange(8)}.safetensors"),
        "10": node("LoraLoader", lora_name=f"style-{dice.randrange(12)}.safetensors", strength_model=0.8, strength_clip=0.8,
                   model=["4", 0], clip=["4", 1]),
        "6": node("CLIPTextEncode", text=prompt, clip=["10", 1]),
        "7": node("CLIPTextEncode", text="blurry, low quality, watermark, text, deformed", clip=["10", 1]),
        "20": node("LoadImage", image="reference.png", upload="image"),
        "21": node("MiDaS-DepthMapPreprocessor", image=["20", 0], resolution=1024),
        "22": node("ControlNetLoader", control_net_name="depth-sdxl.safetensors"),
        "23": node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], control_net=["22", 0], image=["21", 0],
                   strength=0.7, start_percent=0.0, end_percent=0.8),
        "5": node("EmptyLatentImage", width=768, height=768, batch_size=1),
        "3": node("KSampler", model=["10", 0], positive=["23", 0], negative=["23", 1], latent_image=["5", 0],
                  denoise=1.0, **sampled),
        "30": node("LatentUpscaleBy", samples=["3", 0], upscale_method="bislerp", scale_by=1.33),
        "31": node("KSampler", model=["10", 0], positive=["23", 0], negative=["23", 1], latent_image=["30", 0],
                   denoise=0.45, **sampled),
        "8": node("VAEDecode", samples=["31", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="ComfyUI"),
    }  # fmt: skip


def workflow(asked: dict[str, Any]) -> dict[str, Any]:
    """The browser's form of the graph, as long as such files are: about 12 KB."""
    nodes = [
        {
            "id": int(number), "type": one["class_type"], "pos": [120 * at, 80 * at], "size": [315, 262], "flags": {},
            "order": at, "mode": 0, "inputs": [{"name": name, "type": "*", "link": at} for name in one["inputs"]],
            "outputs": [{"name": "OUT", "type": "*", "links": [at], "slot_index": 0}],
            "properties": {"Node name for S&R": one["class_type"], "cnr_id": "comfy-core", "ver": "0.33.0"},
            "widgets_values": [value for value in one["inputs"].values() if not isinstance(value, list)],
        }
        for at, (number, one) in enumerate(asked.items())
    ]  # fmt: skip
    links = [[at, at, 0, at + 1, 0, "*"] for at in range(40)]
    return {"last_node_id": 31, "last_link_id": 40, "nodes": nodes, "links": links, "groups": [], "version": 0.4}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def make(folder: Path, files: int) -> int:
    """Write the archive, as `CLIENT/project-N/MEMBER/shNNN_NNNNN_.png`; returns how many bytes that are."""
    dice, size = random.Random(7), 0
    bases = [picture(number) for number in range(PICTURES)]
    for number in range(files):
        asked = graph(dice)
        texts = ((b"prompt", json.dumps(asked)), (b"workflow", json.dumps(workflow(asked))))
        words = b"".join(_chunk(b"tEXt", key + b"\0" + text.encode("ascii")) for key, text in texts)
        base = bases[number % PICTURES]
        client = CLIENTS[number % len(CLIENTS)]
        path = folder / client / f"project-{number % 40}" / f"sh{number % 60 * 10:04}_{number:05}_.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base[:33] + words + base[33:])
        size += path.stat().st_size
    return size


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--files", type=int, default=20_000)
    given = asked.parse_args()
    size = make(given.folder, given.files)
    print(f"{given.files:,} files, {size / 1e9:.1f} GB, {size / given.files / 1e6:.2f} MB each")


if __name__ == "__main__":
    main()
