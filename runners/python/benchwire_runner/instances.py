"""Several models at once, each in a process of its own: how much they do together, and how much they slow each other down."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .backends import Backend, Loaded
from .errors import ErrorClass, TaskFailure, failure_of
from .measure import WINDOW_SAMPLES
from .processes import die_with_parent
from .protocol import Lines, encode
from .task import Task

MIN_INFERENCES = 3
"""Of each instance in a window: a model that is slower than the others makes the window longer."""
HEAD_START_SECONDS = 0.02
"""Between the word and the common start, so that it has reached all."""
ALIVE_SECONDS = 1.0
TRIES = 4
MIN_AGAIN_SECONDS = 0.5


@dataclass
class Samples:
    """What one instance did from the common start on, by the clock of perf_counter, which all processes of a machine share."""

    ends: list[float]
    latencies_ms: list[float]


@dataclass
class _Instance:
    task: Task
    pid: int
    socket: socket.socket
    lines: Lines
    process: subprocess.Popen[bytes] | None = None


class Instances:
    """Processes that build one model each when they are asked to. They are made before this process starts a thread pool or
    touches a device, which a fork would not survive."""

    def __init__(
        self, backend: Backend, tasks: Sequence[Task], alive: Callable[[str], None], spawn: tuple[str, list[bytes]] | None
    ) -> None:  # fmt: skip
        """`spawn` is the backend's name and the task of each instance as a message, where processes are not forked."""
        self._alive = alive
        self._all: list[_Instance] = []
        for place, task in enumerate(tasks):
            own, other = socket.socketpair()
            if spawn is None:
                self._all.append(self._forked(backend, task, own, other))
            else:
                self._all.append(_spawned(spawn[0], spawn[1][place], task, own, other))

    def _forked(self, backend: Backend, task: Task, own: socket.socket, other: socket.socket) -> _Instance:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid != 0:
            other.close()
            return _Instance(task, pid, own, Lines())
        try:
            own.close()
            for each in self._all:
                each.socket.close()
            run_instance(backend, task, other)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(0)

    def prepare(self, places: Sequence[int], batch_size: int, threads: int | None) -> None:
        """Has these build their models and warm up, one after the other: two that draw weights at once would need twice the room."""
        for place in places:
            self._ask([place], {"type": "prepare", "batch_size": batch_size, "threads": threads})

    def run(self, places: Sequence[int], seconds: float, threads: int | None) -> list[Samples]:
        """Has these start together and run for so long; only what ended while all of them ran counts. Where a busy machine let one
        begin when another had ended, they run again, for longer."""
        for _ in range(TRIES - 1):
            samples = self._run_once(places, seconds, threads)
            if all(each.ends for each in samples):
                return samples
            seconds = max(2 * seconds, MIN_AGAIN_SECONDS)
        return self._run_once(places, seconds, threads)

    def _run_once(self, places: Sequence[int], seconds: float, threads: int | None) -> list[Samples]:
        start = time.perf_counter() + HEAD_START_SECONDS
        answers = self._ask(places, {"type": "run", "start": start, "seconds": seconds, "threads": threads})
        ended = [Samples(answer["ends"], answer["latencies_ms"]) for answer in answers]
        until = min(each.ends[-1] for each in ended)
        return [_counted(each, start, until) for each in ended]

    def end(self) -> None:
        """Ends all of them."""
        for each in self._all:
            each.socket.close()
            with contextlib.suppress(ChildProcessError):
                if each.process is None:
                    os.waitpid(each.pid, 0)
                else:
                    each.process.wait()
        self._all = []

    def _ask(self, places: Sequence[int], message: dict[str, Any]) -> list[dict[str, Any]]:
        asked = [self._all[place] for place in places]
        for each in asked:
            try:
                each.socket.sendall(encode(message))
            except OSError as error:
                raise _gone(each) from error
        answers: dict[int, dict[str, Any]] = {}
        while len(answers) < len(asked):
            waiting = [each.socket for each in asked if each.pid not in answers]
            ready, _, _ = select.select(waiting, [], [], ALIVE_SECONDS)
            if not ready:
                self._alive(f"{len(places)} models at once" if message["type"] == "run" else "preparing instances")
            for each in asked:
                if each.socket in ready:
                    answers.update((each.pid, answer) for answer in _read(each))
        return [answers[each.pid] for each in asked]


