"""Entry of `python -m hub_config.home_helper [SETTINGS]`; without a file the supervisor's environment tells it."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from hub_config.engine_helper.errors import HelperSettingsError
from hub_config.engine_helper.helper_settings import load_told, parse_told
from hub_config.helper_socket import ready
from hub_config.home_helper.errors import Refused
from hub_config.home_helper.rights import keep_mounting_only
from hub_config.home_helper.server import Server
from hub_config.home_helper.told import VARIABLE, HomeHelperSettings
from hub_config.log_lines import speak

log = logging.getLogger("ansim.home_helper")


def told(arguments: list[str]) -> HomeHelperSettings:
    """Return what this process is told. Raises: HelperSettingsError, ValueError."""
    if arguments:
        return load_told(HomeHelperSettings, Path(arguments[0]))
    return parse_told(HomeHelperSettings, json.loads(os.environ[VARIABLE]))


def main(arguments: list[str]) -> int:
    """Serve until a signal says stop; 3 when it cannot. Homes that are open stay open: workspaces go on."""
    speak()
    os.umask(0o077)
    try:
        settings = told(arguments)
        keep_mounting_only()
        server = Server(settings)
    except (HelperSettingsError, Refused, OSError, ValueError, KeyError) as error:
        log.error("the helper does not start: %s", error)
        return 3
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ready()
    stop.wait()
    server.shutdown()
    server.server_close()
    Path(settings.socket).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
