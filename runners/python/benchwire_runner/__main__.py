"""`python -m benchwire_runner serve|probe|child BACKEND`; started by a worker, not by people."""

from __future__ import annotations

import argparse
import gc
import os
import platform
import signal
import socket
import sys
import time

from . import PROTOCOL_VERSION, RUNNER_VERSION
from .backends import backend_of
from .child import run_task
from .errors import failure_of
from .instances import run_instance
from .protocol import decode, encode, send
from .server import Server
from .task import Task


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchwire_runner", description=__doc__)
    parser.add_argument("command", choices=["serve", "probe", "child", "instance", "startup"])
    parser.add_argument("backend")
    parser.add_argument("--fd", type=int, default=3, help="the pipe of the protocol")
    parser.add_argument("--no-fork", action="store_true", help="a fresh process for each task")
    arguments = parser.parse_args()
    # Weights and inputs come from a configuration and a seed. Nothing is fetched.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if arguments.command == "probe":
        return probe(arguments.backend, arguments.fd)
    if arguments.command == "child":
        task = Task.read(decode(sys.stdin.buffer.readline()))
        backend = backend_of(arguments.backend)
        backend.load()
        run_task(backend, task, arguments.fd, spawn=arguments.backend)
        return 0
    if arguments.command == "instance":
        task = Task.read(decode(sys.stdin.buffer.readline()))
        backend = backend_of(arguments.backend)
        backend.load()
        run_instance(backend, task, socket.socket(fileno=arguments.fd))
        return 0
    if arguments.command == "startup":
        return startup(arguments.fd, forks=not arguments.no_fork)
    # Ctrl-C in a terminal reaches the whole group; the worker says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return serve(arguments.backend, arguments.fd, forks=not arguments.no_fork and sys.platform != "darwin")


def serve(name: str, fd: int, *, forks: bool) -> int:
    started = time.perf_counter()
    backend = backend_of(name)
    # Where tasks get a fresh process, only that one imports.
    versions = backend.load() if forks else {}
    gc.collect()
    gc.freeze()
    ready = {
        "type": "ready",
        "v": PROTOCOL_VERSION,
        "runner_version": RUNNER_VERSION,
        "python_version": platform.python_version(),
        "versions": versions,
        "import_ms": (time.perf_counter() - started) * 1000,
        "forks": forks,
    }
    send(fd, ready)
    Server(name, backend, fd, forks=forks).serve()
    return 0


def startup(fd: int, *, forks: bool) -> int:
    """How long the model of the task on standard input takes to start, as one line."""
    from .backends.torch_startup import measure_startup

    task = Task.read(decode(sys.stdin.buffer.readline()))
    try:
        answer = measure_startup(task, task.options["startup_rounds"], forks=forks)
    except BaseException as error:
        failure = failure_of(error)
        answer = {"error": [failure.error_class, failure.code, str(failure)]}
    send(fd, {"type": "startup", **answer})
    return 0


def probe(name: str, fd: int) -> int:
    """What the backend has here, as one line."""
    backend = backend_of(name)
    versions = {"python": platform.python_version(), **backend.load()}
    os.write(fd, encode({"type": "probed", "versions": versions, "devices": backend.devices()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