def _read(instance: _Instance) -> list[dict[str, Any]]:
    """Whole answers that have come. Raises TaskFailure where the instance failed or is gone."""
    try:
        piece = instance.socket.recv(1 << 20)
    except OSError as error:
        raise _gone(instance) from error
    if piece == b"":
        raise _gone(instance)
    answers = [json.loads(line) for line in instance.lines.feed(piece)]
    for answer in answers:
        if "error" in answer:
            error_class: ErrorClass = answer["error"]["class"]
            raise TaskFailure(error_class, answer["error"]["code"], answer["error"]["message"])
    return answers


def _gone(instance: _Instance) -> TaskFailure:
    text = f"One of several models at once ({instance.task.model}) ended without a result, or was killed."
    return TaskFailure("crash", "KILLED", text)


def _counted(samples: Samples, start: float, until: float) -> Samples:
    kept = [place for place, end in enumerate(samples.ends) if start < end <= until]
    return Samples([samples.ends[place] for place in kept], [samples.latencies_ms[place] for place in kept])


def _spawned(backend_name: str, message: bytes, task: Task, own: socket.socket, other: socket.socket) -> _Instance:
    arguments = [sys.executable, "-m", "benchwire_runner", "instance", backend_name, "--fd", str(other.fileno())]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, pass_fds=[other.fileno()])
    assert process.stdin is not None
    process.stdin.write(message)
    process.stdin.close()
    other.close()
    return _Instance(task, process.pid, own, Lines(), process)


def run_instance(backend: Backend, task: Task, orders: socket.socket) -> None:
    """The process of one instance: does what it is asked until the other end is closed."""
    die_with_parent()
    lines = Lines()
    loaded: Loaded | None = None
    infer: Callable[[], object] | None = None
    while (piece := orders.recv(1 << 16)) != b"":
        for line in lines.feed(piece):
            order = json.loads(line)
            try:
                if order["type"] == "prepare":
                    task = replace(task, options={**task.options, "intra_op_num_threads": order["threads"]})
                    loaded = loaded or backend.prepare(task, lambda _: None)
                    infer = _warm(loaded, task, order)
                    answer: dict[str, Any] = {"ready": True}
                else:
                    assert loaded is not None and infer is not None
                    if order["threads"] is not None:
                        loaded.set_threads(order["threads"])
                    samples = _run(infer, order["start"], order["seconds"])
                    answer = {"ends": samples.ends, "latencies_ms": samples.latencies_ms}
            except BaseException as error:
                failure = failure_of(error)
                answer = {"error": {"class": failure.error_class, "code": failure.code, "message": str(failure)}}
            orders.sendall(encode(answer))


def _warm(loaded: Loaded, task: Task, order: dict[str, Any]) -> Callable[[], object]:
    if order["threads"] is not None:
        loaded.set_threads(order["threads"])
    infer = loaded.inference(order["batch_size"])
    deadline = time.perf_counter() + task.max_seconds
    for number in range(1 + task.warmup_iterations):
        infer()
        if number == 0:
            loaded.prove()
        if time.perf_counter() > deadline:
            break
    return infer


def _run(infer: Callable[[], object], start: float, seconds: float) -> Samples:
    """By the clock of the machine also on accelerators: what is compared is what all of them get done."""
    ends = array("d", bytes(8 * WINDOW_SAMPLES))
    latencies = array("d", bytes(8 * WINDOW_SAMPLES))
    clock = time.perf_counter
    while (left := start - clock()) > 0:
        time.sleep(left)
    deadline = start + seconds
    done = 0
    while done < WINDOW_SAMPLES:
        begun = clock()
        infer()
        ended = clock()
        ends[done] = ended
        latencies[done] = (ended - begun) * 1000
        done += 1
        if ended >= deadline and done >= MIN_INFERENCES:
            break
    return Samples(list(ends[:done]), list(latencies[:done]))
