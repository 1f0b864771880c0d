"""What this machine is, and how busy it is. What can't be read is None, with the reason beside it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

MIB = 1024**2
NO_PROC = "this worker reads it from /proc, which this system does not have"
NOT_READ = "this worker does not read it"


def now() -> str:
    """`2026-11-22T02:00:00.000Z`"""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hash_of(parts: Any, digits: int) -> str:
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def text_of(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def line_of(path: str, begins: str) -> str | None:
    return next((line for line in (text_of(path) or "").splitlines() if line.startswith(begins)), None)


def facts() -> dict[str, str | int | None]:
    """What results depend on: a change of any makes a new fingerprint, and with it new histories."""
    model = line_of("/proc/cpuinfo", "model name")
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cpu_model": model.split(":", 1)[1].strip() if model else platform.processor() or platform.machine(),
        "cpu_cores_total": os.cpu_count(),
        "cpu_cores": len(affinity(0)) if affinity else os.cpu_count(),
        "cpu_governor": text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "memory_gb": round(memory_bytes() / 1024**3),
        "arch": platform.machine(),
        "os": platform.system().lower(),
        "kernel": platform.release(),
        "python_version": platform.python_version(),
    }


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def cpu_times() -> tuple[int, int] | None:
    """Busy and total time of all processors since the machine's start (proc_stat(5))."""
    line = line_of("/proc/stat", "cpu ")
    if line is None:
        return None
    fields = [int(field) for field in line.split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def busy_percent(since: tuple[int, int] | None, until: tuple[int, int] | None) -> float | None:
    if since is None or until is None or until[1] <= since[1]:
        return None
    return round(100 * (until[0] - since[0]) / (until[1] - since[1]), 1)


def memory_used_mb() -> int | None:
    available = line_of("/proc/meminfo", "MemAvailable")
    return None if available is None else round((memory_bytes() - int(available.split()[1]) * 1024) / MIB)


@dataclass
class Watch:
    """What the machine does while an attempt runs: the mean load, the highest memory."""

    times: tuple[int, int] | None
    memory_mb: int | None


class Machine:
    def __init__(self) -> None:
        self.memory_gb = round(memory_bytes() / 1024**3, 2)
        self._times = cpu_times()
        self._watches: list[Watch] = []

    def load(self) -> dict[str, Any]:
        """For a heartbeat; the processors' load is the mean since the one before."""
        times, used = cpu_times(), self._memory()
        values = {
            "cpu_load_percent": busy_percent(self._times, times),
            "memory_used_mb": used,
            "memory_total_mb": round(memory_bytes() / MIB),
            "temperature_celsius": None,
        }
        self._times = times
        return with_reasons(values, {"temperature_celsius": NOT_READ})

    def watch(self) -> Watch:
        watch = Watch(cpu_times(), memory_used_mb())
        self._watches.append(watch)
        return watch

    def used(self, watch: Watch | None) -> dict[str, Any]:
        """For an outcome; without a watch the attempt was too short for one."""
        values: dict[str, float | int | None] = dict.fromkeys(
            (
                "cpu_utilization_percent",
                "gpu_utilization_percent",
                "memory_usage_mb",
                "power_consumption_watts",
                "temperature_celsius",
            )
        )
        if watch is None:
            return {**values, "unavailable": {"*": "ran too short to be sampled"}}
        self._memory()
        self._watches.remove(watch)
        values["cpu_utilization_percent"] = busy_percent(watch.times, cpu_times())
        values["memory_usage_mb"] = watch.memory_mb
        reasons = {"power_consumption_watts": NOT_READ, "temperature_celsius": NOT_READ}
        return with_reasons(values, {"gpu_utilization_percent": "a cpu device has no GPU", **reasons})

    def _memory(self) -> int | None:
        used = memory_used_mb()
        for watch in self._watches:
            if used is not None:
                watch.memory_mb = max(used, watch.memory_mb or 0)
        return used


def with_reasons(values: dict[str, Any], reasons: dict[str, str]) -> dict[str, Any]:
    nulls = {name: reasons.get(name, NO_PROC) for name, value in values.items() if value is None}
    return {**values, "unavailable": nulls} if nulls else values
