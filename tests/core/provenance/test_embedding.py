"""Words go into every kind of file without touching its pixels, independent readers see them, and they come out again."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from core.comfyui import facts
from core.errors import BadPicture
from core.formats import id3
from core.provenance import disclosure, embed, statement, xmp
from core.provenance.carriers import carrier_of
from core.provenance.disclosure import SourceType
from core.provenance.statement import FileFacts, Made
from core.provenance.xmp import Policy
from tests.core.graphs import image_to_image, text_to_image
from tests.pictures import SAMPLES, encoded, scene

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = "a lighthouse ☃\nNegative prompt: blurry\nSteps: 2, Sampler: Euler, Seed: 42"


def stated(**more: object) -> dict[str, object]:
    made = Made(
        render_code="R-PF3D", member="Mia <3", client="Acme", project="acme-spring", workflow="text-to-image", version=2,
        content_hash="ab" * 32, started_at=NOON, finished_at=NOON, graph=text_to_image(), comfyui_version="0.33.0",
    )  # fmt: skip
    file = FileFacts(filename="a.png", ordinal=0, mime="image/png", source_sha256="cd" * 32, pixel_sha256="ef" * 32)
    return statement.make(made, file, facts.read(text_to_image())) | more


def untagged(data: bytes) -> bytes:
    return data[id3.length(data) :]


def sources() -> dict[str, tuple[str, bytes]]:
    """A file of every kind and shape that words are written into: name -> (media type, bytes)."""
    exif = Image.Exif()
    exif[0x010E] = "theirs"
    profile = Image.core.__name__.encode()  # any bytes do as a profile for JPEG
    return {
        "png": ("image/png", (SAMPLES / "comfyui_diffusion.png").read_bytes()),
        "apng": ("image/png", (SAMPLES / "comfyui_animated.png").read_bytes()),
        "jpeg": ("image/jpeg", encoded(scene(1), "JPEG", icc_profile=profile)),
        "jpeg with exif": ("image/jpeg", encoded(scene(1), "JPEG", exif=exif.tobytes())),
        "progressive jpeg": ("image/jpeg", encoded(scene(1), "JPEG", progressive=True)),
        "webp": ("image/webp", encoded(scene(1), "WEBP")),
        "lossless webp": ("image/webp", encoded(scene(1).convert("RGBA"), "WEBP", lossless=True)),
        "webp with alpha": ("image/webp", encoded(Image.new("RGBA", (31, 17), (9, 9, 9, 90)), "WEBP")),
        "animated webp": ("image/webp", (SAMPLES / "comfyui_animated.webp").read_bytes()),
        "gif": ("image/gif", encoded(scene(1), "GIF")),
        "animated gif": ("image/gif", encoded(scene(1), "GIF", save_all=True, append_images=[scene(2)], loop=0)),
        "avif": ("image/avif", encoded(scene(1), "AVIF")),
        "mp4": ("video/mp4", (SAMPLES / "comfyui_video.mp4").read_bytes()),
        "webm": ("video/webm", (SAMPLES / "comfyui_video.webm").read_bytes()),
        "flac": ("audio/flac", (SAMPLES / "comfyui_audio.flac").read_bytes()),
        "mp3": ("audio/mpeg", (SAMPLES / "comfyui_audio.mp3").read_bytes()),
        "mp3 without a tag": ("audio/mpeg", untagged((SAMPLES / "comfyui_audio.mp3").read_bytes())),
        "opus": ("audio/ogg", (SAMPLES / "comfyui_audio.opus").read_bytes()),
        "glb": ("model/gltf-binary", (SAMPLES / "comfyui_cube.glb").read_bytes()),
    }


@pytest.mark.parametrize("name", sources())
def test_what_goes_in_comes_out_and_the_pixels_stay(name: str) -> None:
    mime, source = sources()[name]
    packet = xmp.write(stated(), Policy(provider="Studio & Söhne"))

    marked = embed.embed(source, mime, embed.record_of(stated()), TEXT, packet)

    assert embed.strip(marked, mime) == source
    record = embed.read(marked, mime)
    assert record is not None
    assert record["statement"] == stated()
    assert xmp.read(embed.xmp_in(marked, mime))["photoshop:Credit"] == "Studio & Söhne"
    assert embed.strip(embed.embed(marked, mime, embed.record_of({"by": "Ada"}), TEXT, packet), mime) == source
    if mime.startswith("image/"):
        assert _frames(marked) == _frames(source)


def _frames(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            found.append(image.convert("RGBA").tobytes())
        return found


def test_what_a_file_brought_itself_is_neither_doubled_nor_replaced() -> None:
    theirs = xmp.packet({"photoshop:Credit": "theirs"})
    for mime, kind in (("image/jpeg", "JPEG"), ("image/webp", "WEBP"), ("image/avif", "AVIF")):
        source = encoded(scene(1), kind, xmp=theirs.encode())
        marked = embed.embed(source, mime, embed.record_of(stated()), "", xmp.write(stated(), Policy(provider="ours")))
        assert b">ours<" not in marked
        assert theirs.encode() in marked
        assert embed.strip(marked, mime) == source


def test_a_record_longer_than_a_jpeg_segment_is_kept_in_pieces() -> None:
    long = stated(note="x" * 300_000)
    source = encoded(scene(1), "JPEG")

    marked = embed.embed(source, "image/jpeg", embed.record_of(long), TEXT)

    assert (embed.read(marked, "image/jpeg") or {})["statement"] == long
    assert embed.strip(marked) == source


@pytest.mark.parametrize("name", ["jpeg", "webp", "gif", "mp4", "avif"])
def test_a_file_that_is_cut_off_is_refused_or_left_alone_never_broken_further(name: str) -> None:
    mime, source = sources()[name]
    carrier = carrier_of(mime)
    assert carrier is not None
    for length in (13, 30, 60, len(source) // 2):
        try:
            marked = carrier.insert(source[:length], {"xmp": "<x/>"})
        except BadPicture:
            continue
        assert marked.startswith(source[:4])


# Independent readers


@pytest.fixture
def exiftool() -> str:
    found = shutil.which("exiftool")
    if found is None:
        from tests.conftest import missing

        missing("exiftool", "apt-get install libimage-exiftool-perl")
    assert found is not None
    return found


@pytest.mark.parametrize("name", [name for name in sources() if name not in ("webm", "flac", "opus", "glb")])
def test_exiftool_reads_what_was_written(name: str, exiftool: str, tmp_path: Path) -> None:
    mime, source = sources()[name]
    policy = Policy(provider="Studio", aigc_producer="Studio GmbH", people=True)
    marked = embed.embed(source, mime, embed.record_of(stated()), TEXT, xmp.write(stated(), policy))
    (tmp_path / "file").write_bytes(marked)

    done = subprocess.run([exiftool, "-j", str(tmp_path / "file")], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)[0]

    assert "Error" not in told
    assert told["DigitalSourceType"] == SourceType.TRAINED.value
    assert told["AISystemUsed"].startswith("ComfyUI")
    assert told["AISystemVersionUsed"] == "0.33.0"
    assert told["AIPromptInformation"].replace("..", "\n").startswith("a lighthouse at dusk")
    assert told["AIPromptWriterName"] == "Mia <3"
    assert told["DataMining"].endswith("DMI-PROHIBITED-AIMLTRAINING") or "AI/ML" in told["DataMining"]
    assert json.loads(xmp.read(embed.xmp_in(marked, mime))["TC260:AIGC"])["Label"] == "1"
    if "parameters" not in embed.left_out(marked, mime, "parameters"):
        assert "Seed: 42" in str(told.get("Parameters") or told.get("UserComment"))


@pytest.mark.parametrize("name", ["webm", "flac", "opus"])
def test_exiftool_finds_the_packet_among_the_tags_of_films_and_sounds(name: str, exiftool: str, tmp_path: Path) -> None:
    """It does not look into it there; of GLB it knows nothing."""
    mime, source = sources()[name]
    packet = xmp.write(stated(), Policy(provider="Studio"))
    (tmp_path / "file").write_bytes(embed.embed(source, mime, embed.record_of(stated()), TEXT, packet))

    done = subprocess.run([exiftool, "-ee", "-j", str(tmp_path / "file")], capture_output=True, text=True, check=True)
    told = {key.lower(): value for key, value in json.loads(done.stdout)[0].items()}

    assert not {"error", "warning"} & told.keys()
    assert xmp.read(told["xmp"])["Iptc4xmpExt:DigitalSourceType"] == SourceType.TRAINED.value
    assert json.loads(told["slaterecord"])["schema"] == "slate.record/1"
    assert told["prompt"].startswith("{"), "ComfyUI's own tags are where they were"


def test_pillow_reads_the_packet_and_galleries_find_the_parameters() -> None:
    packet = xmp.write(stated(), Policy())
    for mime, kind in (("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")):
        marked = embed.embed(encoded(scene(1), kind), mime, None, TEXT, packet)
        with Image.open(io.BytesIO(marked)) as image:
            image.load()
            description = image.getxmp()["xmpmeta"]["RDF"]["Description"]
            text = image.info.get("parameters") or image.getexif().get_ifd(0x8769)[0x9286][8:].decode("utf-16-be")
        assert description["DigitalSourceType"] == SourceType.TRAINED.value
        assert text == TEXT


# XMP from others


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        "<x><y></x>",
        "not xml at all",
        "<x>" * 100_000,
        xmp.packet({"photoshop:Credit": "x" * 3_000_000}),
    ],
    ids=["entities", "external entity", "broken", "text", "deep", "huge"],
)
def test_a_hostile_packet_says_nothing(hostile: str) -> None:
    assert xmp.read(hostile) == {}


def test_attributes_lists_and_resources_are_read_like_elements() -> None:
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:Credit="them" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq>'
        "<rdf:li>Ada</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    assert xmp.read(text) == {"photoshop:Credit": "them", "dc:creator": "Ada"}


# What a picture must say of its own making


def test_the_type_is_computed_from_the_graph() -> None:
    picture = {"asset": "A-7Q0D", "sha256": "0123456789abcdef0123" + "0" * 44, "input": "image", "source_type": ""}
    uploaded = "slate/R-4F2K/0123456789abcdef0123.png"
    i2i = image_to_image()
    loader = next(node for node in i2i.values() if node["class_type"] == "LoadImage")
    loader["inputs"]["image"] = uploaded
    upscale = {
        "1": {"class_type": "LoadImage", "inputs": {"image": uploaded}},
        "2": {"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}},
    }
    guided = text_to_image()
    guided["90"] = {"class_type": "LoadImage", "inputs": {"image": uploaded}}
    sampler = next(node for node in guided.values() if node["class_type"] == "KSampler")
    guided["91"] = {
        "class_type": "ControlNetApply",
        "inputs": {"conditioning": sampler["inputs"]["positive"], "image": ["90", 0], "control_net": ["92", 0], "strength": 1.0},
    }
    guided["92"] = {"class_type": "ControlNetLoader", "inputs": {"control_net_name": "depth.safetensors"}}
    sampler["inputs"]["positive"] = ["91", 0]

    def judged(graph: dict[str, dict[str, object]], *parents: dict[str, str]) -> tuple[str, str, str, str]:
        said = disclosure.judge(graph, facts.read(graph), parents)
        return said.how, said.source_type.term, said.base, said.done

    ai = picture | {"source_type": SourceType.TRAINED.value}
    assert judged(text_to_image()) == ("created", "trainedAlgorithmicMedia", "", "")
    assert judged(i2i, picture) == ("altered", "compositeWithTrainedAlgorithmicMedia", "image", "edited")
    assert judged(guided, picture) == ("created", "compositeWithTrainedAlgorithmicMedia", "", "")
    assert judged(upscale, picture) == ("altered", "algorithmicallyEnhanced", "image", "resized")
    assert judged(upscale, ai) == ("altered", "trainedAlgorithmicMedia", "image", "resized")


def test_a_statement_knows_its_graph_its_software_and_its_line_of_work() -> None:
    told = stated()
    assert str(told["id"]).startswith("urn:uuid:")
    assert told["id"] == stated()["id"]
    assert len(str(told["graph_hash"])) == 64
    assert told["session"] == "R-PF3D"
    assert [one["name"] for one in told["software"]] == ["ComfyUI", "Slate", "Slate graph reader"]  # type: ignore[attr-defined]
    assert told["disclosure"]["source_type"] == SourceType.TRAINED.value  # type: ignore[index]
