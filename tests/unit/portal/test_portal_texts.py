from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from portal.extract import CATALOGUE, messages, read, template
from portal.i18n import catalogue, preferred
from portal.navigation import MENU
from portal.records import FAMILIES, ICONS
from portal.render import HERE, icon

PLACE = re.compile(r"%\((\w+)\)\w")
PICTURES = HERE / "static" / "icons"


def kept() -> dict[object, Message]:
    return {message.id: message for message in read() if message.id}


def test_every_text_of_the_portal_has_a_korean_translation() -> None:
    translated = {key for key, message in kept().items() if all(forms(message))}
    wanted = {message.id for message in template() if message.id}
    assert wanted - translated == set()


def test_no_translation_is_fuzzy_or_stands_for_a_text_that_is_gone() -> None:
    wanted = {message.id for message in template() if message.id}
    assert [m.id for m in kept().values() if m.fuzzy] == []
    assert set(kept()) - wanted == set()
    assert list(read().obsolete) == []


def test_a_translation_has_the_same_places_as_its_text() -> None:
    for key, message in kept().items():
        text = key if isinstance(key, str) else key[-1]  # type: ignore[index]
        for form in forms(message):
            assert set(PLACE.findall(form)) == set(PLACE.findall(str(text))), key


def test_a_percent_sign_in_a_text_is_a_place_and_nothing_else() -> None:
    for key, message in kept().items():
        for form in forms(message):
            assert form.count("%") == len(PLACE.findall(form)), key


def forms(message: Message) -> list[str]:
    string = message.string
    return [string] if isinstance(string, str) else [str(form) for form in string or [""]]


def test_counted_texts_follow_the_plural_rules_of_each_language() -> None:
    one, many = "%(num)d day left", "%(num)d days left"
    assert catalogue("en").counted(one, many, 1) == one
    assert catalogue("en").counted(one, many, 2) == many
    assert catalogue("ko").counted(one, many, 1) == catalogue("ko").counted(one, many, 2) == "%(num)d일 남음"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ko,en;q=0.5", "ko"),
        ("en-GB,en;q=0.9,ko;q=0.8", "en"),
        ("fr,de;q=0.5", "ko"),
        ("", "ko"),
        ("en;q=0,ko", "ko"),
        ("en;q=broken", "ko"),
    ],
)
def test_a_guest_is_greeted_in_the_language_the_browser_prefers(header: str, language: str) -> None:
    assert preferred(header) == language


def test_the_catalogue_is_found_beside_the_code_and_is_valid() -> None:
    assert CATALOGUE.is_file()
    assert len(list(messages())) > 200


def test_every_icon_that_a_table_or_a_template_names_exists() -> None:
    named = set(ICONS.values()) | {entry.icon for group in MENU for entry in group.entries}
    for path in (HERE / "templates").glob("*.html"):
        named |= set(re.findall(r"""icon\("([a-z]+)"\)""", path.read_text(encoding="utf-8")))
    assert {name for name in named if not (PICTURES / f"{name}.svg").is_file()} == set()


def test_icons_are_plain_drawings_without_script_style_or_outside_references() -> None:
    for path in [*PICTURES.glob("*.svg"), *Path(HERE, "static", "pictures").glob("*.svg")]:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"<(script|style|foreignObject|image|use)|href=|\son\w+=|style=", source), path
    assert 'aria-hidden="true"' in icon("check")


def test_every_family_of_actions_has_a_name_and_an_icon() -> None:
    from audit.catalogue import CATALOGUE as ACTIONS

    families = {action.partition(".")[0] for action in ACTIONS}
    assert families <= set(FAMILIES)
    assert families <= set(ICONS)


def test_no_template_carries_script_style_attributes_or_addresses_of_other_sites() -> None:
    for path in (HERE / "templates").glob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://|\bjavascript:", source), path


def test_no_template_turns_escaping_off_for_anything_but_its_own_literals() -> None:
    for path in (HERE / "templates").glob("*.html"):
        for before in re.findall(r"(.)\s*\|\s*safe\b", path.read_text(encoding="utf-8")):
            assert before == "'", path
