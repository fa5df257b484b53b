"""Applying a policy over a Dask cluster: parts of the table go out, and their rows come back in the source's order.

The rows are those that one machine makes, whatever the parts and the workers: an action is either row-wise, with
randomness by row number, or has learnt from the whole column before (`Plan`). A few would have to carry the whole
column to every worker; those are refused. The extract is still written here, as a whole or not at all.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

import pyarrow as pa

from audit.text import Text
from deid.engine import Plan, surveyed
from deid.errors import DataError, UsageError
from deid.keys import DomainKey
from deid.policy import Policy
from deid.scale.travelling import derived_keys
from deid.scale.work import FilePart, Part, Rows, SentPart, Task, change_part, facts, file_mark, stream, unstreamed
from deid.sources import BATCH_ROWS, ParquetTable, Table

PART_ROWS = 4 * BATCH_ROWS
"""Rows of one task; whole batches, so that a part is cut exactly as one machine would cut it."""
IN_FLIGHT = 2
"""Parts that wait for each thread of a worker: more would only fill memory."""
SECONDS = 30
"""So long a scheduler may take to answer."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Way = Literal["rows", "first_pass"]
# What is not named here does not go to a cluster: an action must be known to be independent of the others' rows.
SPREAD: Mapping[str, Way] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("categorize", "date_floor", "date_shift", "geo_level", "keep", "mask", "noise", "partial_suppress"),
                *("pseudonym_one_way", "pseudonym_reversible", "random_replace", "range", "round", "round_random"),
                *("scrub_text", "top_bottom_code"),
            ),
            "rows",
        ),
        **dict.fromkeys(
            (
                *("aggregate", "generalize_local", "microaggregate", "order_preserving", "rare_to_other"),
                *("suppress_local", "tokenize"),
            ),
            "first_pass",
        ),
    }
)
REFUSED: Mapping[str, Text] = MappingProxyType(
    {
        "permute": Text(
            "행 사이에서 값을 바꾸므로 열 전체가 한 기계에 있어야 합니다",
            "exchanges values between rows, so one machine must hold the whole column",
        ),
        "round_controlled": Text(
            "합계를 맞추려면 모든 행의 반올림을 한 번에 정해야 합니다",
            "decides the rounding of every row at once, so that totals are kept",
        ),
    }
)
_UNKNOWN = Text("행마다 따로 처리할 수 있는지 확인되지 않았습니다", "is not known to work row by row")


class ClusterUnfit(UsageError):
    """The cluster is not there, or not as it must be."""

    exit_code = 3
    reason_code = "cluster"
    hint = Text(
        "스케줄러와 작업자를 띄우는 방법은 docs/how-to/use-a-cluster.ko.md에 있습니다.",
        "docs/how-to/use-a-cluster.md says how to start a scheduler and workers.",
    )


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files with which this machine and the scheduler prove who they are."""

    authority: Path
    certificate: Path
    key: Path


class Cluster:
    """A Dask scheduler and those of its workers that may be given work."""

    def __init__(self, client: Any, part_rows: int = PART_ROWS) -> None:
        self._client = client
        self._part_rows = part_rows
        self._workers = self._accepted()

    @property
    def workers(self) -> int:
        """Return how many workers take part."""
        return len(self._workers)

    def changed(self, policy: Policy, table: Table, key: DomainKey) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the extract in the order of the source.

        Raises: UsageError — if an action cannot be spread. DataError — if the table does not fit the policy.
        """
        refuse_unspread(policy)
        plan = surveyed(policy, table, key)
        first = next(iter(table.batches(plan.needed)), None)
        if first is None or not first.num_rows:
            return
        keys = derived_keys(plan, first, key)
        task = self._client.scatter(Task(plan, keys), broadcast=True, hash=False, workers=list(self._workers))
        waiting: deque[Any] = deque()
        most = IN_FLIGHT * sum(self._workers.values())
        for part in self._parts(plan, table):
            waiting.append(self._submit(task, part))
            if len(waiting) >= most:
                yield from _rows(waiting.popleft())
        while waiting:
            yield from _rows(waiting.popleft())

    def _parts(self, plan: Plan, table: Table) -> Iterator[Part]:
        """Yield the parts of a table: places in a file that every worker sees, or else the rows themselves."""
        if isinstance(table, ParquetTable) and self._all_see(table.path):
            for first in range(0, table.rows or 0, self._part_rows):
                yield FilePart(table.path.resolve(), first, self._part_rows)
            return
        start = 0
        for batch in table.batches(plan.needed):
            yield SentPart(start, stream([batch]))
            start += batch.num_rows

    def _submit(self, task: Any, part: Part) -> Any:
        # A worker that dies gives its part to another: the same rows come out.
        return self._client.submit(
            change_part, task, part, pure=False, retries=2, workers=list(self._workers), allow_other_workers=False
        )

    def _all_see(self, path: Path) -> bool:
        here = file_mark(str(path))
        seen = self._client.run(file_mark, str(path.resolve()), workers=list(self._workers))
        return bool(here) and set(seen.values()) == {here}

    def _accepted(self) -> dict[str, int]:
        """Return the workers with the number of their threads.

        Raises: ClusterUnfit — if there are none, or one runs another program. UsageError — if keys would reach
        one in the clear.
        """
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        if not workers:
            raise ClusterUnfit(Text("스케줄러에 연결된 작업자가 없습니다.", "no worker is connected to the scheduler."))
        for address in workers:
            refuse_unprotected(address)
        here = facts()
        for address, there in self._client.run(facts).items():
            differs = [name for name, value in here.items() if there.get(name) != value]
            if differs:
                raise ClusterUnfit(
                    Text(
                        f"작업자 {address}의 {', '.join(differs)} 버전이 이 기계와 다릅니다. 같은 환경을 설치하십시오.",
                        f"worker {address} has another version of {', '.join(differs)}; install the same environment.",
                    )
                )
        return {address: int(one["nthreads"]) for address, one in workers.items()}


