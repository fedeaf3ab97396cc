"""Makes a ComfyUI graph out of any bytes, so that a fuzzer's small change of a byte is a small change of a graph."""

from __future__ import annotations

from typing import Any

_KINDS = (
    *("KSampler", "KSamplerAdvanced", "SamplerCustomAdvanced", "SaveImage", "PreviewImage", "CLIPTextEncode", "LoraLoader"),
    *("CheckpointLoaderSimple", "ControlNetApplyAdvanced", "ControlNetLoader", "VAEDecode", "LatentUpscaleBy", "ImageScale"),
    *("Reroute", "ComfySwitchNode", "ImpactSwitch", "StringConcatenate", "StringFormat", "PrimitiveNode", "SplitSigmas"),
    *("BasicGuider", "BasicScheduler", "RandomNoise", "KSamplerSelect", "Power Lora Loader (rgthree)", "LoRA Stacker"),
    *("LoadImage", "InpaintModelConditioning", "IPAdapterFaceID", "FaceDetailer", "ConditioningZeroOut", "VHS_VideoCombine"),
)
_NAMES = (
    *("seed", "noise_seed", "steps", "cfg", "denoise", "sampler_name", "scheduler", "positive", "negative", "model", "clip"),
    *("text", "prompt", "value", "select", "switch", "on_true", "on_false", "input1", "input2", "string_a", "string_b"),
    *("delimiter", "f_string", "values.a", "find", "replace", "latent_image", "samples", "images", "image", "pixels", "mask"),
    *("guider", "sigmas", "sampler", "noise", "conditioning", "control_net", "strength", "end_percent", "lora_name"),
    *("lora_1", "lora_name_1", "lora_wt_1", "lora_count", "switch_1", "input_mode", "ckpt_name", "width", "height"),
    *("batch_size", "dimensions", "start_at_step", "step", "filename_prefix", "populated_text", "text_0", "pipe", "basic_pipe"),
)
_VALUES: tuple[Any, ...] = (
    *(0, 1, 2, -1, 512, 2**63, 2**64, 10**400, 0.5, 1e308, True, False, None, "", "a {a} b", "simple", "on", "None", "2.5"),
    *("1024 x 768", "14.6, 9.1, 0", "style.safetensors", "depth-control.pth", "in.png [input]", "\n", " ", "\ud800", "a\0b"),
    *({"on": True, "lora": "x.safetensors", "strength": 10**400}, {"__value__": [1]}, {"lora": "y.pt", "strength": "1"}),
    *([], [[]], ["1"], [1, 0], ["1", -1], ["1", True], ["no such", 0], [["1", 0], 0]),
)


def graph_of(data: bytes) -> dict[str, Any]:
    """Up to forty nodes with up to eight inputs each; three bytes an input: its name, how it is fed, and with what."""
    taken = iter(data)

    def byte() -> int:
        return next(taken, 0)

    graph: dict[str, Any] = {}
    for number in range(1, min(40, 1 + byte() % 40) + 1):
        inputs: dict[str, Any] = {}
        kind = _KINDS[byte() % len(_KINDS)]
        for _ in range(byte() % 9):
            name, fed, what = _NAMES[byte() % len(_NAMES)], byte(), byte()
            inputs[name] = [str(1 + what % 40), fed % 4] if fed < 140 else _VALUES[what % len(_VALUES)]
        graph[str(number)] = {"class_type": kind, "inputs": inputs, "_meta": {"title": _NAMES[byte() % len(_NAMES)]}}
    return graph
