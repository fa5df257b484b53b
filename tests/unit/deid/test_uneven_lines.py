"""A text table whose lines do not fit its header: the line is named, and nothing that stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid.errors import DataError
from deid.sources import open_table

GOOD = "홍길동,2,3\n"
CASES = {
    "too many": (GOOD * 10 + "김철수,2,3,4\n" + GOOD, "line 12: 4 fields", "12번째 줄: 칸이 4개"),
    "too few": (GOOD * 10 + "김철수,2\n" + GOOD, "line 12: 2 fields", "12번째 줄: 칸이 2개"),
    "behind a value of two lines": ('홍길동,"x\ny",3\n' * 2 + "김철수,2\n", "line 6: 2 fields", "6번째 줄"),
    "an open quotation": (GOOD * 3 + '김철수,"2,3\n' + GOOD * 3, "line 5: a quotation mark", "따옴표가 닫히지"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("case", sorted(CASES))
def test_a_line_that_does_not_fit_the_header_is_named_and_not_quoted(case: str, encoding: str, tmp_path: Path) -> None:
    text, english, korean = CASES[case]
    file = tmp_path / "people.csv"
    file.write_bytes(f"이름,b,c\n{text}".encode(encoding))
    table = open_table(file)
    with pytest.raises(DataError) as refused:
        list(table.batches(table.columns))
    said = refused.value.reason
    assert english in said.say("en")
    assert korean in said.say("ko")
    assert "김철수" not in said.say("en") + said.say("ko")


def test_blank_lines_are_no_rows_of_another_length(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"이름,b,c\n{GOOD}\n{GOOD}", encoding="utf-8")
    table = open_table(file)
    assert sum(batch.num_rows for batch in table.batches(table.columns)) == 2
