"""What a Parquet file may unpack to: pages that grow a thousandfold are an attack, not a table.

A reader makes room for a whole page before it sees a row, so the footer's own figures are judged first.
"""

from __future__ import annotations

from typing import Any

from audit.text import Text
from deid.errors import DataError

MAX_CHUNK_BYTES = 1 << 30
"""Of one column in one row group, unpacked; what is smaller may be packed as well as it likes."""
MAX_RATIO = 200


def refuse_bomb(metadata: Any, name: str) -> None:
    """Refuse a file whose footer says that a column unpacks to far more than it is.

    Raises: DataError — naming the row group.
    """
    for group in range(metadata.num_row_groups):
        about = metadata.row_group(group)
        for number in range(about.num_columns):
            chunk = about.column(number)
            unpacked, packed = chunk.total_uncompressed_size, max(chunk.total_compressed_size, 1)
            if unpacked < 0 or (unpacked > MAX_CHUNK_BYTES and unpacked > MAX_RATIO * packed):
                raise DataError(
                    Text(
                        f"{name}: {group + 1}번째 행 묶음이 비정상적으로 크게 풀립니다. 열지 않았습니다.",
                        f"{name}: row group {group + 1} unpacks to far too much; it was not opened.",
                    )
                )
