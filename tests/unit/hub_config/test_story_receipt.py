from __future__ import annotations

from hub_config.story.play import SHOWN_CHARACTERS, in_short


def test_a_signature_is_shown_by_its_beginning_and_ordinary_lines_as_they_are() -> None:
    assert in_short("index 63") == "index 63"
    assert in_short("a" * SHOWN_CHARACTERS) == "a" * SHOWN_CHARACTERS
    assert in_short("a" * 3300) == "a" * SHOWN_CHARACTERS + "… (+3,228)"
