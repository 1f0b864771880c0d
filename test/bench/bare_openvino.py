"""The baseline of `runner` for OpenVINO: what anybody would write to time a model. Prints the median in ms.
`bare_openvino.py MODEL ITERATIONS WARMUP THREADS`"""

import statistics
import sys
import time

import numpy
import openvino
import openvino.properties as properties
import openvino.properties.hint as hints

path, iterations, warmup, threads = sys.argv[1:]
core = openvino.Core()
settings = {
    properties.inference_num_threads: int(threads),
    hints.performance_mode: hints.PerformanceMode.LATENCY,
    hints.inference_precision: openvino.Type.f32,
}
model = core.read_model(path)
model.reshape({each.get_any_name(): [1 if d.is_dynamic else d.get_length() for d in each.get_partial_shape()] for each in model.inputs})
request = core.compile_model(model, "CPU", settings).create_infer_request()
for each in request.model_inputs:
    request.set_tensor(each, openvino.Tensor(numpy.full(list(each.get_shape()), 1, dtype=each.get_element_type().to_dtype())))
latencies = []
for _ in range(int(warmup)):
    request.infer()
for _ in range(int(iterations)):
    started = time.perf_counter()
    request.infer()
    latencies.append((time.perf_counter() - started) * 1000)
print(statistics.median(latencies))
