"""Finds what decodes, inflates or parses bytes without a sandbox: by the source alone, which names which."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = ("hooks", "bot", "core", "storage")
READERS = {
    "PIL.Image.open", "PIL.ImageFont.truetype", "PIL.ImageCms.ImageCmsProfile", "PIL.ImageCms.getOpenProfile",
    "json.loads", "json.load", "zipfile.ZipFile", "tarfile.open", "tarfile.TarFile",
    "zlib.decompress", "zlib.decompressobj", "gzip.decompress", "gzip.open", "gzip.GzipFile", "bz2.decompress",
    "bz2.BZ2Decompressor", "lzma.decompress", "lzma.LZMADecompressor", "brotli.decompress", "zstandard.ZstdDecompressor",
    "pickle.loads", "pickle.load", "marshal.loads", "plistlib.loads", "yaml.load", "yaml.safe_load",
    "xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.parse", "xml.dom.minidom.parseString", "lxml.etree.fromstring",
    "defusedxml.ElementTree.fromstring", "defusedxml.ElementTree.parse", "defusedxml.ElementTree.iterparse",
    "cv2.imdecode", "cv2.imread", "cv2.VideoCapture", "av.open", "soundfile.read", "numpy.load", "numpy.fromfile",
    "c2pa.Reader", "c2pa.Builder", "trimesh.load", "pypdf.PdfReader", "pillow_heif.open_heif",
}  # fmt: skip
"""What makes something of bytes that others wrote. TOML is not among it: only files that come with Slate are TOML."""

Place = tuple[str, str]
"""A module, and a function, class or variable at its top."""


@dataclass
class Source:
    """A module: what its names stand for, and what each of its parts names."""

    module: str
    names: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[ast.stmt]] = field(default_factory=dict)
    sandboxed: set[str] = field(default_factory=set)


def sources(root: Path = ROOT) -> dict[str, Source]:
    """All modules by name, but the simulated ComfyUI, which stands for another machine and holds nothing of Slate's."""
    found = {}
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*.py")):
            if "versions" not in path.parts and path.relative_to(root).parts[:2] != ("hooks", "simulator"):
                module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
                found[module] = source(module, path.read_text("utf-8"))
    return found


def source(module: str, text: str) -> Source:
    told = Source(module)
    for node in ast.walk(tree := ast.parse(text)):
        if isinstance(node, ast.Import):
            told.names |= {one.asname or _top(one.name): one.name if one.asname else _top(one.name) for one in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            told.names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value.func) == "Late":
            (late,) = node.value.args[:1]
            told.names |= {str(_name(one)): str(late.value) for one in node.targets if isinstance(late, ast.Constant)}
    for node in tree.body:
        for name in _defined(node):
            told.parts.setdefault(name, []).append(node)
            told.names.setdefault(name, f"{module}.{name}")
            if any(_name(one) in ("sandboxed", "sandbox.sandboxed") for one in getattr(node, "decorator_list", [])):
                told.sandboxed.add(name)
    return told


def _top(name: str) -> str:
    return name.partition(".")[0]


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        yield from (one.id for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
                    for one in ast.walk(target) if isinstance(one, ast.Name))  # fmt: skip
    elif not isinstance(node, ast.Import | ast.ImportFrom):
        yield "<module>"


def _name(node: ast.expr) -> str | None:
    """`a.b.c` as text; None for what is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (inner := _name(node.value)):
        return f"{inner}.{node.attr}"
    return None


def _mentioned(node: ast.AST) -> Iterator[str]:
    """The plain names in a piece of code, but for those that only say of what type something is."""
    if isinstance(node, ast.expr) and (name := _name(node)):
        yield name
        return
    for key, value in ast.iter_fields(node):
        if key in ("annotation", "returns"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield from _mentioned(one)


def unsandboxed(known: dict[str, Source], allowed: Collection[str] = ()) -> dict[str, set[str]]:
    """Place that names a reader -> the outermost places from which it is got to outside the sandbox, as `module.name`.

    A place is in the sandbox when it is marked so, or when all that name it are; one that nobody names is outside. Ways through
    what is `allowed` do not count.
    """
    callers: dict[Place, set[Place]] = {}
    reading: set[Place] = set()
    for told in known.values():
        for part, nodes in told.parts.items():
            for name in {one for node in nodes for one in _mentioned(node)}:
                first, _, rest = name.partition(".")
                if first not in told.names:
                    continue
                full = told.names[first] + (f".{rest}" if rest else "")
                if full in READERS:
                    reading.add((told.module, part))
                elif full in known:  # a module in a table: whatever is in it may be called
                    for one in known[full].parts:
                        callers.setdefault((full, one), set()).add((told.module, part))
                elif (place := _place(known, full)) and place != (told.module, part):
                    callers.setdefault(place, set()).add((told.module, part))
    roots = {".".join(one): _outermost(known, callers, one, allowed) for one in reading}
    return {place: {".".join(one) for one in above} for place, above in roots.items() if above}


def _place(known: dict[str, Source], full: str, hops: int = 5) -> Place | None:
    """Where a full name is defined, through modules that hand it on."""
    pieces = full.split(".")
    for end in range(len(pieces) - 1, 0, -1):
        module, name = ".".join(pieces[:end]), pieces[end]
        if told := known.get(module):
            if name in told.parts:
                return module, name
            on = told.names.get(name)
            return _place(known, ".".join([on, *pieces[end + 1 :]]), hops - 1) if on and hops else None
    return None


def _outermost(known: dict[str, Source], callers: dict[Place, set[Place]], start: Place, allowed: Collection[str]) -> set[Place]:
    """The places outside the sandbox from which nobody is named further up, on all ways to `start`."""
    seen, waiting, found = {start}, [start], set[Place]()
    while waiting:
        place = waiting.pop()
        if place[1] in known[place[0]].sandboxed or ".".join(place) in allowed:
            continue
        above = callers.get(place, set())
        if not above:
            found.add(place)
        for one in above - seen:
            seen.add(one)
            waiting.append(one)
    return found
