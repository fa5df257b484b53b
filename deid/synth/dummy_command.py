"""`ansim deid dummy`: rows for rehearsals from a schema alone; there is no option that names data."""

from __future__ import annotations

import argparse
import json

from audit.cli_context import Context, language_of
from audit.text import Text
from deid.synth.dummy import SAID, dummy_rows, load_schema
from deid.synth.engine import fresh_random
from deid.targets import extract_file


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write dummy rows; the file says that it is dummy data."""
    schema = load_schema(arguments.schema)
    described: dict[str, object] = {"dummy": True, "schema": schema.name, "said": SAID.en}
    with extract_file(arguments.target, described) as writer:
        for batch in dummy_rows(schema, arguments.rows, fresh_random()):
            writer.write(batch)
    if context.json:
        document = {"dummy": True, "schema": schema.name, "rows": arguments.rows, "columns": len(schema.fields)}
        context.print(json.dumps(document, ensure_ascii=False))
        return 0
    made = Text(
        f"{arguments.target}: 견본 {arguments.rows:,}행을 썼습니다.",
        f"{arguments.target}: {arguments.rows:,} dummy rows.",
    )
    context.print(made.say(language_of()))
    context.print(SAID.say(language_of()))
    return 0
