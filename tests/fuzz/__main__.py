"""Throws bytes at the readers, guided by which of their lines are reached (atheris, libFuzzer).

    make fuzz                                    every reader for half a minute
    python -m tests.fuzz --seconds 600 png xmp   two of them for ten minutes each

Each target runs in a process of its own, which begins with the seeds and what earlier runs found worth keeping. What breaks a
reader is written to `--kept` and told at the end; put it below `tests/data/fuzz/TARGET` when it is mended.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_LONGEST = 20_000
_SLOWEST, _MEMORY = 10, 1_500
"""Seconds and MiB that one input may take."""


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("target", nargs="*")
    asked.add_argument("--seconds", type=int, default=30, help="for each target")
    asked.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "slate-fuzz")
    asked.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.inside:
        return _fuzz(given.target[0], given.seconds, given.kept)
    from tests.fuzz.targets import TARGETS

    unknown = set(given.target) - set(TARGETS)
    if unknown:
        asked.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    broken = [name for name in given.target or TARGETS if _one(name, given.seconds, given.kept)]
    print(f"broken: {', '.join(broken)}; see {given.kept}" if broken else "nothing broke")
    return 1 if broken else 0


def _one(name: str, seconds: int, kept: Path) -> bool:
    """Run one target in a process of its own; whether it broke."""
    command = [sys.executable, "-m", "tests.fuzz", "--inside", "--seconds", str(seconds), "--kept", str(kept), name]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = done.stderr + done.stdout
    counts = re.findall(r"#(\d+)\t\w+\s+(?:cov: (\d+))?", told) or [("0", "0")]
    print(f"{name:<12} {int(counts[-1][0]):>10,} inputs  {counts[-1][1] or 0:>5} edges  {time.monotonic() - began:4.0f} s"
          f"  {'fine' if done.returncode == 0 else 'BROKEN'}", flush=True)  # fmt: skip
    if done.returncode:
        (kept / f"{name}.log").write_text(told[-20_000:])
    return done.returncode != 0


def _fuzz(name: str, seconds: int, kept: Path) -> int:
    import atheris

    with atheris.instrument_imports(include=["core", "storage"]):
        from core.security.sandbox import process
        from tests.fuzz.targets import TARGETS, finds
    process.inside = True  # the readers run here, where their lines are seen
    corpus, broken = kept / "corpus" / name, kept / "broken"
    corpus.mkdir(parents=True, exist_ok=True)
    broken.mkdir(parents=True, exist_ok=True)
    for data in [*TARGETS[name].seeds(), *(path.read_bytes() for target, path in finds() if target == name)]:
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    limits = [f"-max_len={_LONGEST}", f"-timeout={_SLOWEST}", f"-rss_limit_mb={_MEMORY}", f"-max_total_time={seconds}"]
    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={broken}/{name}-", *limits], TARGETS[name].run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
