"""Stores what a run of benchwire_runner.model_types.coverage found: recipes.json, and the coverage and workloads that the catalogue shows.

    python runners/python/tools/store_coverage.py RESULTS.jsonl... [--accept TYPE,TYPE]

Later files replace earlier ones, type by type. Ends with 1 and stores nothing where a type falls back that is not accepted.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
RECIPES = ROOT / "runners" / "python" / "benchwire_runner" / "model_types" / "recipes.json"
COVERAGE = ROOT / "shared" / "catalogue" / "model-coverage.json"
WORKLOADS = ROOT / "shared" / "catalogue" / "model-workloads.json"
STAGES = ("none", "config", "model", "forward", "export", "onnxruntime", "equal")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+", type=Path)
    parser.add_argument("--accept", default="", help="types that may fall back")
    arguments = parser.parse_args()
    found = read_results(arguments.results)
    before: dict[str, Any] = json.loads(COVERAGE.read_text())["types"] if COVERAGE.exists() else {}
    fallen = fallen_back(before, found)
    refused = {t: why for t, why in fallen.items() if t not in arguments.accept.split(",")}
    if refused:
        for model_type, why in refused.items():
            print(f"{model_type} falls back: {why}. --accept {model_type} notes it.", file=sys.stderr)
        return 1
    write_coverage(before, found)
    write_recipes(found)
    write_workloads(found)
    return 0


def read_results(files: list[Path]) -> dict[str, dict[str, Any]]:
    """The furthest result of each type: a later run that was only cut off by a limit does not undo an earlier one."""
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            row = json.loads(line)
            found[row["type"]] = row
    return found


def fallen_back(before: dict[str, Any], found: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Types that came further when the stored coverage was made. A run without export says nothing of later stages."""
    fallen: dict[str, str] = {}
    for model_type, row in found.items():
        old = before.get(model_type, {}).get("stage", "none")
        reachable = "equal" if row.get("export") else "forward"
        expected = min(STAGES.index(old), STAGES.index(reachable))
        if STAGES.index(row["stage"]) < expected:
            fallen[model_type] = f"{old} -> {row['stage']} ({row['reason']})"
    return fallen


def write_coverage(before: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    rows = dict(before)
    for model_type, row in found.items():
        entry: dict[str, Any] = {"stage": row["stage"]}
        old = rows.get(model_type, {})
        if not row.get("export") and STAGES.index(old.get("stage", "none")) > STAGES.index("forward"):
            entry = {"stage": old["stage"]}
        elif row["reason"]:
            entry["reason"] = row["reason"]
        if row.get("export"):
            entry["exported"] = True
        for name in ("parameters", "peak_memory_mb", "batch", "onnx_bytes", "difference"):
            value = row.get(name, None)
            value = old.get(name) if value is None else value
            if value is not None:
                entry[name] = value
        missing = (row.get("recipe") or {}).get("undeclared")
        if missing:
            entry["not_fed"] = missing
        rows[model_type] = entry
    lines = ",\n".join(f"{json.dumps(t)}:{json.dumps(rows[t], separators=(',', ':'))}" for t in sorted(rows))
    versions = next((row["versions"] for row in reversed(found.values()) if row.get("versions")), {})
    COVERAGE.write_text(f'{{"versions":{json.dumps(versions)},"types":{{\n{lines}\n}}}}\n')


def write_workloads(found: dict[str, dict[str, Any]]) -> None:
    """Of types whose run counted them; others keep what is stored."""
    stored: dict[str, Any] = json.loads(WORKLOADS.read_text())["types"] if WORKLOADS.exists() else {}
    for model_type, row in found.items():
        if row.get("workloads"):
            stored[model_type] = row["workloads"]
    lines = ",\n".join(f"{json.dumps(t)}:{json.dumps(stored[t], separators=(',', ':'))}" for t in sorted(stored))
    WORKLOADS.write_text(f'{{"transformers":"{version("transformers")}","types":{{\n{lines}\n}}}}\n')


def write_recipes(found: dict[str, dict[str, Any]]) -> None:
    stored: dict[str, Any] = json.loads(RECIPES.read_text())["recipes"] if RECIPES.exists() else {}
    for model_type, row in found.items():
        if row.get("recipe"):
            stored[model_type] = row["recipe"]
    lines = ",\n".join(f"{json.dumps(t)}:{json.dumps(stored[t], separators=(',', ':'))}" for t in sorted(stored))
    RECIPES.write_text(f'{{"transformers":"{version("transformers")}","recipes":{{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    sys.exit(main())
