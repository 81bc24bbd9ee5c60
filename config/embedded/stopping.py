"""Signals that ask the launcher to stop: the first in order, the second in a hurry."""

import signal
import time
from types import FrameType

from config.embedded.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """How often, and by which signal first, the launcher was asked to stop."""

    def __init__(self) -> None:
        self.count = 0
        self.number = 0

    def listen(self) -> "Stopping":
        """Count the signals of this process from now on."""
        for number in SIGNALS:
            signal.signal(number, self._note)
        return self

    @property
    def requested(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self.count > 0

    def hurried(self) -> bool:
        """Tell whether somebody asked twice."""
        return self.count > 1

    def check(self) -> None:
        """Raise ``Interrupted`` when somebody asked to stop."""
        if self.count:
            raise Interrupted(signal.Signals(self.number).name)

    def pause(self, seconds: float) -> None:
        """Sleep, but raise ``Interrupted`` as soon as somebody asks to stop."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.05))

    def _note(self, number: int, _: FrameType | None) -> None:
        self.count += 1
        self.number = self.number or number
