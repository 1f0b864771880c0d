"""Export a model, run its tests, and benchmark it on CPU and CUDA if they passed.

    python export_test_benchmark.py --model bert --size tiny --test "python3 -m pytest /srv/checkout/tests"

It needs BENCHWIRE_URL and BENCHWIRE_API_KEY with the role submitter. What the fleet cannot do is left out, and the
summary says so: without a worker that has PyTorch nothing is exported, and `--fallback`, an ONNX model of the
catalogue, is benchmarked in its place.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any

from benchwire import ApiError, Client

BATCH_SIZES = [1, 8, 32]
HARDWARE = ["cpu", "cuda"]


def offered(client: Client) -> dict[str, set[str]]:
    """Executors by hardware class, of the devices that take tasks now."""
    found: dict[str, set[str]] = {}
    for worker in client.get_workers()["items"]:
        capabilities = worker["capabilities"]
        if worker["state"] != "ready" or capabilities is None:
            continue
        for device in capabilities["devices"]:
            found.setdefault(device["class"], set()).update(device["executors"])
    return found


def export(client: Client, model: str, size: str, timeout_seconds: float) -> dict[str, Any] | None:
    """The exported model as a file that requests can name; None where the export failed."""
    config = {"model": model, "size": size}
    run_id = client.start(
        {
            "name": f"export {model}",
            "tasks": [{"task_id": "export", "type": "export", "executor": "export", "config": config}],
        }
    )
    client.wait(run_id, timeout_seconds=timeout_seconds)
    outcome = client.get_task_outcome(run_id, "export")
    artifact = outcome["results"].get("artifact")
    if artifact is None:
        error = outcome["error"]
        print(f"the export failed: {error['message'] if error else outcome['status']}", file=sys.stderr)
        return None
    part = {"name": artifact["name"], "sha256": artifact["sha256"], "size_bytes": artifact["size_bytes"]}
    return {"path": f"./{artifact['name']}", "parts": [part]}


def tests_pass(client: Client, command: str, timeout_seconds: float) -> bool:
    """Runs the tests as a task, and waits for them."""
    task = {"task_id": "tests", "type": "test", "executor": "command", "config": {"command": shlex.split(command)}}
    run_id = client.start({"name": "tests", "tasks": [task]})
    run = client.wait(run_id, timeout_seconds=timeout_seconds)
    if run["status"] != "completed":
        error = client.get_task_outcome(run_id, "tests")["error"]
        print(f"the tests did not pass: {error['message'] if error else run['status']}", file=sys.stderr)
    return run["status"] == "completed"


def benchmark(
    client: Client, model: str, file: dict[str, Any] | None, hardware: list[str], timeout_seconds: float
) -> list[str]:
    """Measures the model on each class of hardware. Returns a line for each value of the summary."""
    config = {"model": model if file is None else file["path"], "batch_sizes": BATCH_SIZES}
    tasks = [{"task_id": each, "config": config, "requirements": {"hardware": [each]}} for each in hardware]
    request: dict[str, Any] = {"name": f"benchmark {model}", "tasks": tasks}
    if file is not None:
        request["files"] = [file]
    run_id = client.start(request)
    client.wait(run_id, timeout_seconds=timeout_seconds)
    lines = []
    for each in hardware:
        outcome = client.get_task_outcome(run_id, each)
        error = outcome["error"]
        if error is not None:
            lines.append(f"  {each}: {outcome['status']}: {error['message']}")
        for size, measured in sorted(
            (outcome["results"].get("batch_sizes") or {}).items(), key=lambda item: int(item[0])
        ):
            latency, throughput = measured["latency_ms"], measured["throughput_items_per_second"]
            lines.append(f"  {each}, batch size {size}: {latency:.3f} ms, {throughput:.1f} items/s")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="bert", help="a model type (default: bert)")
    parser.add_argument("--size", default="tiny", choices=["tiny", "base"])
    parser.add_argument("--fallback", default="silero-vad-v5", help="benchmarked where nothing can be exported")
    parser.add_argument(
        "--test", required=True, help="the command that tests it; its program must be allowed on a worker"
    )
    parser.add_argument("--timeout", type=float, default=3600, help="seconds to wait for each step")
    arguments = parser.parse_args()
    left_out: list[str] = []
    with Client() as client:
        executors = offered(client)
        hardware = [each for each in HARDWARE if "onnx" in executors.get(each, set())]
        left_out += [f"{each}: no device of this class takes tasks" for each in HARDWARE if each not in hardware]
        model, file = arguments.model, None
        if any("export" in each for each in executors.values()):
            file = export(client, model, arguments.size, arguments.timeout)
            if file is None:
                return 1
        else:
            left_out.append("export: no worker has PyTorch (bw runner install torch)")
            model = arguments.fallback
        if not tests_pass(client, arguments.test, arguments.timeout):
            print("Not benchmarked: the tests did not pass.")
            return 1
        if not hardware:
            print("Not benchmarked: no device takes ONNX models now.")
            return 1
        lines = benchmark(client, model, file, hardware, arguments.timeout)
    print(f"{model}{' (exported)' if file else ''}: tests passed")
    print("\n".join(lines))
    for each in left_out:
        print(f"  left out: {each}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ApiError, TimeoutError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
