"""Tokens of two projects meet only where two people agreed; a preview shows nobody."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from audit.event import Subjects
from deid.errors import DataError, KeyStoreError, Refused, UsageError
from deid.keys import DomainKey, KeyStore
from deid.linkage.preview import preview
from deid.linkage.service import LinkageDesk
from deid.linkage.telling import PREVIEWS
from deid.policy import parse_policy
from deid.sources import open_table
from tests.integration.deid.reidentification_world import HERE, POLICY, World, actor, open_world


@pytest.fixture
def world(usual_database: None, tmp_path: Path) -> World:
    return open_world(tmp_path)


@pytest.fixture
def desk(world: World) -> LinkageDesk:
    return LinkageDesk(world.log, world.people, world.keys)


def people(path: Path, numbers: range, spelling: str = "{:013d}") -> Path:
    pq.write_table(pa.table({"id": [spelling.format(n) for n in numbers]}), path)
    return path


def tokens(world: World, project: str, domain: str | None = None, version: int = 1) -> set[str]:
    text = POLICY.replace("project: cardio", f"project: {project}\nkey_version: {version}")
    if domain:
        text += f"linkage_domain: {domain}\n"
    text = text.replace("  age: {role: quasi, action: keep, reason: r}\n", "").replace("rrn:", "id:")
    source = people(world.home / "people.parquet", range(50))
    target = world.home / f"{project}-{domain}-{version}.parquet"
    options = {"by": actor("asker"), "source": HERE, "subjects": Subjects.datasets([("hospital", 1, 50)])}
    world.deid.make_extract(parse_policy(text), open_table(source), target, **options)  # type: ignore[arg-type]
    return set(pq.read_table(target).column("id").to_pylist())


def code_of(act: object, *arguments: object, **options: object) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments, **options)  # type: ignore[operator]
    return caught.value.code


def test_without_an_approval_no_token_of_two_projects_is_equal_and_with_it_all_are(
    world: World, desk: LinkageDesk
) -> None:
    assert not tokens(world, "cardio") & tokens(world, "neuro")
    for project in ("cardio", "neuro"):
        with pytest.raises(KeyStoreError, match="not approved"):
            tokens(world, project, "registry-study")
        linkage = desk.ask("registry-study", project, "공동 연구", by=actor("asker"), source=HERE)
        with pytest.raises(KeyStoreError, match="not approved"):
            tokens(world, project, "registry-study")
        assert desk.approve(linkage.ref, by=actor("data"), source=HERE).state == "in_force"
    first, second = (tokens(world, project, "registry-study") for project in ("cardio", "neuro"))
    assert first == second
    assert not first & tokens(world, "cardio", "registry-study", version=2)


def test_a_linkage_that_has_ended_makes_no_more_tokens(world: World, desk: LinkageDesk) -> None:
    linkage = desk.ask("registry-study", "cardio", "공동 연구", by=actor("asker"), source=HERE)
    desk.approve(linkage.ref, by=actor("data"), source=HERE)
    assert desk.end(linkage.ref, "끝", by=actor("officer"), source=HERE).state == "ended"
    with pytest.raises(KeyStoreError, match="not approved"):
        tokens(world, "cardio", "registry-study")
    assert code_of(desk.end, linkage.ref, "끝", by=actor("officer"), source=HERE) == "not_in_force"
    assert world.events()[-1] == ("linkage_ended", "denied")


def test_it_takes_two_different_people_with_the_roles_and_outside_every_project_of_the_domain(
    world: World, desk: LinkageDesk
) -> None:
    assert code_of(desk.ask, "d", "cardio", "r", by=actor("officer"), source=HERE) == "no_authority"
    first = desk.ask("d", "neuro", "r", by=actor("asker"), source=HERE)
    desk.approve(first.ref, by=actor("data"), source=HERE)
    world.people.change("asker", roles=frozenset({"deid_operator", "data_controller"}))
    linkage = desk.ask("d", "cardio", "r", by=actor("asker"), source=HERE)
    assert code_of(desk.approve, linkage.ref, by=actor("asker"), source=HERE) == "same_person"
    world.people.change("data", projects=frozenset({"neuro"}))
    assert code_of(desk.approve, linkage.ref, by=actor("data"), source=HERE) == "member_of_the_project"
    desk.refuse(linkage.ref, "r", by=actor("officer"), source=HERE)
    assert code_of(desk.approve, linkage.ref, by=actor("officer"), source=HERE) == "is_refused"
    for domain, project in (("cardio", "cardio"), ("No", "cardio"), ("x" * 31, "cardio"), ("", "cardio")):
        with pytest.raises(UsageError):
            desk.ask(domain, project, "r", by=actor("asker"), source=HERE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    names=st.lists(
        st.tuples(
            st.sampled_from(["a", "a-1", "a1", "b", "ab"]), st.integers(1, 12), st.sampled_from(["p", "1|p", "p|1"])
        ),
        min_size=2,
        max_size=6,
        unique=True,
    )
)
def test_keys_of_domains_versions_and_purposes_cannot_be_confused(
    world: World, names: list[tuple[str, int, str]]
) -> None:
    made = [world.keys.key(domain, version).derive(purpose) for domain, version, purpose in names]
    assert len(set(made)) == len(names)


def test_two_names_that_read_alike_when_put_together_have_different_keys() -> None:
    same = bytes(32)
    assert DomainKey("a", 11, same).derive("x") != DomainKey("a", 1, same).derive("1|x")
    assert DomainKey("a", 1, same).derive("reversible|p") != DomainKey("a", 1, same).derive("one_way|p")


def test_a_preview_finds_the_same_people_in_every_spelling_and_uses_no_key(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "additional")
    one = open_table(people(tmp_path / "a.parquet", range(200)))
    other = open_table(people(tmp_path / "b.parquet", range(100, 400), "{:06d}"))
    third = open_table(people(tmp_path / "c.parquet", range(100, 400), " {:013d}-"))
    assert preview(one, "id", other, "id", 10, Still()).shown == "few"
    found = preview(one, "id", third, "id", 10, Still())
    assert (found.first, found.second, found.shared, found.percent) == (200, 300, 100, 50)
    assert store.records() == []
    with pytest.raises(DataError, match="fewer than 10"):
        preview(one, "id", open_table(people(tmp_path / "d.parquet", range(9))), "id", 10)
    with pytest.raises(DataError, match="no column"):
        preview(one, "nope", third, "id", 10)


class Still:
    """Coins that always give a noise of nothing."""

    def __init__(self) -> None:
        self._answers = iter([0, 1, 1, 0] * 3)

    def __call__(self, _below: int) -> int:
        return next(self._answers) % max(_below, 1)


def test_a_preview_is_recorded_before_and_after_without_a_person_in_it_and_limited(
    world: World, desk: LinkageDesk
) -> None:
    linkage = desk.ask("d", "cardio", "r", by=actor("asker"), source=HERE)
    first = open_table(people(world.home / "a.parquet", range(200)))
    second = open_table(people(world.home / "b.parquet", range(100, 400)))

    def look() -> object:
        return desk.preview(linkage.ref, first, "id", second, "id", threshold=10, by=actor("asker"), source=HERE)

    for _ in range(PREVIEWS):
        look()
    assert world.events()[-2:] == [("linkage_previewed", "intent"), ("linkage_previewed", "ok")]
    assert code_of(look) == "previewed_enough"
    assert world.keys.records() == []
    again = desk.ask("other", "cardio", "r", by=actor("asker"), source=HERE)
    desk.refuse(again.ref, "r", by=actor("data"), source=HERE)
    options = {"threshold": 10, "by": actor("asker"), "source": HERE}
    assert code_of(desk.preview, again.ref, first, "id", second, "id", **options) == "is_over"
