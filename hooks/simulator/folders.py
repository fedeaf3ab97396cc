"""Where a simulated server keeps its files, and what may be reached in there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MODEL_FOLDERS = (
    "checkpoints", "configs", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision", "style_models", "embeddings",
    "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models", "latent_upscale_models", "custom_nodes", "datasets",
    "hypernetworks", "photomaker", "classifiers", "model_patches", "audio_encoders", "background_removal", "frame_interpolation",
    "geometry_estimation", "optical_flow", "detection",
)  # fmt: skip
MODEL_SUFFIXES = frozenset({".bin", ".ckpt", ".pkl", ".pt", ".pt2", ".pth", ".safetensors", ".sft"})
KINDS = ("input", "output", "temp")


class Escaped(Exception):
    """A path leads out of the folder it should stay in."""


class Folders:
    """One server's folder: models/, input/, output/ and temp/."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self.models = self.root / "models"

    def make(self) -> None:
        """Makes what is missing and wipes temp/, as a start does."""
        shutil.rmtree(self.root / "temp", ignore_errors=True)
        for kind in KINDS:
            (self.root / kind).mkdir(parents=True, exist_ok=True)
        for folder in MODEL_FOLDERS:
            (self.models / folder).mkdir(parents=True, exist_ok=True)

    def kind(self, name: str) -> Path | None:
        return self.root / name if name in KINDS else None

    def within(self, base: Path, *parts: str) -> Path:
        """The path of `parts` below `base`; Escaped when it is not below."""
        path = Path(os.path.abspath(os.path.join(base, *parts)))
        if path != base and base not in path.parents:
            raise Escaped(str(path))
        return path

    def annotated(self, name: str, default: str = "input") -> tuple[str, Path]:
        """`ref.png [output]` -> ("ref.png", its folder); without a note in brackets the default folder."""
        for kind in KINDS:
            if name.endswith(f"[{kind}]"):
                return name[: -len(kind) - 2].strip(), self.root / kind
        return name, self.root / default

    def picture(self, name: str) -> Path | None:
        """The file a LoadImage value stands for; None when there is none."""
        plain, base = self.annotated(name)
        try:
            path = self.within(base, plain)
        except (Escaped, ValueError):
            return None
        return path if path.is_file() else None

    def model_names(self, folder: str) -> list[str]:
        """Relative names of the model files in a folder, sorted, sub-folders included; found anew each time."""
        base = self.models / folder
        found = (path for path in base.rglob("*") if path.suffix.lower() in MODEL_SUFFIXES and path.is_file())
        return sorted(path.relative_to(base).as_posix() for path in found)

    def input_names(self) -> list[str]:
        return sorted(entry.name for entry in os.scandir(self.root / "input") if entry.is_file())
