"""What survives which way out: the table in docs/provenance.md is made here, and kept true."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core import files
from core.desk import Desk
from core.errors import BackendUnreachable
from core.exports import profiles, strip, transcode
from core.exports.transcode import Original
from core.operations import selftest
from core.operations.findings import State
from core.provenance import embed, policies, xmp
from core.provenance.seal import keys, manifest, sign
from core.provenance.watermark import apply
from core.settings import Settings
from core.verification import survival
from core.verification.survival import LAYERS
from storage.blobs import open_blobs
from storage.database import Database
from storage.queue import Queue
from tests.core.graphs import text_to_image
from tests.core.provenance.test_embedding import TEXT, stated
from tests.pictures import SAMPLES, comfy_png, encoded, scene

DOCS = Path(__file__).parents[3] / "docs" / "provenance.md"
KINDS = {
    "PNG": ("image/png", lambda: comfy_png(scene(1, 512, 384), text_to_image())),
    "JPEG": ("image/jpeg", lambda: encoded(scene(1, 512, 384), "JPEG", quality=92)),
    "WebP": ("image/webp", lambda: encoded(scene(1, 512, 384), "WEBP", quality=92)),
    "AVIF": ("image/avif", lambda: encoded(scene(1, 512, 384), "AVIF")),
    "GIF": ("image/gif", lambda: encoded(scene(1, 512, 384), "GIF")),
    "WebM": ("video/webm", lambda: (SAMPLES / "comfyui_video.webm").read_bytes()),
    "FLAC": ("audio/flac", lambda: (SAMPLES / "comfyui_audio.flac").read_bytes()),
    "MP3": ("audio/mpeg", lambda: (SAMPLES / "comfyui_audio.mp3").read_bytes()),
    "Opus": ("audio/ogg", lambda: (SAMPLES / "comfyui_audio.opus").read_bytes()),
    "GLB": ("model/gltf-binary", lambda: (SAMPLES / "comfyui_cube.glb").read_bytes()),
    "MP4": ("video/mp4", lambda: (SAMPLES / "comfyui_video.mp4").read_bytes()),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data=tmp_path_factory.mktemp("house"), team="Studio", watermark="own")
    keys.init(settings.keys, "Studio")
    return settings


def sealed(own: Settings, name: str) -> tuple[str, bytes]:
    mime, make = KINDS[name]
    policy = policies.of(own)
    data = make()
    _, image = files.look(data, name, files.limits_of(own))
    marked = apply.mark(own, data, image, name, words={})
    told = stated() | ({"mark": dict(marked.told)} if marked.told else {})
    words = embed.embed(marked.data, mime, embed.record_of(told), TEXT, xmp.write(told, policy))
    return mime, sign.seal(own, words, mime, manifest.of_output(told, policy, [])).data


def ways(own: Settings, mime: str, data: bytes) -> dict[str, bytes]:
    """Way out -> what comes of the file."""
    original = Original("A-0001", data, mime, stated())
    policy = policies.of(own)

    def left(profile: str, **rules: object) -> bytes:
        return transcode.copy(own, original, replace(profiles.named(profile), **rules), policy).data

    found = {"original by link, team, archive": left("team"), "export client": left("client")}
    if mime.startswith("image/"):
        found["export client, JPEG, smaller"] = left("client", format="jpeg", size=300)
        found["export public"] = left("public")
        with Image.open(io.BytesIO(data)) as image:
            plain = image.convert("RGB")
        found["metadata stripped, same pixels"] = strip.bare(data, mime) if mime in strip.LOSSLESS else encoded(plain)
        found["saved again as JPEG 80"] = encoded(plain, "JPEG", quality=80)
        found["chat preview, 550 px WebP"] = encoded(plain.resize((550, 412)), "WEBP", quality=80)
    return found


def rows(own: Settings) -> list[str]:
    marks = {"kept": "kept", "changed": "new", "lost": "–", "none": " "}
    lines = ["| | " + " | ".join(LAYERS) + " |", "|---|" + "---|" * len(LAYERS)]
    for name in KINDS:
        mime, data = sealed(own, name)
        for way, after in ways(own, mime, data).items():
            layers = dict(survival.compare(own, data, after).layers)
            lines.append(f"| {name}: {way} | " + " | ".join(marks[layers[layer]] for layer in LAYERS) + " |")
    return lines


def test_the_table_in_the_documentation_is_what_happens(own: Settings) -> None:
    made = "\n".join(rows(own))
    documented = DOCS.read_text(encoding="utf-8").split("<!-- survival -->")[1].split("<!-- /survival -->")[0].strip()
    assert documented == made, f"docs/provenance.md is behind; it should be:\n{made}"


def test_a_file_that_cannot_be_read_any_more_has_lost_all(own: Settings) -> None:
    _, data = sealed(own, "PNG")
    assert set(survival.compare(own, data, b"gone").layers.values()) == {"lost"}
    assert survival.compare(own, data, data).recognisable


class Chat:
    """A chat of one's own: it does `change` to what goes through it."""

    def __init__(self, name: str, change: object) -> None:
        self.name, self.change = name, change
        self.kept: dict[str, bytes] = {}

    def post(self, data: bytes, filename: str) -> str:
        if self.change is None:
            raise BackendUnreachable("The chat does not answer.")
        self.kept[filename] = self.change(data) if callable(self.change) else data
        return filename

    def fetch(self, ref: str) -> bytes:
        return self.kept[ref]

    def remove(self, ref: str) -> None:
        del self.kept[ref]


def test_the_self_test_tells_what_each_chat_does_and_leaves_nothing_there(own: Settings, sqlite_url: str) -> None:
    own = own.model_copy(update={"database_url": sqlite_url})
    desk = Desk(own, Database(own.database), open_blobs(own.blobs), Queue("redis://nobody"))

    def strips(data: bytes) -> bytes:
        with Image.open(io.BytesIO(data)) as image:
            return encoded(image.convert("RGB"), "JPEG", quality=85)

    chats = [Chat("keeps", "as it is"), Chat("strips", strips), Chat("is away", None)]
    outcomes = selftest.run(desk, chats)

    by_place = {name: [one for one in outcomes if one.place == name] for name in ("keeps", "strips", "is away")}
    assert all(set(one.layers.values()) - {"none"} == {"kept"} for one in by_place["keeps"])
    assert [one.layers["watermark"] for one in by_place["strips"]] == ["kept", "kept", "none", "none"]
    assert all(one.layers["seal"] == "lost" and one.layers["fingerprint"] == "kept" for one in by_place["strips"])
    assert {one.problem for one in by_place["is away"]} == {"The chat does not answer."}
    assert all(not chat.kept for chat in chats)
    told = list(selftest.last(desk))
    assert [one.state for one in told] == [State.FINE, State.WARNING, State.WARNING]
    assert "loses" in told[1].text
