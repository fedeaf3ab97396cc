"""What left together as one ZIP: the files, a manifest as JSON and as CSV, the licences, and what a file cannot carry."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from typing import IO, Any

from core.desk import Desk
from core.exports import redact, transcode
from core.exports.export import Left
from core.files import stored
from core.provenance import policies
from core.provenance.carriers import carrier_of
from core.provenance.disclosure import Disclosure
from core.text.cells import tame

_TIME = (1980, 1, 1, 0, 0, 0)
_COLUMNS = ("file", "asset", "sha256", "mime", "width", "height", "disclosure", "sealed_by", "status", "licences", "lost")


def zipped(desk: Desk, left: Sequence[Left]) -> str:
    """The digest of the package, which is in the store then and never held whole. Raises BlobMissing, StoreError, DiskFull."""
    with tempfile.TemporaryFile() as file:
        _write(desk, left, file)
        return stored.put_file(desk, file)


def _write(desk: Desk, left: Sequence[Left], file: IO[bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
        for one in left:
            _put_stored(desk, package, one)
            if carrier_of(one.asset.mime) is None:
                rules = redact.policy(one.ready.whole.profile, policies.of(desk.settings))
                told, packet = transcode.sidecar(one.ready.view, redact.packet(one.ready.view, rules))
                _put(package, f"{one.export.filename}.json", told)
                _put(package, f"{one.export.filename}.xmp", packet)
        rows = [row_of(one) for one in left]
        _put(
            package,
            "manifest.json",
            json.dumps({"schema": "slate.package/1", "files": rows}, indent=2, ensure_ascii=False).encode(),
        )
        _put(package, "manifest.csv", table(rows).encode("utf-8-sig"))
        _put(package, "LICENCES.txt", licences(left).encode())


def row_of(one: Left) -> dict[str, Any]:
    """One file of the package, as its profile lets it be told."""
    whole, asset = one.ready.whole, one.asset
    telling_licences = whole.profile.whole or whole.profile.licences
    row: dict[str, Any] = {
        "file": one.export.filename,
        "asset": whole.asset.code,
        "sha256": asset.sha256,
        "mime": asset.mime,
        "width": asset.width,
        "height": asset.height,
        "disclosure": said.source_type.value
        if (said := Disclosure.told(whole.stated))
        else str((whole.stated.get("carried") or {}).get("source_type") or ""),
        "sealed_by": str(asset.seal.get("signer") or ""),
        "status": whole.asset.status,
        "licences": redact.licences(whole.stated) if telling_licences else [],
        "lost": list(one.export.lost),
    }
    if whole.profile.whole or whole.profile.models:
        row["models"] = [
            {"name": one.get("name"), "sha256": one.get("sha256"), "licence": one.get("licence")} for one in whole.asset.models
        ]
    return row


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as CSV; a cell that a spreadsheet would take for a formula is made text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = [
            "; ".join(value) if isinstance(value := row[name], list) else str(value if value is not None else "")
            for name in _COLUMNS
        ]
        writer.writerow(map(tame, cells))
    return out.getvalue()


def licences(left: Sequence[Left]) -> str:
    """Which licences apply to which files, as far as they are known and told."""
    lines = ["Licences of the models these files were made with.", ""]
    for one in left:
        row = row_of(one)
        lines.append(f"{row['file']}: {', '.join(row['licences']) or 'not told' if row['licences'] else 'none known or told'}")
    return "\n".join([*lines, ""])


def _put(package: zipfile.ZipFile, name: str, data: bytes) -> None:
    compress = zipfile.ZIP_DEFLATED if name.endswith((".json", ".csv", ".txt", ".xmp")) else zipfile.ZIP_STORED
    package.writestr(_entry(name), data, compress_type=compress)


def _put_stored(desk: Desk, package: zipfile.ZipFile, one: Left) -> None:
    """A copy, as it is in the store, a piece at a time."""
    entry = _entry(one.export.filename)
    entry.file_size = stored.prove(desk, one.asset.sha256, name=one.asset.code)
    with package.open(entry, "w") as there:
        for piece in stored.pieces(desk, one.asset.sha256, name=one.asset.code):
            there.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    """With a fixed time, so that the same files make the same package."""
    entry = zipfile.ZipInfo(name, _TIME)
    entry.external_attr = 0o644 << 16
    return entry
