"""How a picture was made, as words people search by ("the depth shot"), told from the graph though nobody wrote them down.

The words: depth canny pose lineart normal seg tile · img2img inpaint outpaint upscale hires ip-adapter face lora controlnet ·
video animation audio 3d.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

from core.comfyui import sampling
from core.comfyui.trace import Node, Trace, remembered
from core.comfyui.weights import ModelUse

WORDS = (
    *("depth", "canny", "pose", "lineart", "normal", "seg", "tile"),
    *("img2img", "inpaint", "outpaint", "upscale", "hires", "ip-adapter", "face", "lora", "controlnet"),
    *("video", "animation", "audio", "3d"),
)
_GUIDES: tuple[tuple[str, str], ...] = (
    ("depth", r"depth|midas|zoe|leres|marigold|lotus"),
    ("canny", r"canny"),
    ("pose", r"pose|dwpose|openpose"),
    ("lineart", r"line_?art|softedge|hed\b|pidi|pidinet|scribble|mlsd|sketch|anyline|teed"),
    ("normal", r"normal(?!iz)|normalbae|\bbae\b|dsine"),
    ("seg", r"seg\b|seg_|segment|oneformer|uniformer"),
    ("tile", r"tile\b|tile_|blur"),
)
_BY_KIND: tuple[tuple[str, str], ...] = (
    ("outpaint", r"outpaint|fluxproexpand"),
    ("inpaint", r"inpaint|setlatentnoisemask|fluxprofill|brushnet|powerpaint"),
    ("ip-adapter", r"ip_?adapter"),
    ("face", r"facedetailer|reactor|instantid|pulid|faceid|photomaker|facerestore|faceswap|liveportrait|hyperswap"),
    ("3d", r"glb|preview3d|save3d|hunyuan3d|triposplat|trellis|mesh|gaussiansplat|pointcloud"),
    ("animation", r"saveanimated|animatediff"),
    ("hires", r"high-?res-?fix|hi-?res-?fix"),
    (
        "video",
        r"latentvideo|img2vid|hyvideosampler|wanvideosampler|savevideo|savewebm|videocombine|createvideo|ltxv|imagetovideo|texttovideo",
    ),
    ("audio", r"saveaudio|previewaudio|acestep|stableaudio|texttospeech|audiovae(de|en)code|vaedecodeaudio|audioencoderencode"),
    ("upscale", r"(?<!latent)upscale(?!model)|supir|superres|seedvr|increaseresolution"),
)
_EDITS = re.compile(r"reference.*(latent|image)|imageedit|kontext|instructpixtopix|editplus", re.IGNORECASE)
_SHOWN_INPUT = re.compile(r"(^|[._])(image|reference|input_image|pixels)")
_LIKE_INPUT = re.compile(r"style_?image|style_ref|(luma|character|subject)_?ref")
"""Inputs of services whose picture tells a look, and is not changed."""
_BEGUN_WITH = re.compile(r"(start_image|source_\w+|image\d*|pixels)$")
_BRINGS = re.compile(r"load|image|base64|url|input|fetch|receive|etn_", re.IGNORECASE)
_HOLDS = re.compile(r"image|url|base64|data|b64|file|path", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{64}")
_TELLS = re.compile(r"segment|detect|caption|interrogat|tagger|florence|describe|classif|dino|blip", re.IGNORECASE)
"""Nodes that look at a picture and hand on words, masks or places."""
_MOST_CONTROLS = 32
_MEDIA = re.compile(
    r"\.(png|jpe?g|webp|gif|avif|bmp|tiff?|exr|mp4|mov|webm|mkv|wav|mp3|flac|ogg|glb)(\s*\[\w+\])?$", re.IGNORECASE
)


def read(trace: Trace, outputs: list[Node], models: Sequence[ModelUse]) -> tuple[str, ...]:
    """The techniques behind these outputs, in the order of WORDS."""
    nodes = trace.upstream(outputs)
    found = {word for node in nodes if _counts(trace, node) for word in _told_by_kind(node.kind)}
    found |= {"audio"} if any(_makes_sound(trace, node) for node in nodes) else set()
    found -= {"video"} if _is_still(trace, outputs) else set()
    controls = [node for node in nodes if _controls(trace, node)][:_MOST_CONTROLS]
    found |= {guide for node in controls for guide in _guides(trace, node)}
    found |= {"controlnet"} if controls else set()
    for kind, word in (("lora", "lora"), ("upscaler", "upscale"), ("ip-adapter", "ip-adapter")):
        found |= {word} if any(use.kind == kind for use in models) else set()
    found |= {"inpaint"} if any(_repaints_masked(trace, node) for node in nodes) else set()
    found |= set(_prepared(nodes, models))
    found |= set(_from_models(models)) | set(_from_passes(trace, outputs, nodes, found))
    return tuple(word for word in WORDS if word in found)


@remembered
def _told_by_kind(kind: str) -> tuple[str, ...]:
    return tuple(word for word, pattern in _BY_KIND if re.search(pattern, kind.lower()))


def pictures_in(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Names of the files that these nodes load, as the graph writes them, without ComfyUI's ` [input]` mark."""
    names: dict[str, None] = {}
    for node in nodes:
        for name, value in node.inputs.items() if _loads(node) else ():
            if isinstance(value, str) and name != "filename_prefix" and _MEDIA.search(value):
                names[re.sub(r"\s*\[\w+\]$", "", value)] = None
    return tuple(names)


