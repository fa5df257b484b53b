"""Several workers make the extract that one machine makes, row by row, and no key reaches them in the clear."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import deid.sources
from deid.action import Action
from deid.catalogue import ACTIONS
from deid.engine import apply, changed, surveyed
from deid.errors import DataError, KeyStoreError, UsageError
from deid.keys import DomainKey
from deid.policy import Policy, parse_policy
from deid.scale.cluster import (
    REFUSED,
    SPREAD,
    Certificates,
    Cluster,
    ClusterUnfit,
    cluster,
    refuse_unprotected,
    refuse_unspread,
)
from deid.scale.travelling import derived_keys
from deid.scale.work import Task
from deid.sources import open_table
from hub_config.migrate import migrate
from hub_config.settings import HubSettings, ZoneSettings, load_settings, settings_text
from tests.integration.deid.cluster_world import Authority, local_cluster
from tests.unit.deid.deid_world import KEY

HEAD = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: {order}
columns:
"""
COLUMNS = """
  rrn: {role: direct, action: pseudonym_reversible, reason: r}
  age: {role: quasi, action: range, params: {width: 10}, reason: r}
  region: {role: quasi, action: geo_level, params: {level: sido}, reason: r}
  born: {role: sensitive, action: date_shift, params: {subject: rrn}, reason: r}
  paid: {role: sensitive, action: noise, params: {scale: 3, subject: rrn}, reason: r}
  count: {role: sensitive, action: round_random, params: {to: 5}, reason: r}
  code: {role: sensitive, action: rare_to_other, params: {min_count: 40}, reason: r}
  dose: {role: sensitive, action: microaggregate, params: {by: [region]}, reason: r}
  rank: {role: sensitive, action: order_preserving, params: {accept_leak_of_order: true}, reason: r}
  drawn: {role: sensitive, action: random_replace, params: {low: 0, high: 999}, reason: r}
  note: {role: free, action: scrub_text, params: {tokens: true}, reason: r}
"""
ROWS = 12_000


@pytest.fixture(autouse=True)
def no_network() -> None:
    """A cluster is a network: these tests use the one inside this machine."""


def policy(order: str = "source", columns: str = COLUMNS, release: str = "") -> Policy:
    return parse_policy(HEAD.format(order=order) + columns + release)


