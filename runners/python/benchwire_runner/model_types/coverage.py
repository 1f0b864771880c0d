"""Takes every model type as far as it comes, each in a forked child of one process that has imported everything.

`python -m benchwire_runner.model_types.coverage [--types a,b] [--export] [--search] [--profile] [--jobs 2]` writes a JSON line for each type
to stdout. Models print too: their stdout goes to stderr.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from dataclasses import asdict, dataclass

CPU_SECONDS = 200
WALL_FACTOR = 6
MEMORY_MB = 6 * 1024


@dataclass
class Child:
    type: str
    pid: int
    pipe: int
    started: float
    text: bytes = b""
    peak_memory_mb: int = 0


def main() -> None:
    arguments = _arguments()
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _import_once(export=arguments.export, program=arguments.onnx_program)
    from .classes import all_model_types

    waiting = arguments.types.split(",") if arguments.types else all_model_types()
    waiting = waiting[:: arguments.every]
    running: list[Child] = []
    # What is alive now is never looked at again by the collector, so that children share its memory.
    gc.collect()
    gc.freeze()
    while waiting or running:
        while waiting and len(running) < arguments.jobs:
            running.append(_start(waiting.pop(0), arguments))
        select.select([child.pipe for child in running], [], [], 0.05)
        for child in list(running):
            line = _look_at(child)
            if line is not None:
                running.remove(child)
                print(json.dumps(line), file=lines, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--types", default="")
    parser.add_argument("--every", type=int, default=1, help="every n-th type only")
    parser.add_argument("--export", action="store_true")
    parser.add_argument("--onnx-program", nargs="*", help="runs exported files, instead of onnxruntime here")
    parser.add_argument("--search", action="store_true", help="search again where a recipe is stored")
    parser.add_argument("--profile", action="store_true", help="count parameters, operations and bytes, tiny and base")
    parser.add_argument("--seconds", type=float, default=60, help="processor time of the search for one type")
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args()


def _import_once(*, export: bool, program: list[str] | None) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    warnings.simplefilter("ignore")
    import torch
    import transformers

    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    if not torch.cuda.is_available():
        # Asked at every forward; without a device the answer is known.
        torch.cuda.is_current_stream_capturing = lambda: False
    from . import stages

    if export:
        # The first export of a process takes twice as long: what it sets up, and the program's version, are there for all children.
        stages.reach("bert", export=True, search=False, program=program)


def _start(model_type: str, arguments: argparse.Namespace) -> Child:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        os.set_blocking(reader, False)
        return Child(model_type, pid, reader, time.monotonic())
    try:
        os.close(reader)
        # What asks for more gets an error and may go on; a process that is ended cannot say what it tried.
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MB * 2**20, MEMORY_MB * 2**20))
        from .reached import Reached
        from .stages import reach

        with os.fdopen(writer, "w") as out:

            def say(reached: Reached) -> None:
                print(json.dumps(asdict(reached)), file=out, flush=True)

            say(
                reach(
                    model_type,
                    export=arguments.export,
                    search=arguments.search,
                    seconds=arguments.seconds,
                    profile=arguments.profile,
                    progress=say,
                    program=arguments.onnx_program,
                )
            )
    finally:
        os._exit(0)


def _look_at(child: Child) -> dict[str, object] | None:
    """The child's line once it has ended, or was ended because of a limit; None while it runs."""
    ended = False
    while True:
        try:
            piece = os.read(child.pipe, 65_536)
        except BlockingIOError:
            break
        if not piece:
            ended = True
            break
        child.text += piece
    reason = "" if ended else _over_a_limit(child)
    if reason:
        os.kill(child.pid, signal.SIGKILL)
    elif not ended:
        return None
    _, status = os.waitpid(child.pid, 0)
    os.close(child.pipe)
    # The last line that is whole: a child that is ended while it exports has said what its forward pass came to.
    said = child.text[: child.text.rfind(b"\n") + 1].splitlines()
    if os.WIFSIGNALED(status):
        reason = reason or f"the process ended with signal {os.WTERMSIG(status)}"
    elif not said:
        reason = "the process gave no result"
    if reason:
        known = json.loads(said[-1]) if said else {"type": child.type, "stage": "none"}
        return {"peak_memory_mb": child.peak_memory_mb, **known, "reason": reason}
    result: dict[str, object] = json.loads(said[-1])
    result["wall_seconds"] = round(time.monotonic() - child.started, 3)
    return result


def _over_a_limit(child: Child) -> str:
    try:
        with open(f"/proc/{child.pid}/statm") as statm:
            resident_mb = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
        with open(f"/proc/{child.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return ""
    child.peak_memory_mb = max(child.peak_memory_mb, resident_mb)
    cpu_seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    if resident_mb > MEMORY_MB:
        return f"more than {MEMORY_MB} MB of memory"
    if cpu_seconds > CPU_SECONDS:
        return f"more than {CPU_SECONDS} s of processor time"
    if time.monotonic() - child.started > CPU_SECONDS * WALL_FACTOR:
        return f"more than {CPU_SECONDS * WALL_FACTOR} s"
    return ""


if __name__ == "__main__":
    sys.exit(main())
