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


def tree_resident_mb(pid: int, shared_mb: float) -> float | None:
    """Resident memory in MiB of a process and of those it started; None where it cannot be read. `shared_mb` is what each
    of them has from the process that it was forked from, and counts once."""
    own = resident_mb(pid)
    if own is None:
        return None
    total = own
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += max(0.0, (tree_resident_mb(int(child), shared_mb) or 0.0) - shared_mb)
    return total


def available_memory_mb() -> float | None:
    """What the machine, or the memory limit of this control group, can still give in MiB; None where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) / 1024, _group_room_mb())
    return None


def _group_room_mb() -> float:
    with contextlib.suppress(OSError, ValueError):
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
        return (limit - used) / (1024 * 1024)
    return float("inf")


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
