"""Entry of `python -m hub_config.engine_helper SETTINGS`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

from hub_config.engine_helper.errors import HelperError
from hub_config.engine_helper.helper_settings import load_helper_settings
from hub_config.engine_helper.server import Server
from hub_config.helper_socket import ready
from hub_config.log_lines import speak

log = logging.getLogger("ansim.engine_helper")


def main(settings: Path) -> int:
    """Serve until a signal says stop; 3 when the settings or the engine are not to be had."""
    speak()
    try:
        server = Server(load_helper_settings(settings))
    except HelperError as error:
        log.error("%s %s", error, error.hint)
        return 3
    server.engine.remove_left_volumes()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ready()
    stop.wait()
    server.shutdown()
    server.server_close()
    Path(server.settings.socket).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
