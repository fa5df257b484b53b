"""A cleaned variant holds nothing of what was to be taken out, and a redacted traceback holds no value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.cleaning import UncleanableError, clean
from egress_review.findings import Verdict
from egress_review.tracebacks import redact
from tests.benchmarks.egress_files import notebook, workbook
from tests.unit.egress_review.egress_files import chunk, flagged, jpeg, look, png, segment

SECRET = "901106-1896546"
NAME = "Hong Gildong"


def test_a_cleaned_notebook_has_its_cells_and_nothing_else() -> None:
    content = json.loads(notebook(["df.head()"], [{"text/plain": SECRET}], extra={"x": SECRET}))
    content["metadata"]["widgets"] = {"state": {"a": SECRET}}
    content["cells"].append(
        {
            "cell_type": "markdown",
            "id": "m",
            "metadata": {"x": SECRET},
            "source": "# Title",
            "attachments": {"a.png": {"image/png": SECRET}},
        }
    )
    variant = clean("a.ipynb", json.dumps(content).encode())
    assert SECRET.encode() not in variant.data
    assert b"df.head()" in variant.data
    assert [one.en for one in variant.removed] == ["1 outputs", "1 attachments", "1 records of widgets and metadata"]
    assert look("a.ipynb", variant.data).verdict is Verdict.PASSED


def test_a_cleaned_table_runs_nothing_and_keeps_its_numbers() -> None:
    text = 'group,n,note\n=1+1,25,"@SUM(A1)"\nB,30,-3.2\nC\u200b,40,ok\n'
    variant = clean("t.csv", text.encode())
    assert [rule for rule, _ in flagged(look("t.csv", text), "table.formula")] == ["table.formula"] * 2
    assert flagged(look("t.csv", variant.data)) == []
    assert b"-3.2" in variant.data
    assert b"30" in variant.data


def test_a_cleaned_workbook_has_the_values_of_the_sheets_that_show() -> None:
    rows = (("group", "n", "total"), ("A", "25", "=1+1"), ("B & <C>", "30", "+cmd|x"))
    data = workbook({"T": rows, "raw": (("id",), (SECRET,))}, hidden=["raw"], parts={"xl/comments1.xml": b"<a/>"})
    variant = clean("t.xlsx", data)
    report = look("t.xlsx", variant.data)
    assert [rule for rule, _ in flagged(report) if not rule.startswith("cells.")] == []
    assert SECRET not in str(clean("t.xlsx", variant.data).data)
    assert "1 hidden sheets" in [one.en for one in variant.removed]


def test_a_cleaned_picture_is_its_pixels() -> None:
    for name, data in (
        ("a.png", png(chunk(b"eXIf", b"II*\0" + SECRET.encode()))),
        ("a.jpg", jpeg(segment(0xE1, b"Exif\0\0" + SECRET.encode()))),
    ):
        variant = clean(name, data)
        assert SECRET.encode() not in variant.data
        assert look(name, variant.data).verdict is Verdict.PASSED


@pytest.mark.parametrize(("name", "data"), [("a.pdf", b"%PDF"), ("a.png", b"x"), ("a.ipynb", b"[]"), ("a.xlsx", b"x")])
def test_what_cannot_be_cleaned_says_so(name: str, data: bytes) -> None:
    with pytest.raises(UncleanableError) as refused:
        clean(name, data)
    assert refused.value.reason.ko
    assert refused.value.reason.en


PLAIN = f'''Traceback (most recent call last):
  File "/home/researcher/{NAME.replace(" ", "_")}_{SECRET}.py", line 3, in f_{SECRET.replace("-", "_")}
    df.loc[df.name == "{NAME}", "rrn"] = {SECRET}
  File "/opt/venv/lib/python3.11/site-packages/pandas/core/frame.py", line 4000, in __getitem__
    indexer = self.columns.get_loc(key)  # {NAME}
KeyError: '{SECRET}'
'''


def test_a_redacted_traceback_says_what_went_wrong_and_where() -> None:
    told = redact(PLAIN)
    assert 'File "<notebook>", line 3' in told
    assert 'File "pandas", line 4000' in told
    assert "KeyError" in told
    assert redact("ValueError: nothing here is a traceback") == ""
    said = redact("Traceback (most recent call last):\nValueError: could not convert string to float: 'Kim'\n")
    assert "ValueError: could not convert string to float" in said


SMUGGLERS = (
    PLAIN,
    f"Traceback (most recent call last):\nValueError: {NAME} {SECRET}\n{SECRET}\n  {NAME}\n",
    f"Traceback (most recent call last):\n{NAME.replace(' ', '')}Error: x\n",
    f"Traceback (most recent call last):\n{NAME.replace(' ', '.')}.{SECRET.replace('-', '_')}: x\n",
    f'Traceback (most recent call last):\n  File "{NAME}", line 9011, in x\n    "{NAME}" {SECRET}\nKeyError: 1\n',
    f"\x1b[31mTraceback (most recent call last)\x1b[0m\nCell In[3], line 4\n----> 4 df['{NAME}']\nKeyError: '{NAME}'\n",
    f"Traceback (most recent call last):\nKeyError: 1\n\nlocals:\n  name = '{NAME}'\n  rrn = {SECRET}\n",
    f"Traceback (most recent call last):\nValueError: x\n  note: {NAME}\n{NAME}: {SECRET}\n",
    f'Traceback (most recent call last):\n  File "/lib/python3.11/{NAME.split()[0].lower()}/x.py", line 1\nKeyError\n',
    f'Traceback (most recent call last):\n  File "x", line 1\n    {NAME.split()[1]}({SECRET})\n    ^^\nE: {NAME}\n',
)


@pytest.mark.parametrize("text", SMUGGLERS)
def test_no_value_is_smuggled_through_a_redacted_traceback(text: str) -> None:
    told = redact(text).lower()
    for part in ("hong", "gildong", "901106", "1896546", SECRET):
        assert part not in told
    assert redact(redact(text)) == redact(text)
    assert look("trace.txt", redact(text)).verdict is Verdict.PASSED


@given(value=st.text(min_size=4, max_size=30).filter(str.strip), place=st.sampled_from(range(len(SMUGGLERS))))
@settings(max_examples=200, deadline=None)
def test_whatever_a_value_is_it_does_not_come_through(value: str, place: int) -> None:
    """What comes out is the same whatever stood in the quotes, as long as it spells no frame of its own."""
    word = "q" + "".join(c for c in value if c.isalnum())
    told = redact(SMUGGLERS[place].replace(NAME, word).replace(SECRET, word))
    assert word not in told
