"""A file that says of itself that AI had a part is heard wherever it says so; nothing else is taken for that."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pillow_heif
import pillow_jxl  # noqa: F401  (registers itself)
import pytest
from PIL import Image

from core import files
from core.formats import png
from core.provenance import xmp
from tests.pictures import encoded, scene, with_chunk

_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AI = xmp.packet({"Iptc4xmpExt:DigitalSourceType": _TERMS + "trainedAlgorithmicMedia"})
FIELD = f"<Iptc4xmpExt:DigitalSourceType>{_TERMS}trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>"
CAMERA = AI.replace("trainedAlgorithmicMedia", "digitalCapture")
EMPTY = xmp.packet({"Iptc4xmpExt:AISystemUsed": ""})
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"


def picture() -> Image.Image:
    return scene(7, 48, 32)


def worded(*packets: str, code: str = "utf-8") -> bytes:
    data = encoded(picture())
    for one in reversed(packets):
        data = with_chunk(data, b"iTXt", png.XMP_KEYWORD.encode() + bytes(5) + one.encode(code))
    return data


def texts(keyword: str, text: str) -> bytes:
    return with_chunk(encoded(picture()), b"tEXt", keyword.encode() + b"\0" + text.encode())


def heic() -> bytes:
    file, out = pillow_heif.from_pillow(picture()), io.BytesIO()
    file.info["xmp"] = AI.encode()
    file.save(out)
    return out.getvalue()


def jpeg_with(*bodies: bytes) -> bytes:
    data = encoded(picture(), "JPEG")
    return data[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body for body in bodies) + data[2:]


def commented(text: bytes) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + text
    return encoded(picture(), "JPEG", exif=exif.tobytes())


SAYING: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: worded(AI),
    "a second packet": lambda: worded(CAMERA, AI),
    "twice in one packet": lambda: worded(CAMERA.replace("</rdf:Description>", f"{FIELD}</rdf:Description>")),
    "another spelling of the address": lambda: worded(AI.replace("http:", "https:").replace("trainedA", "TrainedA")),
    "a packet of another form": lambda: worded(AI.replace("rdf:Description", "x:Thing")),
    "a packet with a document type": lambda: worded('<!DOCTYPE x [<!ENTITY a "b">]>' + AI),
    "UTF-16": lambda: worded(AI, code="utf-16"),
    "a composite with synthetic elements": lambda: worded(AI.replace("trainedAlgorithmicMedia", "compositeSynthetic")),
    "the AI that was used": lambda: worded(xmp.packet({"Iptc4xmpExt:AISystemUsed": "Midjourney"})),
    "the prompt": lambda: worded(xmp.packet({"Iptc4xmpExt:AIPromptInformation": "a bay"})),
    "China's label in XMP": lambda: worded(xmp.packet({"TC260:AIGC": '{"Label": "1", "ContentProducer": "x"}'})),
    "China's label in a chunk": lambda: texts("AIGC", '{"Label":"1"}'),
    "China's label in EXIF": lambda: commented(b'{"AIGC":{"Label":"1","ContentProducer":"x"}}'),
    "an extended packet of a JPEG": lambda: jpeg_with(EXTENDED + b"A" * 32 + struct.pack(">II", len(AI), 0) + AI.encode()),
    "TIFF": lambda: encoded(picture(), "TIFF", tiffinfo={700: AI.encode()}),
    "WebP": lambda: encoded(picture(), "WEBP", xmp=AI.encode()),
    "AVIF": lambda: encoded(picture(), "AVIF", xmp=AI.encode()),
    "HEIC": heic,
    "JPEG XL": lambda: encoded(picture(), "JXL", xmp=AI.encode()),
}


@pytest.mark.parametrize("name", SAYING)
def test_a_claim_of_ai_is_heard_wherever_it_stands(name: str) -> None:
    found = files.examine(SAYING[name](), "x").claims_ai
    assert "lgorithmicMedia" in found["source_type"]


@pytest.mark.parametrize(
    "data",
    [
        worded(CAMERA),
        worded(EMPTY),
        worded(xmp.packet({"TC260:AIGC": '{"Label": "2"}'})),
        worded(xmp.packet({"photoshop:Credit": "AISystemUsed"})),
        texts("Comment", "Label: 1, not by an AI"),
        texts("AIGC", '{"Label":"10"}'),
    ],
    ids=["a camera", "an empty field", "only suspected", "the name of a field", "words", "another label"],
)
def test_what_says_nothing_of_ai_is_not_taken_for_it(data: bytes) -> None:
    assert files.examine(data, "x").claims_ai == {}
