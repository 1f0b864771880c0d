"""What a runtime computes with an exported file: ONNX Runtime's Python package, or a program such as test/bench/onnx-outputs.ts."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import onnx

PROGRAM_SECONDS = 300


@cache
def version_of(program: tuple[str, ...]) -> dict[str, str]:
    """What `PROGRAM --version` says: the runtime's name and its release."""
    said = subprocess.run([*program, "--version"], capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=True)
    name, release = said.stdout.split()
    return {name: release}


def input_names(path: Path) -> list[str]:
    return [each.name for each in onnx.load(str(path), load_external_data=False).graph.input]


def run_onnx(path: Path, feed: dict[str, Any], program: list[str] | None) -> dict[str, Any]:
    """The outputs by name, as arrays. @raise RuntimeError with the runtime's words"""
    return _run_here(path, feed) if program is None else _run_by(program, path, feed)


def _run_here(path: Path, feed: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, feed), strict=True))


def _run_by(program: list[str], path: Path, feed: dict[str, Any]) -> dict[str, Any]:
    """`PROGRAM FOLDER` reads feed.json and its files, and writes outputs.json and its files."""
    folder = path.parent
    inputs = []
    for place, (name, array) in enumerate(feed.items()):
        (folder / f"input-{place}.bin").write_bytes(numpy.ascontiguousarray(array).tobytes())
        inputs.append({"name": name, "type": str(array.dtype), "dims": list(array.shape), "file": f"input-{place}.bin"})
    (folder / "feed.json").write_text(json.dumps({"model": path.name, "inputs": inputs}))
    done = subprocess.run([*program, str(folder)], capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-600:] or f"{program[-1]} ended with {done.returncode}")
    outputs = json.loads((folder / "outputs.json").read_text())
    return {
        each["name"]: numpy.frombuffer((folder / each["file"]).read_bytes(), dtype=each["type"]).reshape(each["dims"])
        for each in outputs
    }
