"""What decodes, inflates or parses bytes of others runs in the sandbox; what does not stands here with its reason."""

from __future__ import annotations

import pytest

from core.exports import strip
from tests.fuzz.box_readers import TARGETS_OF, UNFUZZED
from tests.fuzz.targets import TARGETS
from tests.reading_outside import Source, source, sources, unsandboxed

ALLOWED: dict[str, str] = {
    "core.comfyui.body.read_body": "inflates an answer of a ComfyUI piece by piece and stops at its limit",
    "core.comfyui.identity.identify": "of the workflows that come with Slate; those of others go through `identity`",
    "core.comfyui.graph.parse": "reads text only in the sandbox; elsewhere it is given a graph that was read already",
    "core.events.recording._plain": "a value of Slate's own, there and back",
    "core.exports.package.zipped": "writes a ZIP of Slate's own, reads none",
    "core.exports.transcode._not_carried": "asks only whether anything can be written into a kind of file",
    "core.files.reparse._plain": "a value of Slate's own, there and back",
    "core.formats.bounded_json.value": "JSON whose length and number of values were counted before",
    "core.generators.table.table": "makes a page of the documents of the recognisers' own examples",
    "core.generators.a1111.parse": "for tests of what Slate writes itself",
    "core.importing.sources.zip_files._unpacked": "inflates in pieces, no more than the list says, which the sandbox read",
    "core.operations.doctor._web_answers": "2,000 bytes of Slate's own web process",
    "core.operations.selftest.last": "a file that Slate wrote into its data folder",
    "core.pictures.keypoints._basis": "a file that comes with Slate",
    "core.provenance.card.faces.FontFace": "fonts of Slate and of this machine",
    "core.provenance.card.faces.emoji_face": "fonts of Slate and of this machine",
    "core.provenance.card.system_fonts._opens": "fonts of Slate and of this machine",
    "core.provenance.seal.sign._sealed": "to stamp what the sandbox got through, and to sign a picture that Slate just wrote",
    "core.provenance.watermark.apply.mark": "for tests and figures; Slate itself calls carry_out, in the sandbox",
    "core.provenance.disclosure.base_of": "walks the graph that Slate handed in itself",
    "core.workflows.library._read": "a file that comes with Slate",
    "bot.slack.forms.carried": "what Slate put into a form of its own, brought back by Slack's signed request",
    "storage.files.raw_metadata.unpack": "what Slate packed itself, unpacked no further than it packs",
    "storage.presence.present": "what Slate's processes wrote into Redis",
    "storage.search.tally._parts": "a column that Slate wrote",
}
"""Ways to a reader that begin outside the sandbox, and why each may."""


def test_the_kinds_that_are_made_bare_are_those_that_something_makes_bare() -> None:
    """Two lists, so that whoever asks for the kinds does not name what reads them."""
    assert strip._MAKERS.keys() == strip.LOSSLESS


@pytest.fixture(scope="module")
def known() -> dict[str, Source]:
    return sources()


def test_whatever_reads_foreign_bytes_runs_in_the_sandbox(known: dict[str, Source]) -> None:
    assert unsandboxed(known, ALLOWED) == {}


def test_every_module_that_the_sandbox_carries_out_has_fuzz_targets_or_a_reason_why_not(known: dict[str, Source]) -> None:
    marked = {told.module for told in known.values() if told.sandboxed}
    assert marked == TARGETS_OF.keys() | UNFUZZED.keys()
    assert {target for some in TARGETS_OF.values() for target in some} <= TARGETS.keys()


def test_nothing_is_allowed_that_is_not_there(known: dict[str, Source]) -> None:
    """An entry that is needed no more would let something else in under its name."""
    places = {f"{told.module}.{part}" for told in known.values() for part in told.parts}
    assert sorted(ALLOWED.keys() - places) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import json\ndef f(b): return json.loads(b)", True),
        ("from PIL import Image\ndef f(b): return Image.open(b)", True),
        ("from core.security.sandbox import sandboxed\nimport json\n@sandboxed\ndef f(b): return json.loads(b)", False),
        ("import json\ndef g(b): return json.loads(b)\n@sandboxed\ndef f(b): return g(b)", False),
        ("import json\ndef g(b): return json.loads(b)\n@sandboxed\ndef f(b): return g(b)\ndef h(b): return g(b)", True),
        ("import json\nREAD = {'a': json.loads}\ndef f(b): return READ['a'](b)", True),
        ("import json\nclass A:\n    def f(self, b): return json.loads(b)", True),
        ("from storage.late_import import Late\nImage = Late('PIL.Image')\ndef f(b): return Image.open(b)", True),
        ("import json\nif f(1):\n    json.loads('1')", True),
        ("import json\ndef f(b): return json.dumps(b)", False),
    ],
)
def test_the_search_finds_each_way_to_a_reader(text: str, found: bool) -> None:
    assert bool(unsandboxed({"core.a": source("core.a", text)})) is found
