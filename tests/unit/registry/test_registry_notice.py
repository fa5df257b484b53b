"""The notice: complete in both languages, and never changed under a version that people accepted."""

from __future__ import annotations

from registry.notice import NOTICE_VERSION, NOTICES
from registry.text import Text

DIGESTS = {"2026-1": "04ba048386b762165ce55c9c26627055176ad620d5b8faac764dc75a9a2da414"}


def test_every_version_that_was_shown_still_says_what_people_accepted() -> None:
    assert {version: notice.digest for version, notice in NOTICES.items()} == DIGESTS


def test_the_current_version_is_one_of_them() -> None:
    assert NOTICE_VERSION in NOTICES


def test_every_sentence_exists_in_both_languages() -> None:
    for notice in NOTICES.values():
        sentences = [notice.title, notice.opening, notice.acceptance]
        for section in notice.sections:
            assert section.points
            sentences += [section.heading, *section.points]
        for sentence in sentences:
            assert any("가" <= letter <= "힣" for letter in sentence.ko)
            assert sentence.en.isascii()


def test_the_notice_says_what_who_and_how_long() -> None:
    english = " ".join(
        point.en for section in NOTICES[NOTICE_VERSION].sections for point in (section.heading, *section.points)
    )
    for word in ("code of every notebook cell", "IP address", "compliance officer", "two years", "three years"):
        assert word in english


def test_a_text_falls_back_to_korean_for_a_language_it_does_not_have() -> None:
    text = Text(ko="안녕 {name}", en="Hello {name}").fill(name="minji")
    assert (text.text("en"), text.text("ko"), text.text("fr"), str(text)) == (
        "Hello minji",
        "안녕 minji",
        "안녕 minji",
        "Hello minji",
    )
