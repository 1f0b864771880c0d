"""For tests on machines without a GPU that reach PyPI only, whose PyTorch is linked against NVIDIA's libraries (2.5 GB): makes empty libraries of
the same names, so that it loads and finds no device. `python3 torch-cpu-stubs.py TORCH_LIB OUT`; needs gcc and readelf. Never for a machine with CUDA,
and never offered to users.
"""

import collections
import re
import subprocess
import sys
from pathlib import Path

lib, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
files = sorted(lib.glob("*.so*"))
have = {file.name for file in files}

# What is called before anything could say that there is no device.
SPECIAL = {
    "cudaStreamIsCapturing": "int cudaStreamIsCapturing(void*s,int*p){*p=0;return 0;}\n",
    "cudaGetDevice": "int cudaGetDevice(int*d){*d=0;return 0;}\n",
    "cudaGetDeviceCount": "int cudaGetDeviceCount(int*d){*d=0;return 100;}\n",
    "cudaGetLastError": "int cudaGetLastError(void){return 0;}\n",
    "cudaPeekAtLastError": "int cudaPeekAtLastError(void){return 0;}\n",
}
TEXT = re.compile(r"(ErrorString|ErrorName|StatusString|StatusName|LastError.*String)$")


def read(*arguments: str) -> str:
    return subprocess.run(["readelf", *arguments], capture_output=True, text=True, check=True).stdout


needed: set[str] = set()
defined: set[str] = set()
undefined: list[tuple[str, str]] = []
library_of_version: dict[str, str] = {}
for file in files:
    needed.update(re.findall(r"NEEDED.*\[(.*)\]", read("-dW", str(file))))
    current = ""
    for line in read("-VW", str(file)).splitlines():
        if found := re.search(r"File: (\S+)", line):
            current = found.group(1)
        if (found := re.search(r"Name: (\S+)\s+Flags", line)) and current:
            library_of_version.setdefault(found.group(1), current)
    for line in read("--dyn-syms", "-W", str(file)).splitlines():
        parts = line.split()
        if len(parts) < 8 or not parts[0].endswith(":"):
            continue
        if parts[6] == "UND":
            undefined.append((parts[7], parts[3]))
        else:
            defined.add(parts[7].split("@")[0])

missing = sorted(name for name in needed if name not in have and re.match(r"lib(cu|nv|nccl)", name))
PREFIXES = ["cudnn", "cusparseLt", "cusparse", "cusolver", "cublasLt", "cublas", "cufft", "cuFile", "nccl", "nvrtc", "cupti", "nvshmem"]


def library_by_prefix(symbol: str) -> str | None:
    for prefix in PREFIXES:
        if symbol.startswith(prefix):
            return next((name for name in missing if re.match(rf"lib{re.escape(prefix)}(_host)?\.so", name, re.I)), None)
    if symbol.startswith(("cuda", "__cuda")):
        return next((name for name in missing if name.startswith("libcudart")), None)
    if symbol.startswith("cu"):
        return next((name for name in missing if name.startswith("libcuda.so")), None)
    return None


symbols: dict[str, dict[str, set[tuple[str, str]]]] = collections.defaultdict(lambda: collections.defaultdict(set))
for name, kind in undefined:
    base, _, version = name.partition("@")
    version = version.lstrip("@").split(" ")[0]
    if version and library_of_version.get(version) in missing:
        symbols[library_of_version[version]][version].add((base, kind))
    elif not version and base not in defined and (library := library_by_prefix(base)) is not None:
        symbols[library][""].add((base, kind))


def code_of(symbol: str, kind: str) -> str:
    if symbol in SPECIAL:
        return SPECIAL[symbol]
    if kind == "OBJECT":
        return f"long {symbol}[64];\n"
    if TEXT.search(symbol):
        return f'const char* {symbol}(void){{return "no NVIDIA library: stub";}}\n'
    return f"int {symbol}(void){{return 100;}}\n"


for library in missing:
    code = "".join(code_of(*each) for version in symbols[library].values() for each in sorted(version))
    script = "".join(
        f"{version} {{ global: {' '.join(symbol + ';' for symbol, _ in sorted(names))} }};\n"
        for version, names in symbols[library].items()
        if version
    )
    source, versions = out / f"{library}.c", out / f"{library}.map"
    source.write_text(code)
    versions.write_text(script)
    command = ["gcc", "-shared", "-fPIC", "-O1", "-w", "-fno-builtin", f"-Wl,-soname,{library}", "-o", str(out / library)]
    if script:
        command.append(f"-Wl,--version-script={versions}")
    subprocess.run([*command, str(source)], check=True)
    source.unlink()
    versions.unlink()
