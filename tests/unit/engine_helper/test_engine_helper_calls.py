"""The engine helper takes the calls of its table and refuses whatever else the engine would do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub_config.engine_helper.calls import Call, parse_call, wanted_labels
from hub_config.engine_helper.errors import HelperSettingsError, Refused
from hub_config.engine_helper.helper_settings import load_helper_settings
from hub_config.engine_helper.places import below, walk

ZONE = "0123456789ab"


@pytest.mark.parametrize(
    ("method", "target", "verb"),
    [
        ("GET", "/_ping", "ping"),
        ("GET", "/v1.41/version", "version"),
        ("POST", "/v1.41/containers/create?name=ansim-ws_a", "create"),
        ("POST", "/v1.41/containers/abc/start", "start"),
        ("POST", "/v1.41/containers/abc/kill", "kill"),
        ("DELETE", "/v1.41/containers/abc?v=True&link=False&force=True", "remove"),
    ],
)
def test_a_call_of_the_table_is_taken(method: str, target: str, verb: str) -> None:
    assert parse_call(method, target).verb == verb


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v1.41/containers/abc/exec"),
        ("POST", "/v1.41/exec/abc/start"),
        ("POST", "/v1.41/images/create?fromImage=debian"),
        ("POST", "/v1.41/build"),
        ("POST", "/v1.41/commit?container=abc"),
        ("GET", "/v1.41/images/json"),
        ("GET", "/v1.41/info"),
        ("GET", "/v1.41/events"),
        ("PUT", "/v1.41/containers/abc/archive?path=/"),
        ("GET", "/v1.41/containers/abc/archive?path=/home"),
        ("GET", "/v1.41/containers/abc/export"),
        ("GET", "/v1.41/containers/abc/logs?stdout=1"),
        ("POST", "/v1.41/containers/abc/update"),
        ("POST", "/v1.41/containers/abc/rename?name=x"),
        ("POST", "/v1.41/networks/create"),
        ("POST", "/v1.41/networks/none/connect"),
        ("POST", "/v1.41/volumes/create"),
        ("POST", "/v1.41/plugins/pull"),
        ("POST", "/v1.41/swarm/init"),
        ("POST", "/v1.41/session"),
        ("POST", "/v1.41/grpc"),
        ("DELETE", "/v1.41/containers/abc/../def"),
        ("DELETE", "/v1.41/containers/%2e%2e"),
        ("GET", "/v1.41/containers/../images/json"),
        ("GET", "//v1.41/version"),
        ("GET", "http://elsewhere/version"),
        ("POST", "/v1.41/containers/abc/start?detachKeys=x"),
        ("POST", "/v1.41/containers/create?name=a&name=b"),
        ("POST", "/v1.41/containers/create?name=a&platform=linux"),
        ("GET", "/v1.41/containers/abc/start"),
        ("POST", "/v1.41/containers/abc/kill?signal=STOP"),
        ("OPTIONS", "/_ping"),
        ("POST", "/v1.41/containers/abc/start\n"),
    ],
)
def test_a_call_that_no_row_names_is_refused(method: str, target: str) -> None:
    with pytest.raises(Refused):
        parse_call(method, target)


def test_a_list_is_of_this_zone_whatever_is_asked_for() -> None:
    asked = (("filters", json.dumps({"label": ["ansim.zone=ffffffffffff", "ansim.workspace"]})),)
    assert f"ansim.zone={ZONE}" in wanted_labels(Call("list", parameters=asked), ZONE)
    assert wanted_labels(Call("list"), ZONE) == [f"ansim.zone={ZONE}"]


@pytest.mark.parametrize("filters", ['{"name": ["x"]}', '{"label": ["com.example"]}', "[1]", "{", '{"label": [1]}'])
def test_a_list_by_anything_but_our_labels_is_refused(filters: str) -> None:
    with pytest.raises(Refused):
        wanted_labels(Call("list", parameters=(("filters", filters),)), ZONE)


@pytest.mark.parametrize(
    "path", ["/z/data/../keys", "/z/datasets", "z/data/a", "/z/data//a", "/z/data/a/", "/z/data/./a"]
)
def test_a_path_that_is_not_plainly_below_a_root_is_outside(path: str) -> None:
    assert not below(path, ("/z/data",))


def test_a_link_on_the_way_is_no_way(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert walk(str(tmp_path / "data"))[1] == (tmp_path / "data").stat().st_ino
    for name in ("link", "link/.", "absent"):
        with pytest.raises(Refused):
            walk(str(tmp_path / name))


def test_settings_that_others_may_write_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "helper.json"
    file.write_text(json.dumps({"zone": ZONE}))
    owner = file.stat().st_uid
    file.chmod(0o666)
    with pytest.raises(HelperSettingsError, match="written by others"):
        load_helper_settings(file, owner=owner)
    file.chmod(0o600)
    with pytest.raises(HelperSettingsError):
        load_helper_settings(file, owner=owner + 1)
    with pytest.raises(HelperSettingsError, match="missing"):
        load_helper_settings(file, owner=owner)  # keys are missing