def _loads(node: Node) -> bool:
    return "load" in node.low or node.has("upload", "image", "file")


def _counts(trace: Trace, node: Node) -> bool:
    """Whether a node does what its kind says: a noise mask on sound repaints no picture."""
    masked = trace.link(node.inputs.get("samples")) if "noisemask" in node.low else None
    return masked is None or "audio" not in trace.at(masked).low


def _repaints_masked(trace: Trace, node: Node) -> bool:
    """Whether a service is asked to change what a mask shows of a picture."""
    linked = {name for name, _ in trace.links(node)}
    return {"image", "mask"} <= linked and isinstance(node.inputs.get("prompt"), str) and "seed" in node.inputs


def _makes_sound(trace: Trace, node: Node) -> bool:
    """Whether a service is asked for sound along with its film."""
    return any(trace.value(node, name) is True for name in node.inputs if name.rpartition(".")[2] == "generate_audio")


def _is_still(trace: Trace, outputs: Sequence[Node]) -> bool:
    """Whether a single picture is kept, though a model for films may have made it."""
    if not all(re.match("(save|preview)image", node.low) for node in outputs):
        return False
    path = trace.picture_path(outputs)
    if any(trace.whole(node, "length") == 1 for node in path):
        return True
    return not any((trace.whole(node, "length", "num_frames", "video_frames") or 0) > 1 for node in path)


def _controls(trace: Trace, node: Node) -> bool:
    """Whether a node puts a control picture to work: with any strength, and for any part of the sampling."""
    links = trace.links(node)
    if any(name.endswith("controlnet_stack") for name, _ in links) and node.inputs.get("switch", "On") != "Off":
        return any(name != "controlnet_stack" for name, _ in links)
    if not links or not (_is_control(node.kind) or any(_takes_control(name) for name, _ in links)):
        return False
    if trace.number(node, "strength") == 0 or trace.number(node, "end_percent") == 0:
        return False
    return node.has("image", "images", "control_image", "control_video", "pose_video", "preprocessed_image")


@remembered
def _is_control(kind: str) -> bool:
    return re.search(r"control_?net|t2iadapter|controllora|controltovideo", kind.lower()) is not None


@remembered
def _takes_control(name: str) -> bool:
    return re.match(r"control_?net|control_(image|video)|pose_video|model_patch$", name) is not None


def _guides(trace: Trace, node: Node) -> set[str]:
    """What kind of picture guided: by the control model and its declared type, else the preprocessor, else titles and names."""
    loaders = trace.upstream([trace.at(link) for name, link in trace.links(node) if re.search(r"control_?net|model_patch", name)])
    models = [value for one in loaders if "union" not in one.low for value in _switched_on(one)]
    types = [value for one in loaders if "union" in one.low for value in _strings(one)]
    pictures = trace.upstream([trace.at(link) for name, link in trace.links(node) if re.search(r"image|video", name)])
    own = [name for name in node.inputs if re.search(r"video|image", name)] + [node.kind]
    for words in (
        types,
        models,
        own + [one.kind for one in pictures],
        [one.title for one in pictures],
        list(pictures_in(pictures)),
    ):
        if found := {guide for text in words for guide in _guided_by(text)}:
            return found
    return set()


@remembered
def _guided_by(text: str) -> tuple[str, ...]:
    """The guides that a name speaks of."""
    spaced = _spaced(text)
    return tuple(guide for guide, pattern in _GUIDES if re.search(pattern, spaced))


def _from_models(models: Sequence[ModelUse]) -> Iterator[str]:
    """Models that are made for one kind of guide, such as `flux1-depth-dev`."""
    for use in models:
        name = _spaced(use.name)
        if use.kind in ("diffusion model", "lora", "checkpoint") and re.search(r"control|flux ?\d? (dev )?(depth|canny)", name):
            yield from _guided_by(use.name)
        if use.kind in ("diffusion model", "lora") and re.search(r"flux.*\bfill\b", name):
            yield "inpaint"
        if use.kind == "ip-adapter" and "face" in name:
            yield "face"


def _prepared(nodes: list[Node], models: Sequence[ModelUse]) -> Iterator[str]:
    """What a LoRA for many kinds of guides was shown: what was made of a picture before."""
    if any(use.kind == "lora" and re.search(r"union.*control|control.*union", use.name.lower()) for use in models):
        for node in nodes:
            yield from _guided_by(node.kind) if node.has("image") else ()


