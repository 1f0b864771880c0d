"""Writes the lock files: `python3 locks/update.py`, with uv in PATH. Versions are chosen here; docs/workers.md says what the files are for."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = ">=3.11,<3.14"
SETS = {
    "torch": [
        "torch==2.15.0",
        "torchvision==0.29.2",
        "torchaudio==2.11.1",
        "transformers==5.24.0",
        "timm==1.0.31",
        "scipy==1.17.1",
        "pillow",
        "numpy",
        "setuptools",
        # What exports a model, and compares the result.
        "onnx==1.23.2",
        "onnxscript==0.7.2",
        "onnxruntime==1.32.0",
    ],
    "openvino": ["openvino==2026.4.1", "numpy"],
}
FRAMEWORK = re.compile(r"^(torch|torchvision|torchaudio|triton|nvidia-.*|cuda-.*)$")
"""What comes from another index where PyPI's build of PyTorch does not fit: a build for CPUs only, or for ROCm."""
PLATFORMS = {
    "linux-x64": r"(manylinux|linux).*x86_64",
    "linux-arm64": r"(manylinux|linux).*aarch64",
    "darwin-arm64": r"macosx.*(arm64|universal2)",
}


def main() -> None:
    sizes: dict[str, dict[str, int]] = {}
    for name, requirements in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            project = {"name": "locked", "version": "0", "requires-python": PYTHON, "dependencies": requirements}
            lines = [f"{key} = {json.dumps(value)}" for key, value in project.items()]
            Path(folder, "pyproject.toml").write_text("[project]\n" + "\n".join(lines) + "\n")
            subprocess.run(["uv", "lock", "--quiet"], cwd=folder, check=True)
            export = [
                "uv",
                "export",
                "--quiet",
                "--no-emit-project",
                "--no-header",
                "--no-annotate",
                "--format",
                "requirements-txt",
            ]
            text = subprocess.run(export, cwd=folder, check=True, capture_output=True, text=True).stdout
            locked = tomllib.loads(Path(folder, "uv.lock").read_text())["package"]
        blocks = re.split(r"\n(?=[^\s])", text.strip())
        framework = [block for block in blocks if FRAMEWORK.match(name_of(block))] if name == "torch" else []
        rest = [block for block in blocks if block not in framework]
        write(f"{name}.txt", rest)
        sizes[name] = sizes_of(locked, {name_of(block) for block in rest})
        if framework:
            write(f"{name}-pypi.txt", framework)
            sizes[f"{name}-pypi"] = sizes_of(locked, {name_of(block) for block in framework})
            own = [line for line in requirements if FRAMEWORK.match(line.split("==")[0])]
            # Other indexes have other files of the same versions, whose hashes only they know.
            HERE.joinpath(f"{name}-index.txt").write_text("\n".join(own) + "\n")
    HERE.joinpath("sizes.json").write_text(json.dumps(sizes, indent=2) + "\n")


def write(file: str, blocks: list[str]) -> None:
    HERE.joinpath(file).write_text("# Written by locks/update.py.\n" + "\n".join(blocks) + "\n")


def name_of(block: str) -> str:
    return re.split(r"[=\s;\[]", block, maxsplit=1)[0].lower()


def sizes_of(locked: list[dict[str, object]], names: set[str]) -> dict[str, int]:
    """Bytes to download, by platform: of each package the largest wheel that fits."""
    totals = dict.fromkeys(PLATFORMS, 0)
    latest = {str(package["name"]): package for package in locked if package["name"] in names}
    for name, package in latest.items():
        for platform, pattern in PLATFORMS.items():
            if platform.startswith("darwin") and re.match(r"nvidia-|cuda-|triton", name):
                continue
            wheels = [wheel for wheel in package.get("wheels", []) if fits(wheel["url"].rsplit("/", 1)[1], pattern)]  # type: ignore[attr-defined]
            totals[platform] += max((wheel["size"] for wheel in wheels), default=0)
    return totals


def fits(wheel: str, platform: str) -> bool:
    return bool(
        re.search(rf"-(cp312|cp3\d+-abi3|py3|py2\.py3)-.*({platform}|any)\.whl$", wheel)
        or wheel.endswith("-none-any.whl")
    )


if __name__ == "__main__":
    main()
