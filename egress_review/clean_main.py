"""The program that cleans one file: its name and bytes on standard input, the variant on standard output.

A child with limits runs it, because it reads a file that may be hostile. First line of the input: the name in JSON,
or `{"name", "round_to", "hide_below", "counts"}`; of the output: `{"removed": [{"ko", "en"}]}` or
`{"refused": {"ko", "en"}}`; what follows is bytes. A workspace runs it as well, for `ansim_client.clean`.
"""

from __future__ import annotations

import json
import sys

from egress_review.cleaning import UncleanableError, clean
from egress_review.rounding import Wish


def main() -> int:
    """Read one file, write its variant; say no more than the kind of error on failure."""
    asked = json.loads(sys.stdin.buffer.readline())
    wished = asked if isinstance(asked, dict) else {"name": asked}
    data = sys.stdin.buffer.read()
    try:
        wish = Wish(wished.get("round_to", 0), wished.get("hide_below", 0), tuple(wished.get("counts", ())))
        cleaned = clean(wished["name"], data, wish)
    except UncleanableError as error:
        _head({"refused": {"ko": error.reason.ko, "en": error.reason.en}})
        return 0
    except Exception as error:
        # The message of an exception may quote the file.
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1
    _head({"removed": [{"ko": one.ko, "en": one.en} for one in cleaned.removed]})
    sys.stdout.buffer.write(cleaned.data)
    return 0


def _head(content: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(content).encode() + b"\n")


if __name__ == "__main__":
    raise SystemExit(main())
