"""What the operating system tells of a process, and what it enforces."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from pathlib import Path

from .task import Limits

PR_SET_PDEATHSIG = 1


def resident_mb(pid: int) -> float | None:
    """Resident memory in MiB; None where it cannot be read."""
    return _status_mb(pid, "VmRSS")


def peak_resident_mb() -> float:
    """Highest resident memory of this process, in MiB. A forked process starts with the memory that it shares with its parent."""
    peak = _status_mb(os.getpid(), "VmHWM")
    if peak is not None:
        return peak
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _status_mb(pid: int, name: str) -> float | None:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return None


def die_with_parent() -> None:
    """Linux only; elsewhere a closed pipe ends the process at its next message."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_cpu_time(limits: Limits) -> None:
    """SIGXCPU at the limit, SIGKILL two seconds later. What this process has used before does not count."""
    if limits.cpu_seconds is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + limits.cpu_seconds) + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))


def end_group(pid: int) -> None:
    """Ends what a process has started in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    """Ends a process that is still there, and all that it has started in its session."""
    end_group(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
