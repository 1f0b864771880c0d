"""A folder of wheels from which `bw runner install torch --build cpu --wheels FOLDER` works on a machine that reaches PyPI only.
`python3 torch-wheels.py LOCKS FOLDER`: downloads what the lock files name, and adds stubs of NVIDIA's libraries to PyTorch's wheel.
Files that are there already are not downloaded again. For tests on machines without a GPU, never offered to users."""

import base64
import hashlib
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

locks, folder = Path(sys.argv[1]), Path(sys.argv[2])
pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-input"]
pip += ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--retries", "5", "--timeout", "60", "--dest", str(folder)]
subprocess.run([*pip, "-r", str(locks / "torch-index.txt")], check=True)
subprocess.run([*pip, "--require-hashes", "-r", str(locks / "torch.txt")], check=True)
(wheel,) = folder.glob("torch-*.whl")
with tempfile.TemporaryDirectory() as unpacked:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        libraries = [name for name in names if name.startswith("torch/lib/") and ".so" in name]
        archive.extractall(unpacked, libraries)
        (record,) = {name for name in names if name.endswith(".dist-info/RECORD")}
        listed = archive.read(record).decode()
    stubs = Path(unpacked, "stubs")
    stub_maker = Path(__file__).with_name("torch-cpu-stubs.py")
    subprocess.run([sys.executable, str(stub_maker), f"{unpacked}/torch/lib", str(stubs)], check=True)
    with zipfile.ZipFile(wheel, "a", zipfile.ZIP_DEFLATED) as archive:
        for stub in sorted(stubs.iterdir()):
            data = stub.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            listed += f"torch/lib/{stub.name},sha256={digest},{len(data)}\n"
            archive.writestr(f"torch/lib/{stub.name}", data)
        with warnings.catch_warnings():
            # Of two of the same name the last one is read.
            warnings.simplefilter("ignore")
            archive.writestr(record, listed)