@contextmanager
def cluster(address: str, certificates: Certificates | None = None, *, seconds: float = SECONDS) -> Iterator[Cluster]:
    """Give the cluster of a scheduler that answers within some seconds.

    Raises: UsageError — if keys would travel in the clear. ClusterUnfit — if Dask is not installed, or nobody
    answers.
    """
    refuse_unprotected(address)
    try:
        from distributed import Client, Security
    except ImportError:
        raise ClusterUnfit(
            Text(
                "Dask가 설치되어 있지 않습니다: pip install 'ansim[scale]'",
                "Dask is missing: pip install 'ansim[scale]'",
            )
        ) from None
    security: Any = None
    if certificates is not None:
        _refuse_unusable(certificates)
        security = Security(  # type: ignore[no-untyped-call]
            require_encryption=True,
            tls_ca_file=str(certificates.authority),
            tls_client_cert=str(certificates.certificate),
            tls_client_key=str(certificates.key),
        )
    elif urlsplit(address).scheme == "tls" and not _configured():
        raise UsageError(
            Text(
                "tls:// 주소에는 --tls-ca, --tls-cert, --tls-key가 필요합니다.",
                "a tls:// address needs --tls-ca, --tls-cert and --tls-key.",
            )
        )
    try:
        client = Client(address, security=security, timeout=seconds, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TypeError, ValueError) as error:
        raise ClusterUnfit(
            Text(
                f"스케줄러 {address}에 연결할 수 없습니다({type(error).__name__}).",
                f"the scheduler {address} cannot be reached ({type(error).__name__}).",
            )
        ) from None
    try:
        yield Cluster(client)
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _configured() -> bool:
    """Return whether Dask's own configuration of this machine names the certificates."""
    import dask

    return dask.config.get("distributed.comm.tls.client.cert", default=None) is not None


def _refuse_unusable(certificates: Certificates) -> None:
    """Refuse files with which no connection can be made, before somebody waits for one.

    Raises: UsageError
    """
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(certificates.authority))
        # Without a word for an encrypted key OpenSSL would ask at the terminal.
        context.load_cert_chain(certificates.certificate, certificates.key, password="")
    except (OSError, ValueError) as error:
        raise UsageError(
            Text(
                f"TLS 파일을 쓸 수 없습니다({type(error).__name__}). PEM 형식의 인증기관, 인증서와 그에 맞는, "
                "암호가 걸리지 않은 개인키를 지정하십시오.",
                f"the TLS files cannot be used ({type(error).__name__}): name an authority, a certificate and the key "
                "that belongs to it, all in PEM, the key without a passphrase.",
            )
        ) from None


def refuse_unprotected(address: str) -> None:
    """Refuse to send keys where others on the way could read them: only over TLS, or within this machine.

    Raises: UsageError
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme == "tls" or parts.scheme == "inproc" or (parts.scheme == "tcp" and host in LOOPBACK):
        return
    raise UsageError(
        Text(
            f"{address}: 가명 키가 암호화되지 않은 채 전송됩니다. tls:// 주소와 인증서를 쓰십시오.",
            f"{address}: the pseudonym keys would travel unencrypted; use a tls:// address with certificates.",
        )
    )


def refuse_unspread(policy: Policy) -> None:
    """Refuse a policy with an action that needs all rows at once.

    Raises: UsageError — naming the column and the reason.
    """
    for column in policy.shown:
        if column.action_name not in SPREAD:
            why = REFUSED.get(column.action_name, _UNKNOWN)
            raise UsageError(
                Text(
                    f"{column.name} 열의 {column.action_name}: {why.ko}. --scheduler 없이 실행하십시오.",
                    f"column {column.name}, {column.action_name}: it {why.en}; run it without --scheduler.",
                )
            )


def _rows(future: Any) -> Iterator[pa.RecordBatch]:
    from distributed import KilledWorker

    try:
        answer = future.result()
    except KilledWorker:
        raise ClusterUnfit(
            Text("작업자가 거듭 중단되었습니다. 메모리를 확인하십시오.", "workers kept dying; see to their memory.")
        ) from None
    finally:
        future.release()
    if isinstance(answer, Rows):
        yield from unstreamed(answer.data)
    elif answer.of_data:
        raise DataError(answer.reason)
    else:
        raise ClusterUnfit(answer.reason)
