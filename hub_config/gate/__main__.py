"""Entry of `python -m hub_config.gate`."""

from __future__ import annotations

import sys

from hub_config.gate.process import main

if __name__ == "__main__":
    sys.exit(main())