def people(rows: int = ROWS) -> pa.Table:
    random = np.random.default_rng(4)
    return pa.table(
        {
            "rrn": pa.array([f"{n % 9_000:013d}" for n in range(rows)]),
            "age": random.integers(0, 100, rows),
            "region": pa.array([f"{n:02d}110" for n in random.integers(11, 28, rows)]).dictionary_encode(),
            "born": pa.array(random.integers(0, 18_000, rows).astype("datetime64[D]")),
            "paid": random.normal(100, 9, rows).round(2),
            "count": pa.array(random.integers(0, 60, rows), mask=random.random(rows) < 0.05),
            "code": pa.array([f"I{n}" for n in random.geometric(0.02, rows)]),
            "dose": random.integers(0, 500, rows),
            "rank": random.integers(0, 5000, rows),
            "drawn": random.integers(0, 5, rows),
            "note": pa.array([f"연락처 010-1234-{n:04d}" for n in random.integers(0, 200, rows)]),
        }
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "people.parquet"
    pq.write_table(people(), path, row_group_size=7_001)
    return path


@dataclass(frozen=True, slots=True)
class Workers:
    """A running cluster, and the files with which this machine may speak to it."""

    made: Any
    authority: Authority
    client: Certificates

    @property
    def address(self) -> str:
        return str(self.made.scheduler_address)

    def joined(self) -> AbstractContextManager[Cluster]:
        return cluster(self.address, self.client)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    authority = Authority.made(tmp_path_factory.mktemp("certificates"))
    with local_cluster(authority) as made:
        assert made.scheduler_address.startswith("tls://")
        yield Workers(made, authority, authority.issue("client"))


@pytest.mark.parametrize(("order", "part_rows"), [("source", 997), ("shuffled", 5_000)])
def test_the_extract_is_that_of_one_machine_whatever_the_parts(
    source: Path, workers: Workers, tmp_path: Path, order: str, part_rows: int
) -> None:
    table = open_table(source)
    apply(policy(order), table, KEY, tmp_path / "alone.parquet")
    with workers.joined() as spread:
        together = Cluster(spread._client, part_rows)
        applied = apply(policy(order), table, KEY, tmp_path / "together.parquet", changer=together.changed)
    alone = pq.read_table(tmp_path / "alone.parquet")
    assert applied.rows == alone.num_rows == ROWS
    assert pq.read_table(tmp_path / "together.parquet").equals(alone)


def test_rows_that_no_worker_can_read_for_itself_are_sent_to_it(source: Path, workers: Workers, tmp_path: Path) -> None:
    pa_csv.write_csv(pq.read_table(source), tmp_path / "people.csv")
    table = open_table(tmp_path / "people.csv")
    rules = policy("source", COLUMNS, "release: {k: 5, max_suppression: 0.5}\n")
    alone = apply(rules, table, KEY, tmp_path / "alone.csv")
    with workers.joined() as spread:
        together = apply(rules, table, KEY, tmp_path / "together.csv", changer=spread.changed)
    assert (tmp_path / "together.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()
    assert together.suppressed == alone.suppressed


def test_a_value_that_does_not_fit_is_the_error_of_one_machine_and_leaves_nothing(
    workers: Workers, tmp_path: Path
) -> None:
    broken = people(3_000).to_pydict() | {"region": ["11110"] * 2_500 + ["김철수"] * 500}
    pq.write_table(pa.table(broken), tmp_path / "in.parquet")
    (tmp_path / "made").mkdir()
    found = []
    with workers.joined() as spread:
        for changer in (changed, Cluster(spread._client, 1_000).changed):
            table = open_table(tmp_path / "in.parquet")
            with pytest.raises(DataError) as caught:
                apply(policy(), table, KEY, tmp_path / "made" / "out.parquet", changer=changer)
            found.append(str(caught.value))
    assert found[0] == found[1]
    assert "row 2501" in found[0]
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_goes_to_a_cluster_only_where_a_table_says_that_it_may(name: str) -> None:
    assert not set(SPREAD) & set(REFUSED)
    if name in SPREAD:
        # What works row by row learns nothing of the whole column first.
        assert (ACTIONS[name].survey is Action.survey) == (SPREAD[name] == "rows")
    elif name != "drop":
        column = replace(policy().columns[0], action_name=name)
        with pytest.raises(UsageError):
            refuse_unspread(replace(policy(), columns=(column,)))


def test_an_action_that_needs_all_rows_at_once_is_refused_with_the_reason(source: Path, workers: Workers) -> None:
    rules = policy("source", "  age: {role: quasi, action: permute, reason: r}\n")
    with workers.joined() as spread, pytest.raises(UsageError, match="exchanges values between rows"):
        list(spread.changed(rules, open_table(source), KEY))


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.5:8786", "tcp://scheduler:8786", "scheduler:8786", "ws://127.0.0.1:1", "", "tcp://[::", "tcp"],
)
def test_an_address_without_encryption_is_refused_unless_it_is_this_machine(address: str) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        refuse_unprotected(address)


def test_a_worker_that_is_reached_in_the_clear_is_refused_too(workers: Workers) -> None:
    class Far:
        """A scheduler on this machine with a worker that is not."""

        def scheduler_info(self, n_workers: int) -> dict[str, Any]:
            return {"workers": {"tcp://192.168.0.9:4000": {"nthreads": 1}}}

    with pytest.raises(UsageError, match="unencrypted"):
        Cluster(Far())


def test_nobody_at_the_address_is_one_sentence(workers: Workers) -> None:
    with pytest.raises(ClusterUnfit) as caught, cluster("tls://127.0.0.1:9", workers.client, seconds=2):
        pass
    assert caught.value.exit_code == 3


def test_what_travels_holds_neither_the_secret_nor_a_key_that_no_column_asks_for(source: Path) -> None:
    secret = b"\x5a" * 8 + os.urandom(24)
    whole = DomainKey("cardio", 1, secret)
    table = open_table(source)
    plan = surveyed(policy(), table, whole)
    keys = derived_keys(plan, next(iter(table.batches(plan.needed))), whole)
    sent = pickle.dumps(Task(plan, keys))
    assert secret not in sent
    assert keys.derive("reversible|person") == whole.derive("reversible|person")
    with pytest.raises(KeyStoreError):
        keys.derive("reversible|other")
    shown = repr(Task(plan, keys)) + repr(plan) + repr(keys)
    assert "I1" not in shown
    assert not any(key.hex() in shown or repr(key) in shown for key in keys.derived.values())


POLICY_FILE = (
    """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: shuffled
columns:
"""
    + COLUMNS
)


def apply_by_command(home: Path, table: Path, target: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Type `ansim deid apply` as a person does."""
    (home / "policy.yaml").write_text(POLICY_FILE, encoding="utf-8")
    if not (home / "ansim.yaml").exists():
        settings = home / "ansim.yaml"
        settings.write_text(settings_text(ZoneSettings(), HubSettings()), encoding="utf-8")
        migrate(load_settings(home).database_url())
    command = [str(Path(sys.executable).with_name("ansim")), "--home", str(home), "deid", "apply"]
    words = [*command, str(home / "policy.yaml"), str(table), str(home / target), *options]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "LANG": "C.UTF-8"})


def tls(files: Certificates) -> list[str]:
    return ["--tls-ca", str(files.authority), "--tls-cert", str(files.certificate), "--tls-key", str(files.key)]


def without_use(said: str) -> str:
    """What a command said, but for its own use of the key."""
    return re.sub(r"ku_[a-z2-7]{16}", "", said)


def test_the_command_makes_the_same_file_with_a_cluster_as_without(
    source: Path, workers: Workers, tmp_path: Path
) -> None:
    alone = apply_by_command(tmp_path, source, "alone.parquet")
    assert alone.returncode == 0, alone.stderr
    together = apply_by_command(
        tmp_path, source, "together.parquet", "--scheduler", workers.address, *tls(workers.client)
    )
    assert together.returncode == 0, together.stderr
    assert pq.read_table(tmp_path / "together.parquet").equals(pq.read_table(tmp_path / "alone.parquet"))
    assert without_use(together.stdout) == without_use(alone.stdout), "the same SHA-256 too"


def test_who_has_no_certificate_of_the_authority_is_not_let_in(workers: Workers, tmp_path: Path) -> None:
    # Files of another authority prove nothing to this cluster, and it proves nothing to them.
    stranger = Authority.made(tmp_path / "other").issue("client")
    half = Certificates(workers.client.authority, stranger.certificate, stranger.key)
    for files in (stranger, half):
        with pytest.raises(ClusterUnfit), cluster(workers.address, files, seconds=3):
            pass
    with pytest.raises(UsageError, match="needs --tls-ca"), cluster(workers.address):
        pass
    with pytest.raises(ClusterUnfit), cluster(workers.address.replace("tls://", "tcp://"), seconds=3):
        pass


def test_a_worker_without_a_certificate_of_the_authority_does_not_join(workers: Workers, tmp_path: Path) -> None:
    stranger = Authority.made(tmp_path / "other").issue("worker")
    given = ["--tls-ca-file", str(stranger.authority), "--tls-cert", str(stranger.certificate)]
    command = [sys.executable, "-m", "dask", "worker", workers.address, *given, "--tls-key", str(stranger.key)]
    done = subprocess.run(
        [*command, "--no-nanny", "--death-timeout", "2", "--no-dashboard"], capture_output=True, text=True, check=False
    )
    assert "Registered to" not in done.stderr
    with workers.joined() as spread:
        assert spread.workers == 3


def test_tls_files_that_do_not_belong_together_are_one_sentence_before_anybody_is_asked(
    workers: Workers, tmp_path: Path
) -> None:
    other = Authority.made(tmp_path / "other").issue("client")
    mixed = Certificates(workers.client.authority, workers.client.certificate, other.key)
    nobody = "tls://127.0.0.1:9"
    for files in (mixed, replace(mixed, key=tmp_path / "nowhere.pem"), replace(mixed, authority=other.key)):
        with pytest.raises(UsageError, match="TLS files cannot be used"), cluster(nobody, files):
            pass


@pytest.mark.long
def test_the_commands_of_the_how_to_make_a_cluster_that_makes_the_extract(source: Path, tmp_path: Path) -> None:
    authority = Authority.made(tmp_path / "certificates")
    where = tmp_path / "scheduler.json"
    with ExitStack() as stack:

        def start(*words: str, files: Certificates) -> None:
            given = ["--tls-ca-file", str(files.authority), "--tls-cert", str(files.certificate)]
            command = [sys.executable, "-m", "dask", *words, *given, "--tls-key", str(files.key)]
            log = stack.enter_context((tmp_path / f"{words[0]}.log").open("ab"))
            process = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)

        start(
            *("scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--scheduler-file", str(where)),
            files=authority.issue("scheduler"),
        )
        wait_until(where.exists)
        address = json.loads(where.read_text(encoding="utf-8"))["address"]
        for number in range(2):
            start("worker", address, "--nthreads", "1", "--no-dashboard", files=authority.issue(f"worker{number}"))
        client = authority.issue("client")
        wait_until(lambda: joined_by(address, client, 2))
        alone = apply_by_command(tmp_path, source, "alone.parquet")
        together = apply_by_command(tmp_path, source, "together.parquet", "--scheduler", address, *tls(client))
    assert together.returncode == 0, together.stderr
    assert without_use(together.stdout) == without_use(alone.stdout)


def joined_by(address: str, client: Certificates, wanted: int) -> bool:
    try:
        with cluster(address, client) as spread:
            return spread.workers == wanted
    except ClusterUnfit:
        return False


def wait_until(ready: Callable[[], bool], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.2)


@pytest.mark.long
def test_the_death_of_a_worker_changes_nothing(tmp_path: Path) -> None:
    rows = 600_000
    pq.write_table(people(rows), tmp_path / "in.parquet", row_group_size=20_000)
    table = open_table(tmp_path / "in.parquet")
    apply(policy(), table, KEY, tmp_path / "alone.parquet")
    authority = Authority.made(tmp_path / "certificates")
    with local_cluster(authority) as made, cluster(made.scheduler_address, authority.issue("client")) as spread:
        victims = [worker.pid for worker in made.workers.values()]
        together = Cluster(spread._client, 10_000)

        def progress(done: int, _every: int | None) -> None:
            if done > rows // 4 and victims:
                os.kill(victims.pop(), signal.SIGKILL)
                victims.clear()

        apply(policy(), table, KEY, tmp_path / "together.parquet", changer=together.changed, progress=progress)
    assert pq.read_table(tmp_path / "together.parquet").equals(pq.read_table(tmp_path / "alone.parquet"))


def test_batches_of_a_file_do_not_depend_on_its_row_groups(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deid.sources, "BATCH_ROWS", 1_000)
    table = deid.sources.ParquetTable.open(source)
    sizes = {batch.num_rows for batch in table.batches(("region", "note"))}
    assert sizes == {1_000}
    part = pa.Table.from_batches(list(table.part(("rrn",), 6_500, 1_200)))
    assert part.column("rrn").to_pylist() == pq.read_table(source).column("rrn").to_pylist()[6_500:7_700]
