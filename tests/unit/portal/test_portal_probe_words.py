"""What a probe saw is told in the reader's language, and every sentence told is one that a probe says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.probe_words import SENTENCES, in_words

SOURCES = [p for folder in ("probe", "advisories") for p in Path("hub_config", folder).rglob("*.py")]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            "not computed: there is no file probe/debian.json; docs/how-to/run-the-probe.md says where from",
            "계산하지 못함: probe/debian.json 파일이 없음. 가져오는 곳은 docs/how-to/run-the-probe.ko.md에 있음",
        ),
        (
            "not computed: a/b.zip is 45 days old; bring a newer one",
            "계산하지 못함: a/b.zip 파일이 45일 지남. 새것을 가져와야 함",
        ),
        ("workspaces without a limit on their disk: 2 of 3", "디스크 속도 한도가 없는 분석환경: 2 (전체 3)"),
        ("gVisor's kernel answered, not the server's: EPERM {x}", "서버가 아니라 gVisor의 커널이 답함: EPERM {x}"),
        ("EACCES, EPERM: 3", "EACCES, EPERM: 3"),
        ("", ""),
    ],
)
def test_a_reason_is_told_in_korean_and_names_of_errors_stay(seen: str, said: str) -> None:
    text = in_words(seen)
    assert (text.ko, text.en) == (said, seen)


@pytest.mark.parametrize("english", [english for english, _ in SENTENCES])
def test_every_sentence_is_one_that_a_probe_says(english: str) -> None:
    said = re.sub(r"\"\s*(?:f)?\"", "", "\n".join(path.read_text(encoding="utf-8") for path in SOURCES))
    for part in english.split("{}"):
        assert part in said


def test_a_long_answer_is_read_in_no_time() -> None:
    assert in_words(" is  days old" * 5_000).ko.startswith(" is ")
