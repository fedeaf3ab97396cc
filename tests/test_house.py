"""The rules of the house, kept by tests: where SQL may stand, how modules introduce themselves, how long they may grow."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
FLOORS = ("hooks", "bot", "core", "storage")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if "versions" not in path.parts)
MODULES = [path for path in SOURCES if path.read_text().strip()]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_modules_first_line_says_what_it_is_for() -> None:
    said = {name(path): (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0] for path in MODULES}
    assert [path for path, line in said.items() if not line.endswith((".", "?", ":"))] == []


def test_no_file_grows_beyond_one_thought() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 120


def test_no_floor_is_a_corridor() -> None:
    """What belongs together has a package of its own; a floor's root holds what all of them share."""
    assert {floor: count for floor in FLOORS if (count := len(list((ROOT / floor).glob("*.py")))) > 15} == {}


def test_every_package_is_in_the_table_of_rooms_and_no_other() -> None:
    table = (ROOT / "docs/architecture.md").read_text().split("<!-- rooms -->")[1].split("<!-- /rooms -->")[0]
    packages = {name(one) for floor in FLOORS for one in (ROOT / floor).iterdir() if one.is_dir() and one.name[0] not in "_."}
    assert set(re.findall(r"^\| `([a-z/]+)` \|", table, re.M)) == packages


def test_sql_is_written_in_storage_only() -> None:
    """Above storage a session is passed on and a failing database is caught; nothing else of SQLAlchemy is known there."""
    above = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "storage"]
    assert {name(path): known for path in above if (known := _sql_words(ast.parse(path.read_text())))} == {}


def test_there_is_one_way_to_the_bytes_of_a_file() -> None:
    """It proves them and has declared errors; only the doctor, who tries the store itself, goes past it."""
    past = {name(path) for path in SOURCES if re.search(r"\bblobs\.(get|pieces|prove)\(", path.read_text())}
    assert past == {"core/files/stored.py", "core/operations/doctor.py", "core/operations/store_check.py"}


def _sql_words(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("sqlmodel", "sqlalchemy"):
            found |= {alias.name for alias in node.names if alias.name != "Session" and not alias.name.endswith("Error")}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("scalars", "exec_driver_sql")
        ):
            found.add(node.func.attr)
    return found


def test_rooms_are_named_for_what_they_hold() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "manager", "service"}
    assert [name(path) for path in SOURCES if set(path.relative_to(ROOT).with_suffix("").parts) & empty_words] == []


def test_imports_point_straight_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_modules_import_each_other() -> None:
    """Imports inside functions and for types count, too."""
    graph = grimp.build_graph(*FLOORS, cache_dir=None)
    arrows = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    graphlib.TopologicalSorter(arrows).prepare()  # raises CycleError, which names the circle


def test_no_committed_file_names_this_machine() -> None:
    unwanted = re.compile(rb"(/root/|/home/[a-z]+/|/Users/[a-z]+/)")
    named = [one for one in _committed() if ROOT / one != Path(__file__) and unwanted.search((ROOT / one).read_bytes())]
    assert named == []


def test_nothing_that_git_ignores_is_committed() -> None:
    assert _committed("--ignored", "--exclude-standard") == []


def _committed(*only: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--cached", *only, "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [one for one in listed.stdout.split("\0") if one and (ROOT / one).is_file()]


def test_the_longest_functions_stay_readable() -> None:
    lengths = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lengths.append(node.end_lineno - node.lineno + 1)
    ranked = sorted(lengths)
    assert ranked[len(ranked) // 2] <= 12
    assert ranked[int(len(ranked) * 0.9)] <= 30


def test_a_class_name_means_one_thing() -> None:
    """Classes inside functions and classes count too: who reads a name needs no import to know what it is."""
    homes: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(name(path))
    assert {one: found for one, found in homes.items() if len(found) > 1} == {}


def test_a_module_goes_by_its_own_name() -> None:
    """`from package import module as other` only where the plain name is taken in the file: then it is `package_module`."""
    written = [ROOT / one for one in _committed() if one.endswith(".py") and "versions" not in Path(one).parts]
    wrong = [f"{name(path)}: {found}" for path in written for found in _needless_aliases(path)]
    assert wrong == []


def _needless_aliases(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    taken = {path.stem} | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    taken |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    taken |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    named = [f"{node.module}.{alias.name}" for node in imports for alias in node.names]
    found = []
    for node in imports:
        for alias in node.names:
            whole = ROOT / f"{node.module}.{alias.name}".replace(".", "/")
            if not alias.asname or not (whole.with_suffix(".py").is_file() or whole.is_dir()):
                continue
            meets = alias.name in taken or sum(one.endswith(f".{alias.name}") for one in named) > 1
            if not meets or alias.asname not in {f"{package}_{alias.name}" for package in str(node.module).split(".")}:
                found.append(f"{alias.name} as {alias.asname}")
    return found