def _from_passes(trace: Trace, outputs: list[Node], nodes: list[Node], found: set[str]) -> Iterator[str]:
    """What follows from the order of things: a picture sampled again larger (hires), a picture started from (img2img)."""
    path = trace.picture_path(outputs)
    stages = _stages(trace, path)
    if any(stage is Stage.RESAMPLED for stage in stages.values()):
        yield "hires"
    elif any("latentupscale" in node.low for node in path):
        yield "upscale"
    samplers = [node for node in path if sampling.is_sampler(node)]
    if found & {"inpaint", "outpaint", "video", "3d", "audio"}:
        return
    guided = bool(found & {guide for guide, _ in _GUIDES})
    if _starts_from_picture(trace, samplers) or _repaints(trace, nodes) or (not guided and _edits(trace, nodes, path)):
        yield "img2img"


class Stage(IntEnum):
    """How far a picture has come at a node."""

    NEW = 0
    SAMPLED = 1
    SCALED = 2
    RESAMPLED = 3


def _stages(trace: Trace, path: list[Node]) -> dict[str, Stage]:
    """The stage at every node of a picture's path, which comes in the order it runs."""
    stages: dict[str, Stage] = {}
    for node in path:
        before = max((stages.get(link[0], Stage.NEW) for _, link in trace.links(node)), default=Stage.NEW)
        if sampling.is_sampler(node):
            stages[node.id] = Stage.RESAMPLED if before >= Stage.SCALED else Stage.SAMPLED
        elif before is Stage.SAMPLED and re.search(r"upscale|upsampl|imagescale|resize", node.low):
            stages[node.id] = Stage.SCALED
        else:
            stages[node.id] = before
    return stages


def brings_picture(node: Node) -> bool:
    """Whether a node brings a picture from outside: a named file, an address, or its bytes written into the graph."""
    if pictures_in([node]):
        return True
    if not _BRINGS.search(node.kind):
        return False
    held = (value for name, value in node.inputs.items() if isinstance(value, str) and _HOLDS.search(name))
    return any(
        value.startswith(("http://", "https://", "data:image")) or (len(value) > 100 and _BASE64.match(value)) for value in held
    )


def _starts_from_picture(trace: Trace, samplers: list[Node]) -> bool:
    """Whether the first sampler begins with a loaded picture and leaves some of it."""
    if not samplers or not any(map(brings_picture, trace.picture_path(samplers[:1]))):
        return False
    denoise = sampling.read_pass(trace, samplers[0]).denoise
    return denoise is None or denoise < 1


def _repaints(trace: Trace, nodes: list[Node]) -> bool:
    """Whether a sampler that is not on the picture's own path (a first stage) keeps some of a loaded picture."""
    for node in [one for one in nodes if sampling.is_sampler(one)][:16]:
        latent = trace.link(node.inputs.get("latent_image"))
        if latent is None or not any(map(brings_picture, trace.picture_path([trace.at(latent)]))):
            continue
        denoise = sampling.read_pass(trace, node).denoise
        if denoise is not None and denoise < 1:
            return True
    return False


def _edits(trace: Trace, nodes: list[Node], path: list[Node]) -> bool:
    """Whether a loaded picture is shown to a model as what to change: by an encoder, a reference, or a service's node."""
    loaded: set[str] = set()
    served = set() if any(sampling.is_sampler(one) for one in path) else {node.id for node in path}
    for node in nodes:
        brought = [name for name, link in trace.links(node) if link[0] in loaded]
        encodes = ("encode" in node.low or node.id in served) and not _TELLS.search(node.kind)
        shown = (
            encodes
            and any(_SHOWN_INPUT.search(name) and not _LIKE_INPUT.search(name) for name in brought)
            and trace.text_keys(node)
        )
        started = node.has("positive") and node.has("vae") and not _controls(trace, node) and any(map(_BEGUN_WITH.match, brought))
        if shown or started or (brought and _EDITS.search(node.kind)):
            return True
        if (brought and not _TELLS.search(node.kind)) or brings_picture(node):
            loaded.add(node.id)
    return False


def _switched_on(node: Node) -> list[str]:
    """The texts of a node without those of a numbered entry that is switched off."""
    off = tuple(
        f"_{name.rpartition('_')[2]}" for name, value in node.inputs.items() if name.startswith("switch_") and value == "Off"
    )
    return [value for name, value in node.inputs.items() if isinstance(value, str) and not (off and name.endswith(off))]


def _strings(node: Node) -> list[str]:
    return [value for value in node.inputs.values() if isinstance(value, str)]


def _spaced(text: str) -> str:
    """Lower case, CamelCase opened, so that a pattern's word edges hold."""
    return re.sub(r"[\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower().replace("_", " ")
