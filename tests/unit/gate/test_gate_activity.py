"""What keeps somebody signed in is what a person does, not what the page does by itself."""

from __future__ import annotations

from typing import Any

import pytest

from hub_config.gate.activity import MOST_FILES, Typing, by_person, words_of
from hub_config.gate.routes import find_route
from hub_config.gate.targets import Target

KERNEL = "api/kernels/00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("method", "path", "query", "person"),
    [
        ("GET", "lab", {}, True),
        ("GET", "lab/tree/a.ipynb", {}, True),
        ("GET", "api/contents/a.ipynb", {"type": "notebook", "content": "1"}, True),  # opened
        ("POST", "api/contents/dir", {}, True),  # a new file
        ("POST", "api/contents/a.ipynb/checkpoints", {}, True),  # saved by hand
        ("PATCH", "api/contents/a.ipynb", {}, True),  # renamed
        ("PUT", "api/contents/a.ipynb", {}, False),  # saved, by Lab itself every other minute
        ("PUT", "lab/api/workspaces/default", {}, False),
        ("GET", "api/contents/a.ipynb", {"type": "notebook", "content": "0"}, False),  # before each save
        ("GET", "api/contents", {"type": "directory", "content": "1"}, False),  # the list of files, again and again
        ("GET", "api/kernels", {}, False),
        ("GET", KERNEL, {}, False),
        ("GET", "api/status", {}, False),
    ],
)
def test_only_what_a_person_does_counts(method: str, path: str, query: dict[str, str], person: bool) -> None:
    target = Target(path, tuple(query.items()))
    route = find_route(method, target, websocket=False)
    assert by_person(method, route.kind, target) is person


def notebook(source: str, output: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "outputs": [{"output_type": "stream", "text": output}]}
    return {"type": "notebook", "content": {"cells": [cell, "no cell"]}}


def test_a_save_counts_where_somebody_typed_and_not_where_a_kernel_printed() -> None:
    typing = Typing()

    def saved(path: str, document: dict[str, Any]) -> bool:
        return typing.changed(path, words_of(document))

    assert saved("a.ipynb", notebook("1", ""))
    assert not saved("a.ipynb", notebook("1", "printed"))
    assert not saved("a.ipynb", notebook("1", "printed and printed"))
    assert saved("a.ipynb", notebook("12", "printed and printed"))
    assert saved("b.txt", {"type": "file", "content": "a"})
    assert not saved("b.txt", {"type": "file", "content": "a"})
    assert saved("b.txt", {"type": "file", "content": "ab"})


def test_what_was_saved_is_kept_of_so_many_files_only() -> None:
    typing = Typing()
    for number in range(3 * MOST_FILES):
        typing.changed(f"{number}.txt", b"a")
    assert len(typing._saved) == MOST_FILES
