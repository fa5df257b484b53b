"""What a project may install: names, tiers, and what an allowed package brings with it."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Conflict, Invalid
from registry.packages.names import LONGEST, check_name, is_name, normalised, wheel_name
from registry.packages.policy import parse_package_policy
from registry.packages.shelf import Shelf, Wheel, with_what_they_require

POLICY = """
default: standard
tiers:
  standard: {packages: [lifelines, Some_Thing]}
  strict: {}
  open: {everything: true}
projects: {careful: strict, free: open}
"""


def wheel(package: str, *requires: str, version: str = "1.0") -> Wheel:
    file = f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
    return Wheel(package, version, file, "0" * 64, 1, "1" * 64, "", requires)


@pytest.mark.parametrize("typed", ["Lifelines", " lifelines ", "LIFE_lines", "life.lines", "life--lines"])
def test_a_name_is_compared_as_indexes_compare_it(typed: str) -> None:
    assert check_name(typed) in ("lifelines", "life-lines")


@pytest.mark.parametrize(
    "typed", ["", "a b", "../x", "x" * 65, "-x", "x-", "통계", "a==1", "a?b=c", "a/b", "a\nb", "%61"]
)
def test_what_no_package_is_called_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        check_name(typed)


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_. /?%=\n", max_size=80))
def test_a_name_that_passes_has_few_letters_and_is_short(typed: str) -> None:
    if is_name(typed):
        assert len(typed) <= LONGEST
        assert set(typed) <= set(string.ascii_lowercase + string.digits + "-")
        assert normalised(normalised(typed)) == normalised(typed)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("polars-1.2.3-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", ("polars", "1.2.3")),
        ("autograd_gamma-0.4.2-py3-none-any.whl", ("autograd-gamma", "0.4.2")),
        ("x-1.0-1build-py3-none-any.whl", ("x", "1.0")),
    ],
)
def test_a_wheel_is_named_by_its_file(file: str, expected: tuple[str, str]) -> None:
    found = wheel_name(file)
    assert found is not None
    assert (found.package, found.version) == expected


@pytest.mark.parametrize(
    "file", ["x.tar.gz", "x-1.0.whl", "../x-1.0-py3-none-any.whl", "x-1.0-py3-none-any.whl\n", "a/b"]
)
def test_what_is_no_wheel_has_no_name(file: str) -> None:
    assert wheel_name(file) is None


def test_a_project_has_its_tier_or_the_default() -> None:
    policy = parse_package_policy(POLICY, "packages.yaml")
    assert policy.tier("any").packages == {"lifelines", "some-thing"}
    assert policy.tier("careful").packages == frozenset()
    assert policy.tier("free").everything
    assert len(policy.digest) == 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("default: a\ntiers: {a: {}}\nextra: 1\n", "line 3"),
        ("default: b\ntiers: {a: {}}\n", "must be one of a"),
        ("default: a\ntiers: {a: {packages: ['x==1']}}\n", "without a version"),
        ("default: a\ntiers: {a: {package: [x]}}\n", "unknown key"),
        ("default: a\ntiers: {a: {}}\nprojects: {p: q}\n", "must be one of a"),
        ("tiers: {a: {}}\n", "default is missing"),
    ],
)
def test_a_mistake_in_the_policy_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=r"packages\.yaml, line") as caught:
        parse_package_policy(text, "packages.yaml")
    assert words in str(caught.value)


def test_an_allowed_package_brings_what_it_requires_and_nothing_else() -> None:
    shelf = [wheel("a", "b"), wheel("b", "c", "a"), wheel("c"), wheel("d", "a")]
    assert with_what_they_require(["a"], shelf) == {"a", "b", "c"}
    assert with_what_they_require(["not-here"], shelf) == {"not-here"}
    assert with_what_they_require([], shelf) == frozenset()


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef")), max_size=6),
    st.sets(st.sampled_from("abcdef")),
)
def test_more_that_is_allowed_never_takes_anything_away(needs: dict[str, set[str]], allowed: set[str]) -> None:
    shelf = [wheel(name, *sorted(requires)) for name, requires in needs.items()]
    found = with_what_they_require(allowed, shelf)
    assert allowed <= found
    assert with_what_they_require(found, shelf) == found
    for fewer in allowed:
        assert with_what_they_require(allowed - {fewer}, shelf) <= found


def test_a_list_of_the_shelf_is_read_anew_when_it_changes_and_refused_when_it_is_broken(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.wheels() == ()
    shelf.prepare()
    shelf.write([wheel("b"), wheel("a")])
    assert [one.package for one in shelf.wheels()] == ["a", "b"]
    assert shelf.find("0" * 64, "a-1.0-py3-none-any.whl") is not None
    assert shelf.find("0" * 64, "../a-1.0-py3-none-any.whl") is None
    shelf.write([wheel("c")])
    assert [one.package for one in shelf.wheels()] == ["c"]
    path = shelf.directory / "shelf.json"
    path.write_text(path.read_text().replace("c-1.0", "../c-1.0"))
    with pytest.raises(Conflict):
        shelf.wheels()
