"""A notebook is read cell by cell: what it says, what it printed, and what it carries unseen."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress_review.checks.notebook import BrokenNotebookError, Notebook, read_notebook
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import Verdict
from egress_review.previews import preview_from_wire, preview_of, preview_to_wire
from egress_review.scan_main import _subject
from tests.unit.egress_review.egress_files import DEFAULT, chunk, flagged, look, png

FRAME = (
    "<div><style scoped>.a{}</style><table><thead><tr><th></th><th>n</th></tr></thead>"
    "<tbody><tr><th>A</th><td>40</td></tr><tr><th>B</th><td>7</td></tr></tbody></table></div>"
)


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    shared = {"metadata": {}, "source": source.splitlines(keepends=True), "execution_count": 1}
    return {"cell_type": "code", "id": "a", "outputs": list(outputs), **shared}


def words(text: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "b", "metadata": {}, "source": text, **more}


def shown(**data: Any) -> dict[str, Any]:
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}


def notebook(*cells: dict[str, Any], **more: Any) -> str:
    kernel = {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5, **more})


def picture(data: bytes) -> dict[str, Any]:
    return shown(**{"image/png": base64.encodebytes(data).decode()})


def found(text: str) -> list[tuple[str, str]]:
    return [(rule, where.path) for rule, where in flagged(look("a.ipynb", text))]


def test_a_clean_notebook_passes() -> None:
    report = look("a.ipynb", notebook(words("# Title"), code("n = 5\nprint(n * 100)")))
    assert report.verdict is Verdict.PASSED, flagged(report)


def test_a_frame_that_was_printed_is_checked_like_a_table() -> None:
    text = notebook(code("t"), code("t", shown(**{"text/html": FRAME, "text/plain": "   n\nA  40\nB  7"})))
    assert set(found(text)) == {("cells.small", "cell[2].output")}


def test_a_small_number_in_words_and_in_a_stream_is_found() -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": ["done\n", "n = 7\n"]}
    assert found(notebook(words("서울 (n=3)"), code("print(x)", stream))) == [
        ("cells.small", "cell[1]"),
        ("cells.small", "cell[2].output"),
    ]


def test_a_person_in_code_is_found_and_code_is_not_read_as_counts() -> None:
    assert found(notebook(code("n = 3\ndf[df.rrn == '900101-1234568']"))) == [("identifier.rrn", "cell[1]")]


@pytest.mark.parametrize(
    "media", ["application/vnd.jupyter.widget-view+json", "application/vnd.plotly.v1+json", "image/svg+xml", "text/csv"]
)
def test_an_output_with_data_behind_it_is_refused(media: str) -> None:
    assert ("notebook.live", "cell[1]") in found(notebook(code("x", shown(**{media: {"a": 1}}))))


@pytest.mark.parametrize(
    "html", ["<script>1</script>", "<div onclick='x()'>a</div>", "<p data-x='1,2,3'>a</p>", "<!-- 1,2 -->", "<svg/>"]
)
def test_html_that_runs_or_hides_is_refused(html: str) -> None:
    assert ("notebook.live", "cell[1]") in found(notebook(code("x", shown(**{"text/html": html}))))


def test_a_traceback_is_refused_and_its_values_are_looked_at() -> None:
    error = {"output_type": "error", "ename": "KeyError", "evalue": "900101-1234568", "traceback": ["\x1b[31mKeyError"]}
    assert set(found(notebook(code("x", error)))) == {
        ("notebook.error", "cell[1]"),
        ("identifier.rrn", "cell[1].output"),
    }


def test_a_picture_in_an_output_or_attachment_is_checked_as_a_picture() -> None:
    tagged = png(chunk(b"tEXt", b"Comment\0secret"))
    attached = words("![a](attachment:a.png)", attachments={"a.png": {"image/png": base64.b64encode(tagged).decode()}})
    assert found(notebook(code("x", picture(tagged)), attached)) == [
        ("image.metadata", "cell[1].output"),
        ("image.metadata", "cell[2].output"),
    ]


def test_state_of_widgets_and_unknown_metadata_are_pointed_out() -> None:
    text = notebook(code("x"), metadata={"widgets": {"state": {}}, "홍길동": 1})
    assert [rule for rule, _ in found(text)] == ["notebook.metadata", "notebook.metadata"]
    assert "홍길동" not in str(look("a.ipynb", text))


@pytest.mark.parametrize("content", [{"nbformat": 3, "cells": []}, {"nbformat": 4}, {"nbformat": 4, "cells": [3]}])
def test_what_cannot_be_taken_apart_is_blocked(content: dict[str, Any]) -> None:
    assert look("a.ipynb", json.dumps(content)).blocked


def test_a_notebook_under_another_name_is_refused() -> None:
    assert look("a.json", notebook(code("x"))).blocked
    assert look("a.ipynb", '{"a": 1}').blocked


def test_the_preview_shows_every_piece() -> None:
    text = notebook(words("안녕"), code("t", shown(**{"text/html": FRAME}), picture(png())))
    shown_parts = preview_of(_subject(InputFile.of("a.ipynb", text.encode()), DEFAULT, Claims()))
    assert [part.kind for _, part in shown_parts.parts] == ["text", "text", "text", "table", "image"]
    assert preview_from_wire(json.loads(json.dumps(preview_to_wire(shown_parts)))) == shown_parts


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.fixed_dictionaries({"cell_type": JSON, "source": JSON}, optional={"outputs": JSON, "attachments": JSON})
    )
)
def test_no_content_makes_the_reader_fall_over(cells: list[Any]) -> None:
    try:
        assert isinstance(read_notebook({"nbformat": 4, "cells": cells}), Notebook)
    except BrokenNotebookError:
        return
