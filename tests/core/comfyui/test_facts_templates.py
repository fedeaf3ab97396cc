"""ComfyUI's own templates, read as a person read them."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import graphs, templates
from benchmarks.browser import Raw, api_graph
from core.comfyui import facts
from core.comfyui.graph import parse

AIM = 0.98


@pytest.fixture(scope="module")
def drawn() -> dict[str, Raw]:
    return templates.every()


def test_every_template_is_read_without_an_error(drawn: dict[str, Raw]) -> None:
    read = [facts.read(parse(api_graph(one))) for one in drawn.values()]
    assert len(read) == 644
    assert sum(bool(one.prompt) for one in read) > 450


def test_what_was_read_by_hand_in_sixty_of_them_is_read_by_slate_too(drawn: dict[str, Raw]) -> None:
    right, wrong = Counter[str](), list[str]()
    for name, field, expects, reads in graphs.compared(drawn):
        right[field] += expects == reads
        wrong += [f"{name} {field}: {expects!r} was read as {reads!r}"] if expects != reads else []
    assert min(right[field] / 60 for field in graphs.FIELDS) >= AIM, "\n".join(wrong)


def test_the_sixty_are_those_that_the_rule_chose(drawn: dict[str, Raw]) -> None:
    assert sorted(graphs.truths()) == sorted(templates.chosen(drawn))
