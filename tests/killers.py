"""A network that ends its process as a machine without memory would."""

from __future__ import annotations

import os
import signal


class Killer:
    """Kills whoever builds it."""

    def __init__(self, vocabulary_size: int, readout: str, **settings: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
