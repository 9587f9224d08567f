"""What else the machine is doing: processor time of none of those compared (Linux; zero where not told)."""

import os
from collections.abc import Iterable
from pathlib import Path

LOUD = 0.08
"""Seconds of processor that others may take in a second before a round counts for nothing."""
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Load:
    """Measures one stretch: `foreign` is what others took of it, in processors."""

    def __init__(self, processes: Iterable[int]) -> None:
        self._processes = [os.getpid(), *processes]
        self._uptime, self._busy, self._ours = self._look()

    def foreign(self) -> float:
        """Return how many processors others kept busy since this was made."""
        uptime, busy, ours = self._look()
        if uptime <= self._uptime:
            return 0.0
        return max(0.0, ((busy - self._busy) - (ours - self._ours)) / (uptime - self._uptime))

    def _look(self) -> tuple[float, float, float]:
        try:
            uptime = float(Path("/proc/uptime").read_text().split()[0])
            counted = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
            busy = (sum(counted) - counted[3] - counted[4]) / TICK  # but idle and waiting for disks
        except (OSError, ValueError, IndexError):
            return 0.0, 0.0, 0.0
        return uptime, busy, sum(map(_taken, self._processes))


def _taken(process: int) -> float:
    """Return the processor seconds of a process and of its children that ended; proc(5), fields 14 to 17."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(word) for word in after_name[11:15]) / TICK
