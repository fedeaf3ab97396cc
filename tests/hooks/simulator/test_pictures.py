"""Stand-in pictures come from the graph's own inputs, use what went in, and say what they are."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from hooks.simulator import RunningSimulator
from hooks.simulator.paint import Recipe, paint
from hooks.simulator.watermark import marked
from tests.hooks.simulator.asking import Graph, files, flat, node, run, txt2img


def pixels(path: Path) -> Any:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def made(sim: RunningSimulator, graph: Graph, **more: Any) -> Path:
    record = run(sim, graph, **more)
    assert record["status"]["completed"], record["status"]["messages"][-1]
    return files(sim, record)[0]


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        assert zlib.crc32(data[at + 4 : at + 8 + length]) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]
        at += 12 + length
    return found


def put(sim: RunningSimulator, name: str, picture: Image.Image) -> None:
    picture.save(sim.folder / "input" / name)


def upper(image: Any) -> Any:
    """The part above the mark."""
    return image[: int(image.shape[0] * 0.7)]


def test_the_same_inputs_give_the_same_pixels_and_others_give_others(sim: RunningSimulator) -> None:
    first = pixels(made(sim, txt2img()))
    httpx2.post(f"{sim.url}/free", json={"free_memory": True})
    again = pixels(made(sim, txt2img(filename_prefix="again")))
    assert (first == again).all()
    for other in (txt2img(seed=2), txt2img(text="a fox in a red forest"), txt2img(ckpt_name="slate-sim-photo.safetensors")):
        assert (pixels(made(sim, other)) != first).any()
    assert first.shape == (96, 128, 3)


def test_a_batch_is_as_many_different_pictures(sim: RunningSimulator) -> None:
    paths = files(sim, run(sim, txt2img(batch_size=3)))
    assert len({hashlib.sha256(pixels(path).tobytes()).digest() for path in paths}) == 3
    assert [path.name for path in paths] == [f"made_0000{number}_.png" for number in (1, 2, 3)]


def test_a_lora_changes_the_picture_unless_its_strength_is_nought(sim: RunningSimulator) -> None:
    def with_lora(strength: float) -> Graph:
        graph = txt2img(filename_prefix=f"lora{strength}")
        graph["20"] = node(
            "LoraLoader",
            model=["4", 0],
            clip=["4", 1],
            lora_name="slate-sim-ink.safetensors",
            strength_model=strength,
            strength_clip=0.0,
        )
        graph["3"]["inputs"]["model"] = ["20", 0]
        return graph

    plain = pixels(made(sim, txt2img()))
    assert (pixels(made(sim, with_lora(0.0))) == plain).all()
    assert (pixels(made(sim, with_lora(0.8))) != plain).any()


@pytest.mark.parametrize(("denoise", "near"), [(0.1, True), (1.0, False)])
def test_image_to_image_keeps_as_much_as_denoise_says(sim: RunningSimulator, denoise: float, near: bool) -> None:
    put(sim, "red.png", Image.new("RGB", (128, 96), (250, 10, 10)))
    graph = txt2img(denoise=denoise)
    graph["10"] = node("LoadImage", image="red.png")
    graph["5"] = node("VAEEncode", pixels=["10", 0], vae=["4", 2])
    far = np.abs(upper(pixels(made(sim, graph))) - (250, 10, 10)).mean()
    assert bool(far < 30) is near


def test_inpainting_leaves_what_is_outside_the_mask(sim: RunningSimulator) -> None:
    picture = Image.new("RGBA", (128, 96), (250, 10, 10, 255))
    picture.paste((250, 10, 10, 0), (64, 0, 128, 96))
    put(sim, "half.png", picture)
    graph = txt2img()
    graph["10"] = node("LoadImage", image="half.png")
    graph["5"] = node("VAEEncodeForInpaint", pixels=["10", 0], vae=["4", 2], mask=["10", 1], grow_mask_by=0)
    image = upper(pixels(made(sim, graph)))
    assert (image[:, :60] == (250, 10, 10)).all()
    assert (image[:, 70:] != (250, 10, 10)).any(axis=2).mean() > 0.9


def test_a_controlnet_lets_its_picture_show_through(sim: RunningSimulator) -> None:
    depth = Image.new("L", (128, 96), 0)
    depth.paste(255, (64, 0, 128, 96))
    put(sim, "depth.png", depth.convert("RGB"))

    def steered(strength: float) -> Graph:
        graph = txt2img(filename_prefix=f"steered{strength}")
        graph["30"] = node("ControlNetLoader", control_net_name="slate-sim-depth.safetensors")
        graph["31"] = node("LoadImage", image="depth.png")
        graph["32"] = node(
            "ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], control_net=["30", 0], image=["31", 0],
            strength=strength, start_percent=0.0, end_percent=1.0,
        )  # fmt: skip
        graph["3"]["inputs"].update(positive=["32", 0], negative=["32", 1])
        return graph

    image = upper(pixels(made(sim, steered(1.0)))).mean(axis=2)
    assert image[:, 70:].mean() > image[:, :58].mean() + 40
    assert (pixels(made(sim, steered(0.0))) == pixels(made(sim, txt2img()))).all()


def test_an_upscale_is_the_same_picture_four_times_as_large(sim: RunningSimulator) -> None:
    put(sim, "small.png", Image.linear_gradient("L").resize((60, 40)).convert("RGB"))
    graph = {
        "1": node("LoadImage", image="small.png"),
        "2": node("UpscaleModelLoader", model_name="slate-sim-4x.safetensors"),
        "3": node("ImageUpscaleWithModel", upscale_model=["2", 0], image=["1", 0]),
        "4": node("SaveImage", images=["3", 0], filename_prefix="large"),
    }
    large = pixels(made(sim, graph))
    assert large.shape == (160, 240, 3)
    assert large[5, 120].mean() < 30 < 100 < large[100, 120].mean()


OTHER_NODES: dict[str, Graph] = {
    "ImageScale": {"2": node("ImageScale", image=["1", 0], upscale_method="lanczos", width=100, height=0, crop="disabled")},
    "ImageScaleBy": {"2": node("ImageScaleBy", image=["1", 0], upscale_method="area", scale_by=0.5)},
    "ImageScaleToTotalPixels": {
        "2": node("ImageScaleToTotalPixels", image=["1", 0], upscale_method="bicubic", megapixels=0.01, resolution_steps=8)
    },
    "ResizeImagesByLongerEdge": {"2": node("ResizeImagesByLongerEdge", images=["1", 0], longer_edge=32)},
    "ImageInvert": {"2": node("ImageInvert", image=["1", 0])},
    "ImageBlur": {"2": node("ImageBlur", image=["1", 0], blur_radius=3, sigma=1.5)},
    "ImageAddNoise": {"2": node("ImageAddNoise", image=["1", 0], seed=1, strength=0.5)},
    "Canny": {"2": node("Canny", image=["1", 0], low_threshold=0.1, high_threshold=0.3)},
    "ImageBatch": {"2": node("ImageBatch", image1=["1", 0], image2=["1", 0])},
    "LatentUpscale": {
        "a": node("VAELoader", vae_name="slate-sim-vae.safetensors"), "b": node("VAEEncode", pixels=["1", 0], vae=["a", 0]),
        "c": node("LatentUpscale", samples=["b", 0], upscale_method="bislerp", width=96, height=0, crop="disabled"),
        "d": node("LatentUpscaleBy", samples=["c", 0], upscale_method="bilinear", scale_by=1.5),
        "2": node("VAEDecode", samples=["d", 0], vae=["a", 0]),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_NODES)
def test_every_other_node_on_pictures_runs(sim: RunningSimulator, name: str) -> None:
    put(sim, "in.png", Image.radial_gradient("L").resize((64, 48)).convert("RGB"))
    graph = {
        "1": node("LoadImage", image="in.png"),
        **OTHER_NODES[name],
        "9": node("PreviewImage", images=["2", 0]),
    }
    path = made(sim, graph)
    assert path.parent.name == "temp"
    assert pixels(path).size


def test_conditioning_nodes_and_the_advanced_sampler_run(sim: RunningSimulator) -> None:
    graph = txt2img()
    graph["a"] = node("PrimitiveStringMultiline", value="a harbour in the rain")
    graph["b"] = node("CLIPSetLastLayer", clip=["4", 1], stop_at_clip_layer=-2)
    graph["c"] = node("CLIPTextEncode", text=["a", 0], clip=["b", 0])
    graph["d"] = node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["c", 0])
    graph["e"] = node("ConditioningZeroOut", conditioning=["6", 0])
    graph["f"] = node("LoraLoaderModelOnly", model=["4", 0], lora_name="slate-sim-film.safetensors", strength_model=1.0)
    graph["g"] = node("PrimitiveInt", value=4)
    graph["3"] = node(
        "KSamplerAdvanced", model=["f", 0], add_noise="enable", noise_seed=5, steps=["g", 0], cfg=7.0, sampler_name="euler",
        scheduler="karras", positive=["d", 0], negative=["e", 0], latent_image=["5", 0], start_at_step=0, end_at_step=10000,
        return_with_leftover_noise="disable",
    )  # fmt: skip
    assert made(sim, graph).is_file()


# what is inside the files


def test_png_metadata_stands_right_after_the_header(sim: RunningSimulator) -> None:
    brought = {"workflow": {"id": "w"}, "note": "hé ☃"}
    path = made(sim, txt2img(), extra_data={"extra_pnginfo": brought})
    kinds = chunks(path.read_bytes())
    assert [kind for kind, _ in kinds[:5]] == [b"IHDR", b"tEXt", b"tEXt", b"tEXt", b"IDAT"]
    texts = dict(data.split(b"\0", 1) for kind, data in kinds if kind == b"tEXt")
    assert json.loads(texts[b"prompt"]) == txt2img()
    assert texts[b"note"] == b'"h\\u00e9 \\u2603"'
    assert json.loads(texts[b"workflow"]) == {"id": "w"}


def test_the_graph_in_the_file_carries_what_was_loaded_and_history_does_not(sim: RunningSimulator) -> None:
    put(sim, "in.png", Image.new("RGB", (32, 32), (1, 2, 3)))
    graph = {"1": node("LoadImage", image="in.png"), "2": node("SaveImage", images=["1", 0], filename_prefix="copy")}
    record = run(sim, graph)
    inside = json.loads(Image.open(files(sim, record)[0]).text["prompt"])  # type: ignore[attr-defined]
    assert inside["1"]["is_changed"] == [hashlib.sha256((sim.folder / "input/in.png").read_bytes()).hexdigest()]
    assert "is_changed" not in record["prompt"][2]["1"]


def test_a_stale_is_changed_brings_the_stale_picture_back(sim: RunningSimulator) -> None:
    """The trap: a graph out of a file, sent again as it is, after the input was replaced."""
    put(sim, "in.png", Image.new("RGB", (32, 32), (200, 0, 0)))
    graph = {"1": node("LoadImage", image="in.png"), "2": node("SaveImage", images=["1", 0], filename_prefix="copy")}
    with Image.open(made(sim, graph)) as picture:
        inside = json.loads(picture.info["prompt"])
    put(sim, "in.png", Image.new("RGB", (32, 32), (0, 0, 200)))
    inside["2"]["inputs"]["filename_prefix"] = graph["2"]["inputs"]["filename_prefix"] = "second"
    assert pixels(made(sim, inside))[2, 2].tolist() == [200, 0, 0]
    assert pixels(made(sim, graph))[2, 2].tolist() == [0, 0, 200]


def test_a_key_that_is_not_latin_fails_after_all_the_work(sim: RunningSimulator) -> None:
    record = run(sim, txt2img(), extra_data={"extra_pnginfo": {"☃": {}}})
    assert "latin-1" in record["status"]["messages"][-1][1]["exception_message"]


def test_animations_carry_their_metadata_where_comfyui_puts_it(sim: RunningSimulator) -> None:
    frames = {"1": node("EmptyImage", width=64, height=64, batch_size=3, color=77)}
    noise = {"2": node("ImageAddNoise", image=["1", 0], seed=3, strength=0.3)}
    apng = {**frames, **noise, "3": node("SaveAnimatedPNG", images=["2", 0], filename_prefix="a", fps=6.0, compress_level=4)}
    webp = {
        **frames, **noise,
        "3": node("SaveAnimatedWEBP", images=["2", 0], filename_prefix="w", fps=6.0, lossless=True, quality=80, method="default"),
    }  # fmt: skip
    brought = {"extra_pnginfo": {"workflow": {"id": "w"}, "bot": {"user": "U1"}}}
    first = run(sim, apng, extra_data=brought)
    assert first["outputs"]["3"]["animated"] == [True]
    kinds = chunks(files(sim, first)[0].read_bytes())
    assert [data.split(b"\0")[0] for kind, data in kinds if kind == b"comf"] == [b"prompt", b"workflow", b"bot"]
    assert [kind for kind, _ in kinds][-4:] == [b"comf"] * 3 + [b"IEND"]
    with Image.open(made(sim, webp, extra_data=brought)) as picture:
        exif = picture.getexif()
        assert (picture.format, getattr(picture, "n_frames", 1)) == ("WEBP", 3)
        assert picture.info["exif"].startswith(b"Exif\0\0MM")
    assert [exif[tag].split(":")[0] for tag in (0x0110, 0x010F, 0x010E)] == ["prompt", "workflow", "bot"]


def test_the_same_graph_again_gives_the_old_file_even_to_somebody_else(sim: RunningSimulator) -> None:
    first = run(sim, flat(), extra_data={"extra_pnginfo": {"by": "ann"}})
    second = run(sim, flat(), extra_data={"extra_pnginfo": {"by": "bob"}})
    assert first["outputs"] == second["outputs"]
    assert b'"ann"' in files(sim, second)[0].read_bytes()
    assert run(sim, flat(prefix="other"))["outputs"] != first["outputs"]


def test_an_output_may_not_leave_its_folder(sim: RunningSimulator) -> None:
    record = run(sim, flat(prefix="../../out"))
    assert record["status"]["status_str"] == "error"
    assert list(sim.folder.parent.glob("out*")) == []


# the mark


@pytest.mark.parametrize(("width", "height"), [(64, 64), (512, 512), (2048, 256), (256, 2048)])
def test_every_picture_is_marked(width: int, height: int) -> None:
    frame = np.full((height, width, 3), 200, np.uint8)
    picture = np.asarray(marked(frame, "a prompt, written small 夕焼け 🦊 \x07")).astype(int)
    assert picture.shape == frame.shape
    strip = picture[-max(6, min(width, height) // 20) :]
    assert strip.mean() < 140
    dark = strip.min()
    assert (picture[height // 2 :].mean(axis=2) > dark + 60).sum() > 10


def test_the_mark_is_there_after_shrinking_to_a_thumbnail(sim: RunningSimulator) -> None:
    with Image.open(made(sim, txt2img(width=512, height=512))) as picture:
        small = np.asarray(picture.resize((128, 128), Image.Resampling.LANCZOS).convert("L")).astype(int)
    letters = (small[104:124] > 150).sum(axis=0) > 0
    assert letters.sum() > 40


def test_the_preview_of_a_size_is_quick_to_make_and_as_large_as_asked() -> None:
    for width, height in ((16, 16), (24, 1200), (2048, 1152)):
        frame = paint(width, height, Recipe("a lake", "", 3, "base"))
        assert (frame.shape, frame.dtype) == ((height, width, 3), np.uint8)
        marked(frame, "a lake").save(io.BytesIO(), "PNG", compress_level=1)
