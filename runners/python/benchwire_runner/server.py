"""The parent: imports once, starts a process for each task, and ends it when it is over a limit.

It never touches a device, so that CUDA works in the processes that it forks, and it never runs a model.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from .backends import Backend
from .child import run_task
from .processes import end_group, kill_group, resident_mb, tree_resident_mb
from .protocol import Lines, Message, decode, encode, send
from .task import Task

TICK_SECONDS = 0.1
READ_BYTES = 1 << 20


@dataclass
class RunningTask:
    """The process of a task, as its parent sees it."""

    task: Task
    pid: int
    fd: int
    started: float = field(default_factory=time.monotonic)
    lines: Lines = field(default_factory=Lines)
    batch_size: int | None = None
    settled: bool = False
    """It has said `done` or `failed`, or that was said for it."""


class Server:
    """Takes tasks on `fd`, one at a time, and reports them there."""

    def __init__(self, backend_name: str, backend: Backend, fd: int, *, forks: bool) -> None:
        self._backend_name = backend_name
        self._backend = backend
        self._fd = fd
        self._forks = forks
        self._selector = selectors.DefaultSelector()
        self._running: RunningTask | None = None
        self._commands = Lines()
        self._warmed: set[str] = set()

    def serve(self) -> None:
        """Until the worker closes its end; what still runs then is ended."""
        self._selector.register(self._fd, selectors.EVENT_READ)
        try:
            while self._turn():
                pass
        finally:
            if self._running is not None:
                self._end(self._running)

    def _turn(self) -> bool:
        for key, _ in self._selector.select(None if self._running is None else TICK_SECONDS):
            if key.fd == self._fd:
                if not self._read_commands():
                    return False
            elif self._running is not None and key.fd == self._running.fd:
                self._read_child(self._running)
        if self._running is not None:
            self._look_after(self._running)
        return True

    def _read_commands(self) -> bool:
        try:
            piece = os.read(self._fd, READ_BYTES)
        except ConnectionResetError:
            return False
        if piece == b"":
            return False
        for line in self._commands.feed(piece):
            self._obey(decode(line))
        return True

    def _obey(self, command: Message) -> None:
        if command["type"] == "task":
            if self._running is not None:
                raise RuntimeError("a task was sent while another one runs")
            self._start(command)
        elif command["type"] == "cancel":
            running = self._running
            if running is not None and running.task.id == command["id"]:
                # Anyone who cancels knows why; `ended` says that nothing of it is left.
                running.settled = True
                self._end(running)

    def _start(self, command: Message) -> None:
        task = Task.read(command)
        read_fd, write_fd = os.pipe()
        pid = self._fork(task, read_fd, write_fd) if self._forks else self._spawn(command, write_fd)
        os.close(write_fd)
        self._running = RunningTask(task, pid, read_fd)
        self._selector.register(read_fd, selectors.EVENT_READ)
        self._say("started", self._running, pid=pid)

    def _fork(self, task: Task, read_fd: int, write_fd: int) -> int:
        if task.model not in self._warmed:
            self._warmed.add(task.model)
            self._backend.warm(task.model)
            # What is there now is shared with the children, whose collectors leave it alone.
            gc.freeze()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid != 0:
            return pid
        code = 1
        try:
            os.setsid()
            os.close(read_fd)
            os.close(self._fd)
            run_task(self._backend, task, write_fd)
            sys.stdout.flush()
            sys.stderr.flush()
            code = 0
        finally:
            # No clean-up of the parent's objects: they are not this process's.
            os._exit(code)

    def _spawn(self, command: Message, write_fd: int) -> int:
        """A fresh process, where forking one that has libraries loaded is not safe (macOS)."""
        arguments = [sys.executable, "-m", "benchwire_runner", "child", self._backend_name, "--fd", str(write_fd)]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, pass_fds=[write_fd], start_new_session=True)
        assert process.stdin is not None
        process.stdin.write(encode(command))
        process.stdin.close()
        return process.pid

    def _read_child(self, running: RunningTask) -> None:
        piece = os.read(running.fd, READ_BYTES)
        if piece == b"":
            self._selector.unregister(running.fd)
            # The process is about to end; if it does not, it has nothing more to say.
            self._reap(running, patience=2)
            return
        self._hand_on(running, piece)

    def _hand_on(self, running: RunningTask, piece: bytes) -> None:
        """Passes messages of the process on, until it has said how it ended."""
        try:
            messages = [decode(line) for line in running.lines.feed(piece)]
        except ValueError as error:
            if not running.settled:
                self._fail(running, "crash", "RUNNER_PROTOCOL", f"The measuring process wrote no message: {error}.")
            return
        for message in messages:
            if running.settled:
                return
            running.batch_size = message.get("batch_size", running.batch_size)
            running.settled = message["type"] in ("done", "failed")
            send(self._fd, message)

    def _look_after(self, running: RunningTask) -> None:
        """Ends a process that is over a limit, and notices one that has ended."""
        limits = running.task.limits
        seconds = time.monotonic() - running.started
        memory_mb = None
        if limits.memory_mb is not None:
            # A forked process begins with the memory of this one.
            shared_mb = (resident_mb(os.getpid()) or 0) if self._forks else 0
            memory_mb = tree_resident_mb(running.pid, shared_mb)
        if limits.memory_mb is not None and memory_mb is not None and memory_mb > limits.memory_mb:
            text = f"The measuring process used {memory_mb:.0f} MB, more than the limit of {limits.memory_mb:.0f} MB."
            self._fail(running, "out_of_memory", "MEMORY_LIMIT", text)
            self._end(running)
        elif limits.wall_seconds is not None and seconds > limits.wall_seconds:
            text = f"The measuring process ran for more than {limits.wall_seconds:g} s."
            self._fail(running, "timeout", "TIMED_OUT", text)
            self._end(running)
        else:
            self._reap(running, patience=0)

    def _reap(self, running: RunningTask, patience: float) -> None:
        until = time.monotonic() + patience
        while True:
            pid, status = os.waitpid(running.pid, os.WNOHANG)
            if pid != 0:
                self._drain(running)
                if not running.settled:
                    self._fail_by_status(running, status)
                self._forget(running)
                return
            if time.monotonic() >= until:
                break
            time.sleep(0.001)
        if patience > 0:
            if not running.settled:
                text = "The measuring process closed its pipe without a result, and did not end."
                self._fail(running, "crash", "RUNNER_PROTOCOL", text)
            self._end(running)

    def _drain(self, running: RunningTask) -> None:
        """What it wrote before it ended."""
        os.set_blocking(running.fd, False)
        try:
            while (piece := os.read(running.fd, READ_BYTES)) != b"":
                self._hand_on(running, piece)
        except BlockingIOError:
            # Something that it started still has the pipe.
            return

    def _fail_by_status(self, running: RunningTask, status: int) -> None:
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else f"SIG{number}"
            if name == "SIGXCPU":
                text = f"The measuring process used more than {running.task.limits.cpu_seconds:g} s of processor time."
                self._fail(running, "timeout", "CPU_TIME_LIMIT", text)
            elif name == "SIGKILL":
                text = "The measuring process was killed (SIGKILL): by the kernel when the machine ran out of memory, or from outside."
                self._fail(running, "crash", "KILLED", text)
            else:
                self._fail(running, "crash", name, f"The measuring process crashed with signal {name}.")
        else:
            code = os.WEXITSTATUS(status)
            self._fail(
                running, "crash", f"EXIT_{code}", f"The measuring process ended with exit code {code} and no result."
            )

    def _fail(self, running: RunningTask, error_class: str, code: str, text: str) -> None:
        running.settled = True
        error = {"class": error_class, "code": code, "message": text}
        self._say("failed", running, error=error, batch_size=running.batch_size)

    def _end(self, running: RunningTask) -> None:
        kill_group(running.pid)
        os.waitpid(running.pid, 0)
        self._forget(running)

    def _forget(self, running: RunningTask) -> None:
        # What it has started must not disturb the next one. The process itself is gone, and its number may be another's.
        end_group(running.pid)
        if running.fd in self._selector.get_map():
            self._selector.unregister(running.fd)
        os.close(running.fd)
        self._running = None
        self._say("ended", running)

    def _say(self, kind: str, running: RunningTask, **fields: Any) -> None:
        send(self._fd, {"type": kind, "id": running.task.id, **fields})
