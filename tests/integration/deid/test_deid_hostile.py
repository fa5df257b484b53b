"""Files made to harm: one clear error that shows no value, quickly, and nothing is written."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid import parquet_limits
from deid.engine import apply
from deid.errors import DataError, PolicyError
from deid.keys import KeyStore
from deid.policy import parse_policy
from deid.sources import open_table

POLICY = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  id: {role: direct, action: pseudonym_one_way, reason: r}
  disease: {role: quasi, action: keep, reason: r}
"""
SECRET = "홍길동전"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "additional")


def refused(store: KeyStore, path: Path, policy: str = POLICY) -> str:
    """Return what is said of a file that must be refused."""
    folder = path.parent / "made"
    folder.mkdir(exist_ok=True)
    with pytest.raises(DataError) as caught:
        apply(parse_policy(policy), open_table(path), store.key("cardio", 1), folder / "out.parquet")
    assert list(folder.iterdir()) == []
    said = caught.value.text("ko") + caught.value.text("en")
    assert SECRET not in said
    return said


def people(rows: int = 5_000) -> pa.Table:
    drawn = random.Random(4)
    words = ["".join(drawn.choices("abcdefghij", k=12)) for _ in range(rows)]
    return pa.table({"id": words, "disease": [SECRET + word for word in words]})


def test_a_header_of_five_million_columns(store: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes(b"id,disease" + b",c" * 5_000_000 + b"\n1,2\n")
    refused(store, path)
    path.write_bytes(b"id,disease" + b",c" * 400_000 + b"\n1,2\n")
    refused(store, path)


def test_a_parquet_file_of_too_many_columns(store: KeyStore, tmp_path: Path) -> None:
    names = ["id", "disease", *(f"c{n}" for n in range(10_001))]
    pq.write_table(pa.table({name: [1] for name in names}), tmp_path / "wide.parquet")
    assert "10,000" in refused(store, tmp_path / "wide.parquet")


def test_a_parquet_file_that_ends_too_soon_wherever_it_was_cut(store: KeyStore, tmp_path: Path) -> None:
    pq.write_table(people(), tmp_path / "good.parquet")
    whole = (tmp_path / "good.parquet").read_bytes()
    for share in (0.0001, 0.3, 0.9, 0.99, 0.9999):
        cut = tmp_path / "cut.parquet"
        cut.write_bytes(whole[: max(4, int(len(whole) * share))])
        refused(store, cut)


def test_a_parquet_file_with_its_pages_or_footer_overwritten_fails_as_one_error_or_not_at_all(
    store: KeyStore, tmp_path: Path
) -> None:
    pq.write_table(people(2_000), tmp_path / "good.parquet", write_page_checksum=True)
    whole = (tmp_path / "good.parquet").read_bytes()
    drawn = random.Random(7)
    for number in range(25):
        start = drawn.randrange(4, len(whole) - 8)
        broken = bytearray(whole)
        broken[start : start + 8] = drawn.randbytes(8)
        path = tmp_path / f"broken{number}.parquet"
        path.write_bytes(broken)
        target = tmp_path / f"made{number}.parquet"
        said = ""
        try:
            apply(parse_policy(POLICY), open_table(path), store.key("cardio", 1), target)
        except DataError as error:
            said = str(error) + error.text("ko")
        assert SECRET not in said
        assert target.exists() == (not said)


def test_a_page_that_unpacks_a_thousandfold_is_refused_before_it_is_opened(
    store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = pa.table({"id": ["x" * 8_000_000], "disease": ["y"]})
    pq.write_table(bomb, tmp_path / "bomb.parquet", compression="zstd", use_dictionary=False)
    pq.write_table(people(), tmp_path / "good.parquet", compression="zstd", use_dictionary=False)
    monkeypatch.setattr(parquet_limits, "MAX_CHUNK_BYTES", 10_000)
    assert "unpacks" in refused(store, tmp_path / "bomb.parquet")
    open_table(tmp_path / "good.parquet")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n",
        "{" * 10_000,
        "[" * 5_000 + "]" * 5_000,
        "version: !!python/object/apply:os.system ['true']\n",
        "version: 1\n" + "x" * 2_000_000,
        "version: 1\nversion: 1\n",
        "\x00\x01",
    ],
    ids=["billion laughs", "deep and open", "deep", "object", "long", "twice", "binary"],
)
def test_a_policy_made_to_harm_is_one_error(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text)


def test_rows_that_were_left_out_are_in_no_statistics_of_the_extract(store: KeyStore, tmp_path: Path) -> None:
    table = pa.table({"id": [str(n) for n in range(12)], "disease": ["가"] * 10 + [SECRET, "zzzz"]})
    pq.write_table(table, tmp_path / "in.parquet")
    policy = parse_policy(POLICY + "release: {k: 5, max_suppression: 0.5}\n")
    apply(policy, open_table(tmp_path / "in.parquet"), store.key("cardio", 1), tmp_path / "out.parquet")
    data = (tmp_path / "out.parquet").read_bytes()
    assert SECRET.encode() not in data
    assert b"zzzz" not in data
    statistics = pq.ParquetFile(tmp_path / "out.parquet").metadata.row_group(0).column(1).statistics
    assert (statistics.min, statistics.max) == ("가", "가")
