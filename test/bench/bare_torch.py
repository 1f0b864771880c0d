"""The baseline of `runner` for PyTorch: what anybody would write to time a model. The same model, inputs and threads. Prints the median in ms.
`bare_torch.py MODEL SIZE ITERATIONS WARMUP THREADS`"""

import statistics
import sys
import time

import torch
from benchwire_runner.model_types import build

name, size, iterations, warmup, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
built = build(name, size=size, task=None, seed=42, dtype="fp32", device="cpu", dimensions={})
model, inputs = built.model, built.inputs(1)
latencies = []
with torch.inference_mode():
    for _ in range(int(warmup)):
        model(**inputs)
    for _ in range(int(iterations)):
        started = time.perf_counter()
        model(**inputs)
        latencies.append((time.perf_counter() - started) * 1000)
print(statistics.median(latencies))
