# Written by `npm run schemas` from the gateway's OpenAPI document: do not edit.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

class RunSource(TypedDict):
    repo: NotRequired[str]
    commit: NotRequired[str]
    branch: NotRequired[str]
    pull_request: NotRequired[int | str]
    version: NotRequired[str]
    base: NotRequired[str]
    base_position: NotRequired[int]
    parents: NotRequired[list[str]]
    position: NotRequired[int]
    author: NotRequired[str]


class RunVerdict(TypedDict):
    outcome: Literal["pass", "warn", "fail"]
    summary: str
    counts: dict[str, int]
    judged_at: str


class Run(TypedDict):
    run_id: str
    name: str
    state: str
    accepted_at: str
    finished_at: str | None
    source: RunSource | None
    tags: dict[str, str]
    total: int
    waiting: int
    running: int
    completed: int
    failed: int
    timed_out: int
    cancelled: int
    lost: int
    verdict: RunVerdict | None
    archived_at: str | None
    status: Literal["running", "cancelling", "completed", "partly_failed", "failed", "cancelled"]


class Task(TypedDict):
    run_id: str
    task_id: str
    state: Literal["waiting", "running", "completed", "failed", "timed_out", "cancelled", "lost"]
    attempt: int
    executor: str
    benchmark: str
    model: str
    pool: str
    worker_id: str
    started_at: str | None
    finished_at: str | None
    execution_time_seconds: float | None
    error_class: str
    error_code: str
    error_message: str
    note: str
    type: Literal["benchmark", "test", "quantize", "export"] | None
    priority: int | None
    config: dict[str, Any] | None
    requirements: dict[str, Any] | None
    depends_on: list[str] | None
    timeout_seconds: float | None


OutcomeError = TypedDict(
    "OutcomeError",
    {
        "class": Literal["out_of_memory", "device_error", "timeout", "crash", "lost_worker", "bad_model", "bad_input", "test_failed", "executor_missing", "no_pool", "dependency_failed", "cancelled", "unknown"],
        "code": str,
        "message": str,
        "retriable": bool,
        "batch_size": NotRequired[int],
    },
)


class OutcomeClock(TypedDict):
    offset_ms: float
    uncertainty_ms: float


class OutcomeResultsBatchSizesValueOutliers(TypedDict):
    mild: int
    severe: int


class OutcomeResultsBatchSizesValueValueNotesItem(TypedDict):
    code: str
    text: str
    batch_size: NotRequired[int]
    metric: NotRequired[str]


class OutcomeResultsBatchSizesValueStreamsValue(TypedDict):
    throughput_items_per_second: float
    speedup: float
    latency_ms: float
    latency_ci_low_ms: float | None
    latency_ci_high_ms: float | None
    latency_p99_ms: NotRequired[float]
    samples: int
    measured_seconds: float
    stream_latencies_ms: list[float | None]


class OutcomeResultsBatchSizesValueInputsValue(TypedDict):
    type: str
    shape: list[int]
    values: str
    guessed: NotRequired[bool]


class OutcomeResultsBatchSizesValue(TypedDict):
    latency_ms: float
    latency_ci_low_ms: float | None
    latency_ci_high_ms: float | None
    latency_mean_ms: float
    latency_min_ms: float
    latency_max_ms: float
    latency_stddev_ms: float
    latency_p90_ms: NotRequired[float]
    latency_p95_ms: NotRequired[float]
    latency_p99_ms: NotRequired[float]
    throughput_items_per_second: float
    samples: int
    measured_seconds: float
    steady: bool
    steady_reason: NotRequired[str]
    outliers: OutcomeResultsBatchSizesValueOutliers
    memory_mb: float | None
    unavailable: NotRequired[dict[str, str]]
    notes: NotRequired[list[str]]
    value_notes: NotRequired[list[OutcomeResultsBatchSizesValueValueNotesItem]]
    streams: NotRequired[dict[str, OutcomeResultsBatchSizesValueStreamsValue]]
    inputs: NotRequired[dict[str, OutcomeResultsBatchSizesValueInputsValue]]
    measured_by_attempt: NotRequired[int]


class OutcomeResultsMetricsValue(TypedDict):
    value: float
    unit: str | None
    ci_low: float | None
    ci_high: float | None
    min: float
    max: float
    samples: int
    better: NotRequired[Literal["lower", "higher", "neither"]]
    metric: NotRequired[str]


class OutcomeResultsPlacement(TypedDict):
    provider: str
    nodes: int
    elsewhere: int
    share_elsewhere: float
    operators_elsewhere: dict[str, dict[str, int]]


OutcomeResultsTestsCasesItem = TypedDict(
    "OutcomeResultsTestsCasesItem",
    {
        "name": str,
        "class": str,
        "file": str,
        "state": Literal["passed", "failed", "error", "skipped"],
        "seconds": float | None,
        "message": NotRequired[str],
    },
)


class OutcomeResultsTests(TypedDict):
    total: int
    passed: int
    failed: int
    errors: int
    skipped: int
    seconds: float | None
    reports: list[str]
    cases: list[OutcomeResultsTestsCasesItem]
    cases_left_out: NotRequired[int]


class OutcomeResultsPairsValuesItem(TypedDict):
    metric: str
    batch_size: int | None
    head: list[float]
    base: list[float]


class OutcomeResultsPairs(TypedDict):
    base_commit: str
    first: list[Literal["head", "base"]]
    repeated: int
    device_id: str
    unavailable: NotRequired[str]
    values: list[OutcomeResultsPairsValuesItem]


class OutcomeResultsArtifact(TypedDict):
    name: str
    sha256: str
    size_bytes: int
    model: str


class OutcomeResultsSkippedItem(TypedDict):
    batch_size: int
    latency_ms: float
    run_id: str
    task_id: str
    attempt: int
    measured_at: str


class OutcomeResults(TypedDict):
    batch_sizes: NotRequired[dict[str, OutcomeResultsBatchSizesValue]]
    metrics: NotRequired[dict[str, OutcomeResultsMetricsValue]]
    timings: NotRequired[dict[str, float | None]]
    unavailable: NotRequired[dict[str, str]]
    providers: NotRequired[dict[str, int]]
    placement: NotRequired[OutcomeResultsPlacement]
    dropped_batch_sizes: NotRequired[dict[str, str]]
    notes: NotRequired[list[str]]
    value_notes: NotRequired[list[OutcomeResultsBatchSizesValueValueNotesItem]]
    tests: NotRequired[OutcomeResultsTests]
    pairs: NotRequired[OutcomeResultsPairs]
    artifact: NotRequired[OutcomeResultsArtifact]
    skipped: NotRequired[list[OutcomeResultsSkippedItem]]


class OutcomeHardwareMetrics(TypedDict):
    cpu_utilization_percent: float | None
    gpu_utilization_percent: float | None
    memory_usage_mb: float | None
    power_consumption_watts: float | None
    temperature_celsius: float | None
    unavailable: NotRequired[dict[str, str]]


class OutcomeSimulationStatus(TypedDict):
    is_simulated: bool
    reason: NotRequired[str]


class Outcome(TypedDict):
    run_id: str
    task_id: str
    attempt: int
    max_attempts: int
    status: Literal["completed", "failed", "timed_out", "cancelled", "lost"]
    error: OutcomeError | None
    worker_id: str | None
    device_id: str | None
    pool: str | None
    fingerprint: str | None
    benchmark: str
    executor: str
    model: str | None
    precision: str | None
    scenario: str | None
    variant: str
    request_name: str | None
    source: RunSource | None
    tags: dict[str, str]
    queued_at: str
    started_at: str | None
    finished_at: str
    execution_time_seconds: float | None
    clock: NotRequired[OutcomeClock]
    results: OutcomeResults
    hardware_metrics: OutcomeHardwareMetrics | None
    environment: dict[str, str | float | None]
    simulation_status: OutcomeSimulationStatus
    logs: str | None


class Result(TypedDict):
    series_id: str
    run_id: str
    task_id: str
    attempt: int
    measured_at: str
    benchmark: str
    model: str
    executor: str
    precision: str
    batch_size: int | None
    scenario: str
    variant: str
    fingerprint: str
    metric: str
    is_simulated: bool
    series_kind: Literal["result", "phase", "memory", "energy"]
    pool: str
    worker_id: str
    unit: str
    value: float
    ci_low: float | None
    ci_high: float | None
    samples: int
    steady: bool | None
    better: Literal["lower", "higher", "neither", ""]
    printed_value: float | None
    printed_unit: str
    note_codes: list[str]
    notes: list[str]
    commit: str
    branch: str
    source: RunSource | None


class Series(TypedDict):
    series_id: str
    benchmark: str
    model: str
    executor: str
    precision: str
    batch_size: int | None
    scenario: str
    variant: str
    fingerprint: str
    metric: str
    is_simulated: bool
    series_kind: Literal["result", "phase", "memory", "energy"]
    pool: str
    unit: str
    points: int
    first_at: str
    last_at: str
    last_value: float


class Finding(TypedDict):
    finding_id: str
    kind: Literal["regression", "improvement", "change", "drift", "outlier", "failures", "unusual"]
    series_id: str
    run_id: str
    task_id: str
    benchmark: str
    model: str
    batch_size: int | None
    metric: str
    pool: str
    value: float
    baseline_median: float
    z_score: float
    change_percent: float | None
    detected_at: str
    message: str
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]
    state_reason: str
    changed_at: str | None
    revision: int
    incident_id: str | None
    executor: str
    precision: str
    unit: str
    fingerprint: str
    source: RunSource | None
    previous_source: RunSource | None


class FindingRecordSeries(TypedDict):
    benchmark: str
    model: str
    executor: str
    precision: str
    batch_size: int | None
    scenario: str
    variant: str
    fingerprint: str
    metric: str
    is_simulated: bool
    unit_family: NotRequired[str]
    series_kind: NotRequired[Literal["result", "phase", "memory", "energy"]]
    workload: NotRequired[str]


class FindingRecordBaseline(TypedDict):
    median: float
    mad: float
    scale: float
    n: int
    values: list[float]


class FindingRecordHistoryItem(TypedDict):
    revision: int
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]
    at: str
    by: str
    reason: str


class FindingRecordCulpritLastGood(TypedDict):
    run_id: str
    measured_at: str
    source: RunSource | None
    value: float


class FindingRecordCulprit(TypedDict):
    last_good: FindingRecordCulpritLastGood
    first_bad: FindingRecordCulpritLastGood


FindingRecordEvidenceSegmentsItem = TypedDict(
    "FindingRecordEvidenceSegmentsItem",
    {
        "from": int,
        "to": int,
        "from_run_id": str | None,
        "n": int,
        "median": float,
        "scale": float,
    },
)


class FindingRecordEvidenceTestsItem(TypedDict):
    name: str
    value: float
    limit: float | None
    passed: bool
    meaning: str


FindingRecordEvidenceEnvironmentItem = TypedDict(
    "FindingRecordEvidenceEnvironmentItem",
    {
        "what": str,
        "from": str,
        "to": str,
    },
)


class FindingRecordEvidenceContributionsItem(TypedDict):
    name: str
    value: float
    z_score: float


class FindingRecordEvidence(TypedDict):
    points: int
    segments: list[FindingRecordEvidenceSegmentsItem]
    tests: list[FindingRecordEvidenceTestsItem]
    modes: list[float]
    effect_size: float | None
    environment: list[FindingRecordEvidenceEnvironmentItem]
    contributions: list[FindingRecordEvidenceContributionsItem]


class FindingRecordConfirmationsItem(TypedDict):
    request_id: str
    on: Literal["same_device", "sibling"]
    suspected_worker_id: str | None
    asked_at: str
    run_id: str | None
    worker_id: str | None
    value: float | None
    agrees: bool | None
    note: str
    measured_other_files: NotRequired[Literal[True]]


class FindingRecord(TypedDict):
    v: Literal[1]
    finding_id: str
    kind: Literal["regression", "improvement", "change", "drift", "outlier", "failures", "unusual"]
    series_id: str
    series: FindingRecordSeries
    unit: str | None
    direction: NotRequired[Literal["lower_is_better", "higher_is_better", "neither", "unknown"]]
    run_id: str
    task_id: str
    attempt: int
    pool: str | None
    source: RunSource | None
    measured_files: NotRequired[str]
    previous_source: RunSource | None
    detected_at: str
    measured_at: str
    value: float
    baseline: FindingRecordBaseline
    z_score: float
    threshold: float
    change_percent: float | None
    message: str
    revision: int
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]
    history: list[FindingRecordHistoryItem]
    incident_id: str | None
    culprit: FindingRecordCulprit | None
    evidence: FindingRecordEvidence | None
    confirmations: list[FindingRecordConfirmationsItem]
    links: list[str]


class VerdictMetricsItemBaselinePairs(TypedDict):
    count: int
    repeated: int
    devices: list[str]


class VerdictMetricsItemBaseline(TypedDict):
    line: str
    level: float
    points: int
    from_commit: str
    to_commit: str
    from_at: str | None
    to_at: str | None
    noise_percent: float | None
    pairs: NotRequired[VerdictMetricsItemBaselinePairs]


class VerdictMetricsItemKnownRegression(TypedDict):
    finding_id: str | None
    since_run_id: str
    since_commit: str


class VerdictMetricsItemAccepted(TypedDict):
    by: str
    reason: str


class VerdictMetricsItem(TypedDict):
    series_id: str
    task_id: str
    benchmark: str
    model: str
    pool: str
    batch_size: int | None
    metric: str
    unit: str
    direction: Literal["lower_is_better", "higher_is_better", "neither", "unknown"]
    verdict: Literal["slower", "faster", "changed", "no_change", "cannot_tell", "new"]
    value: float
    repetitions: int
    run_ids: list[str]
    change_percent: float | None
    change_low_percent: float | None
    change_high_percent: float | None
    baseline: VerdictMetricsItemBaseline | None
    minimum_detectable_percent: float | None
    more_repetitions: int | None
    known_regression: VerdictMetricsItemKnownRegression | None
    accepted: VerdictMetricsItemAccepted | None
    gate: Literal["pass", "warn", "fail", "report"]
    reason: str


class VerdictNotDecidedItem(TypedDict):
    series_id: str
    task_id: str
    benchmark: str
    model: str
    pool: str
    batch_size: int | None
    metric: str
    unit: str
    value: float
    counts: bool
    reason: str


class VerdictGatesItemGateRepeatBudget(TypedDict):
    runs: int
    pairs: NotRequired[int]
    seconds: float


class VerdictGatesItemGate(TypedDict):
    metrics: NotRequired[list[str]]
    min_change_percent: NotRequired[float]
    unknown_direction: NotRequired[Literal["higher_is_worse", "lower_is_worse", "either_is_worse"]]
    on_slower: Literal["fail", "warn"]
    on_cannot_tell: Literal["pass", "warn", "fail", "repeat"]
    repeat_budget: VerdictGatesItemGateRepeatBudget
    on_known_regression: Literal["fail", "warn", "pass"]


class VerdictGatesItem(TypedDict):
    benchmark: str
    gate: VerdictGatesItemGate
    of_request: list[str]
    of_server: list[str]
    server_rule: str | None


class VerdictRepeats(TypedDict):
    spent: int
    budget: int
    is_running: bool


class Verdict(TypedDict):
    run_id: str
    is_final: bool
    outcome: Literal["pass", "warn", "fail"]
    counts: dict[str, int]
    summary: str
    metrics: list[VerdictMetricsItem]
    left_out: int
    not_decided: list[VerdictNotDecidedItem]
    warnings: list[str]
    gates: list[VerdictGatesItem]
    repeats: NotRequired[VerdictRepeats]


WorkerCapabilitiesDevicesItem = TypedDict(
    "WorkerCapabilitiesDevicesItem",
    {
        "device_id": str,
        "class": Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"],
        "name": str,
        "fingerprint": str,
        "pool": str,
        "memory_gb": float | None,
        "cuda_compute": float | None,
        "instruction_sets": NotRequired[list[str]],
        "slots": int,
        "executors": list[str],
        "commands": list[str],
        "command_env": NotRequired[list[str]],
        "labels": dict[str, str],
        "environment": dict[str, str | float | None],
    },
)


class WorkerCapabilities(TypedDict):
    v: Literal[1]
    worker_id: str
    boot_id: str
    hostname: str
    started_at: str
    version: str
    devices: list[WorkerCapabilitiesDevicesItem]
    command_notes: NotRequired[list[str]]
    clock: NotRequired[OutcomeClock]
    device_notes: NotRequired[list[str]]
    fetches_files: NotRequired[bool]


class WorkerHeartbeatPaused(TypedDict):
    kind: Literal["quarantined", "temperature", "foreign_load"]
    message: str
    since: str


class WorkerHeartbeat(TypedDict):
    v: Literal[1]
    worker_id: str
    boot_id: str
    sent_at: str
    interval_seconds: float
    state: Literal["ready", "draining", "left"]
    paused: NotRequired[WorkerHeartbeatPaused]
    clock: NotRequired[OutcomeClock]
    capabilities_revision: int
    running: dict[str, list[str]]
    cpu_load_percent: float | None
    memory_used_mb: float | None
    memory_total_mb: float | None
    temperature_celsius: float | None
    unavailable: NotRequired[dict[str, str]]


class Worker(TypedDict):
    worker_id: str
    hostname: str
    state: str
    changed_at: str
    pools: list[str]
    capabilities: WorkerCapabilities | None
    reason: str
    registered_at: str | None
    last_heartbeat_at: str | None
    heartbeat: WorkerHeartbeat | None


class Event(TypedDict):
    event_id: str
    at: str
    entity: Literal["run", "task", "worker", "pool", "service", "series", "gate", "setting", "access", "model"]
    kind: str
    run_id: str | None
    task_id: str
    attempt: int | None
    worker_id: str
    pool: str
    message: str
    data: str


class Submitted(TypedDict):
    run_id: str
    task_count: int
    duplicate: bool


class GetSignInAnswerOidc(TypedDict):
    issuer: str
    unavailable: str | None


class GetSignInAnswer(TypedDict):
    oidc: GetSignInAnswerOidc | None


class GetSessionAnswerRepository(TypedDict):
    url: str | None
    commit_url: str | None
    range_url: str | None


class GetSessionAnswer(TypedDict):
    subject: str
    role: Literal["viewer", "submitter", "operator", "admin"]
    expires_at: str | None
    repository: NotRequired[GetSessionAnswerRepository]


class PostSessionBody(TypedDict):
    key: str


class PostSessionBody2(TypedDict):
    token: str


class PostTicketsAnswer(TypedDict):
    ticket: str
    expires_at: str


class GetOverviewAnswer(TypedDict):
    open_regressions: int
    suspected_regressions: int
    acknowledged_regressions: int
    oldest_regression_at: str | None
    open_improvements: int
    open_others: int
    new_regressions: int
    new_improvements: int
    new_others: int
    settled_findings: int
    finished_runs: int
    failed_runs: int
    since: str
    worst_regressions: list[Finding]
    failing_runs: list[Run]


class GetDigestAnswerOpenedItem(TypedDict):
    finding_id: str
    kind: Literal["regression", "improvement", "change", "drift", "outlier", "failures", "unusual"]
    series_id: str
    run_id: str
    task_id: str
    benchmark: str
    model: str
    batch_size: int | None
    metric: str
    pool: str
    value: float
    baseline_median: float
    change_percent: float | None
    detected_at: str
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]
    state_reason: str
    changed_at: str | None
    revision: int
    incident_id: str | None
    executor: str
    precision: str
    unit: str
    fingerprint: str
    source: RunSource | None
    previous_source: RunSource | None
    basis: Literal["repeated_runs", "history", "samples"] | None
    change_low_percent: float | None
    change_high_percent: float | None
    runs_before: int
    runs_since: int
    closed_at: str | None


class GetDigestAnswerByModelItem(TypedDict):
    name: str
    opened: int
    closed: int
    still_open: int
    worst_percent: float | None


class GetDigestAnswer(TypedDict):
    since: str
    until: str
    opened: list[GetDigestAnswerOpenedItem]
    closed: list[GetDigestAnswerOpenedItem]
    improvements: list[GetDigestAnswerOpenedItem]
    by_model: list[GetDigestAnswerByModelItem]
    by_hardware: list[GetDigestAnswerByModelItem]
    open_regressions: int
    finished_runs: int
    failed_runs: int
    truncated: bool


class PostBenchmarkRunBody(TypedDict):
    priority: NotRequired[int | Literal["low", "medium", "high"]]
    hardware: NotRequired[list[Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]]]
    models: NotRequired[list[str]]
    batch_sizes: NotRequired[list[int] | Literal["auto"]]
    precision: NotRequired[str]
    progressive_mode: NotRequired[bool]
    incremental: NotRequired[bool]
    max_age_seconds: NotRequired[float]
    size: NotRequired[Literal["tiny", "base"]]
    wait_for_workers: NotRequired[bool]
    type: NotRequired[Literal["inference", "throughput", "both"]]
    concurrency: NotRequired[int | list[int]]
    mix: NotRequired[bool]


class PostBenchmarkRunAnswer2IssuesItem(TypedDict):
    path: str
    code: str
    message: str


class PostBenchmarkRunAnswer2WaitingItem(TypedDict):
    model: str
    hardware: str | None
    reason: str


class PostBenchmarkRunAnswer2(TypedDict):
    task_count: int
    issues: list[PostBenchmarkRunAnswer2IssuesItem]
    waiting: list[PostBenchmarkRunAnswer2WaitingItem]
    fresh_count: int


class GetBenchmarkStatusAnswer(TypedDict):
    run_id: str
    name: str
    state: str
    accepted_at: str
    finished_at: str | None
    source: RunSource | None
    tags: dict[str, str]
    total: int
    waiting: int
    running: int
    completed: int
    failed: int
    timed_out: int
    cancelled: int
    lost: int
    verdict: RunVerdict | None
    archived_at: str | None
    status: Literal["running", "cancelling", "completed", "partly_failed", "failed", "cancelled"]
    progress: float
    current_step: str
    completed_models: int
    total_models: int


class GetBenchmarkResultsAnswer(TypedDict):
    items: list[Result]
    next_cursor: str | None


class GetBenchmarkOutcomesAnswer(TypedDict):
    items: list[Outcome]
    next_cursor: str | None


class GetBenchmarkModelsAnswerItemsItemCatalogueRunsItem(TypedDict):
    executor: str
    can: bool | None
    reason: str | None


class GetBenchmarkModelsAnswerItemsItemCatalogueWorkloadsValue(TypedDict):
    parameters: NotRequired[float]
    weight_bytes: NotRequired[float]
    flops: NotRequired[float]
    bytes_moved: NotRequired[float]
    activation_bytes: NotRequired[float]
    operators: NotRequired[float]
    kinds: NotRequired[dict[str, float]]
    reason: NotRequired[str]


GetBenchmarkModelsAnswerItemsItemCatalogue = TypedDict(
    "GetBenchmarkModelsAnswerItemsItemCatalogue",
    {
        "kind": Literal["onnx_file", "model_type"],
        "family": str,
        "modalities": list[str],
        "tasks": list[str],
        "default_task": str | None,
        "class": str | None,
        "priority": Literal["high", "medium", "low"],
        "used_by": list[str],
        "status": Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"],
        "reason": str | None,
        "runs": list[GetBenchmarkModelsAnswerItemsItemCatalogueRunsItem],
        "dimensions": dict[str, dict[str, int]],
        "workloads": dict[str, GetBenchmarkModelsAnswerItemsItemCatalogueWorkloadsValue],
    },
)


class GetBenchmarkModelsAnswerItemsItem(TypedDict):
    model: str
    in_catalogue: bool
    title: str | None
    license: str | None
    last_measured_at: str | None
    pools: list[str]
    executors: list[str]
    catalogue: NotRequired[GetBenchmarkModelsAnswerItemsItemCatalogue]


class GetBenchmarkModelsAnswer(TypedDict):
    items: list[GetBenchmarkModelsAnswerItemsItem]


GetBenchmarkHardwareAnswerItemsItem = TypedDict(
    "GetBenchmarkHardwareAnswerItemsItem",
    {
        "pool": str,
        "class": Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"],
        "workers": int,
        "slots": int,
    },
)


class GetBenchmarkHardwareAnswer(TypedDict):
    items: list[GetBenchmarkHardwareAnswerItemsItem]


class GetBenchmarkReportsAnswerItemsItem(TypedDict):
    run_id: str
    name: str
    state: str
    accepted_at: str
    finished_at: str | None
    source: RunSource | None
    tags: dict[str, str]
    total: int
    waiting: int
    running: int
    completed: int
    failed: int
    timed_out: int
    cancelled: int
    lost: int
    verdict: RunVerdict | None
    archived_at: str | None
    status: Literal["running", "cancelling", "completed", "partly_failed", "failed", "cancelled"]
    report_url: str
    results_url: str


class GetBenchmarkReportsAnswer(TypedDict):
    items: list[GetBenchmarkReportsAnswerItemsItem]


class GetBenchmarkQueryAnswerItemsItem(TypedDict):
    series_id: str
    benchmark: str
    model: str
    precision: str
    batch_size: int | None
    metric: str
    pool: str
    unit: str
    value: float
    ci_low: float | None
    ci_high: float | None
    samples: int
    measured_at: str
    run_id: str
    better: Literal["lower", "higher", "neither", ""]
    note_codes: list[str]
    notes: list[str]
    executor: str
    scenario: str
    variant: str
    fingerprint: str
    task_id: str


class GetBenchmarkQueryAnswer(TypedDict):
    items: list[GetBenchmarkQueryAnswerItemsItem]


class GetModelsCoverageAnswerItemsItem(TypedDict):
    model: str
    executor: Literal["torch", "onnx"]
    stage: Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"]
    reason: str
    parameters: int | None
    peak_memory_mb: float | None
    difference: float | None
    seconds: float | None
    hardware: str
    precision: str
    checked_at: str
    versions: str
    stage_before: str


class GetModelsCoverageAnswer(TypedDict):
    items: list[GetModelsCoverageAnswerItemsItem]


class GetModelsCompatibilityAnswerItemsItem(TypedDict):
    model: str
    family: str
    hardware: Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]
    executor: str
    precision: str
    state: Literal["works", "fails", "untested"]
    reason: str | None
    error_class: str | None
    source: Literal["outcomes", "coverage", "none"]
    stage: Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"] | None
    completed: int
    failed: int
    devices: int
    latency_ms: float | None
    throughput_items_per_second: float | None
    memory_mb: float | None
    batch_size: int | None
    series_id: str | None
    run_id: str | None
    task_id: str | None
    last_at: str | None


class GetModelsCompatibilityAnswerCounts(TypedDict):
    works: int
    fails: int
    untested: int


class GetModelsCompatibilityAnswer(TypedDict):
    items: list[GetModelsCompatibilityAnswerItemsItem]
    counts: GetModelsCompatibilityAnswerCounts
    truncated: bool


class GetRunsAnswer(TypedDict):
    items: list[Run]
    next_cursor: str | None


class PostRunsAnswer2(TypedDict):
    task_count: int
    issues: list[PostBenchmarkRunAnswer2IssuesItem]


class PostRunAcceptBody(TypedDict):
    reason: NotRequired[str]


class PostRunAcceptAnswer(TypedDict):
    run_id: str
    series_ids: list[str]


class GetRunRequestAnswer(TypedDict):
    run_id: str
    request: str
    reason: str


class GetRunTasksAnswer(TypedDict):
    items: list[Task]
    next_cursor: str | None


class GetRunEventsAnswer(TypedDict):
    items: list[Event]
    next_cursor: str | None


class GetRunFindingsAnswer(TypedDict):
    items: list[Finding]
    next_cursor: str | None


class PostRunCancelBody(TypedDict):
    reason: NotRequired[str]


class PostRunCancelAnswer(TypedDict):
    run_id: str


class PostArchivedRunsBody(TypedDict):
    run_ids: list[str]
    reason: NotRequired[str]


class PostArchivedRunsAnswerRefusedItem(TypedDict):
    run_id: str
    code: str
    message: str


class PostArchivedRunsAnswer(TypedDict):
    done: list[str]
    refused: list[PostArchivedRunsAnswerRefusedItem]


class GetFileAnswer(TypedDict):
    sha256: str
    size_bytes: int
    used_at: str


class PutFileAnswer(TypedDict):
    sha256: str
    size_bytes: int
    was_there: bool


class PostImportAnswer(TypedDict):
    format: str
    benchmarks: int
    runs: list[Submitted]
    notes: list[str]


class PostTasksBody(TypedDict):
    task_id: str


class GetTaskAttemptsAnswerItemsItem(TypedDict):
    attempt: int
    status: Literal["completed", "failed", "timed_out", "cancelled", "lost"]
    worker_id: str
    pool: str
    started_at: str | None
    finished_at: str
    execution_time_seconds: float | None
    error_class: str
    error_code: str
    error_message: str
    logs: str


class GetTaskAttemptsAnswer(TypedDict):
    items: list[GetTaskAttemptsAnswerItemsItem]


class GetTaskLogAnswer(TypedDict):
    attempt: int
    text: str
    next: int
    is_live: bool


GetTaskWhyAnswerPoolsItem = TypedDict(
    "GetTaskWhyAnswerPoolsItem",
    {
        "pool": str,
        "class": Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"] | None,
        "reason": str | None,
        "slots": int,
        "emitted": int,
        "wait_seconds": float | None,
        "run_seconds": float | None,
        "basis": Literal["pool", "class", "any_class", "timeout", "prior", "unknown"],
    },
)


class GetTaskWhyAnswer(TypedDict):
    run_id: str
    task_id: str
    attempt: int
    phase: Literal["unbound", "blocked", "delayed", "ready", "emitted", "settling"]
    explanation: str
    priority: int
    tenant: str
    deadline: str | None
    ahead: int | None
    expected_start: str | None
    expected_start_basis: Literal["pool", "class", "any_class", "timeout", "prior", "unknown"]
    waits_for: list[str]
    waits_for_count: int
    pools: list[GetTaskWhyAnswerPoolsItem]


class PostTaskCancelAnswer(TypedDict):
    run_id: str
    task_id: str


GetTestsAnswerItemsItem = TypedDict(
    "GetTestsAnswerItemsItem",
    {
        "case_id": str,
        "benchmark": str,
        "class": str,
        "name": str,
        "file": str,
        "last_state": Literal["passed", "failed", "error", "skipped"],
        "last_at": str,
        "last_run_id": str,
        "last_message": str,
        "executions": int,
        "failures": int,
        "skipped": int,
        "programs": int,
        "flaky_programs": int,
        "flakiness": float | None,
        "seconds": float | None,
        "recent": list[Literal["passed", "failed", "error", "skipped"]],
    },
)


class GetTestsAnswer(TypedDict):
    items: list[GetTestsAnswerItemsItem]
    next_cursor: str | None


GetTestAnswerHistoryItem = TypedDict(
    "GetTestAnswerHistoryItem",
    {
        "case_id": str,
        "run_id": str,
        "task_id": str,
        "attempt": int,
        "finished_at": str,
        "benchmark": str,
        "class": str,
        "name": str,
        "file": str,
        "state": Literal["passed", "failed", "error", "skipped"],
        "seconds": float | None,
        "message": str,
        "pool": str,
        "worker_id": str,
        "commit": str,
        "branch": str,
    },
)


GetTestAnswer = TypedDict(
    "GetTestAnswer",
    {
        "case_id": str,
        "benchmark": str,
        "class": str,
        "name": str,
        "file": str,
        "last_state": Literal["passed", "failed", "error", "skipped"],
        "last_at": str,
        "last_run_id": str,
        "last_message": str,
        "executions": int,
        "failures": int,
        "skipped": int,
        "programs": int,
        "flaky_programs": int,
        "flakiness": float | None,
        "seconds": float | None,
        "recent": list[Literal["passed", "failed", "error", "skipped"]],
        "history": list[GetTestAnswerHistoryItem],
    },
)


class GetRunTestsAnswer(TypedDict):
    items: list[GetTestAnswerHistoryItem]
    next_cursor: str | None


class GetRunMetricsAnswerSeriesItem(TypedDict):
    task_id: str
    metric: str
    unit: str
    batch_size: int | None
    times_ms: list[float]
    values: list[float]


class GetRunMetricsAnswer(TypedDict):
    series: list[GetRunMetricsAnswerSeriesItem]


class GetRunDistributionsAnswerItemsItemHistogram(TypedDict):
    edges: list[float]
    counts: list[int]


class GetRunDistributionsAnswerItemsItem(TypedDict):
    task_id: str
    metric: str
    unit: str
    batch_size: int | None
    n: int
    min: float
    max: float
    quantiles: list[float]
    bars_to: float
    histogram: GetRunDistributionsAnswerItemsItemHistogram


class GetRunDistributionsAnswer(TypedDict):
    items: list[GetRunDistributionsAnswerItemsItem]


GetMatrixAnswerItemsItem = TypedDict(
    "GetMatrixAnswerItemsItem",
    {
        "series_id": str,
        "benchmark": str,
        "model": str,
        "precision": str,
        "batch_size": int | None,
        "metric": str,
        "pool": str,
        "unit": str,
        "value": float,
        "ci_low": float | None,
        "ci_high": float | None,
        "samples": int,
        "measured_at": str,
        "run_id": str,
        "better": Literal["lower", "higher", "neither", ""],
        "note_codes": list[str],
        "notes": list[str],
        "executor": str,
        "scenario": str,
        "variant": str,
        "fingerprint": str,
        "task_id": str,
        "class": Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"] | None,
    },
)


class GetMatrixAnswer(TypedDict):
    items: list[GetMatrixAnswerItemsItem]
    truncated: bool


class GetMatrixHistoryAnswerItemsItem(TypedDict):
    series_id: str
    run_ids: list[str]
    measured_at: list[str]
    values: list[float]


class GetMatrixHistoryAnswer(TypedDict):
    items: list[GetMatrixHistoryAnswerItemsItem]
    truncated: bool


class GetThroughputAnswerItemsItem(TypedDict):
    at: str
    completed: int
    failed: int
    timed_out: int
    cancelled: int
    lost: int
    seconds: int


class GetThroughputAnswer(TypedDict):
    items: list[GetThroughputAnswerItemsItem]


class GetFailuresAnswerItemsItem(TypedDict):
    pool: str
    error_class: str
    attempts: int


class GetFailuresAnswer(TypedDict):
    items: list[GetFailuresAnswerItemsItem]


class GetRecoveryAnswerItemsItem(TypedDict):
    strategy: Literal["same_worker", "same_pool", "other_pool"]
    attempts: int
    recovered: int


class GetRecoveryAnswer(TypedDict):
    items: list[GetRecoveryAnswerItemsItem]


class GetFaultToleranceAnswerPoolsItem(TypedDict):
    pool: str
    attempts: int
    failed: int


class GetFaultToleranceAnswerFailuresItem(TypedDict):
    at: str
    pool: str
    error_class: str
    attempts: int


class GetFaultToleranceAnswerStrategiesItem(TypedDict):
    strategy: Literal["same_worker", "other_worker", "other_pool", "circuit_breaker", "quarantine"]
    error_class: str
    times: int
    decided: int
    succeeded: int
    median_seconds: float | None


class GetFaultToleranceAnswerQuarantinesItem(TypedDict):
    worker_id: str
    by: Literal["scheduler", "user"]
    reason: str
    started_at: str | None
    ended_at: str | None
    ended_by: Literal["health_check", "user"] | None
    checks_failed: int
    next_status: str | None


class GetFaultToleranceAnswerCircuitsItem(TypedDict):
    subject: str
    hardware: str
    error_class: str
    reason: str
    opened_at: str | None
    closed_at: str | None
    trials_failed: int


class GetFaultToleranceAnswer(TypedDict):
    since: str
    until: str
    bucket_seconds: int
    attempts: int
    failed_attempts: int
    failed_tasks: int
    recovered_tasks: int
    pools: list[GetFaultToleranceAnswerPoolsItem]
    failures: list[GetFaultToleranceAnswerFailuresItem]
    strategies: list[GetFaultToleranceAnswerStrategiesItem]
    quarantines: list[GetFaultToleranceAnswerQuarantinesItem]
    circuits: list[GetFaultToleranceAnswerCircuitsItem]
    truncated: list[Literal["pools", "failures", "quarantines", "circuits"]]


class PostSqlBody(TypedDict):
    sql: str


class PostSqlAnswer(TypedDict):
    columns: list[str]
    rows: list[dict[str, Any]]
    truncated: bool


class GetMetricsAnswerItemsItem(TypedDict):
    metric: str
    unit: str
    better: Literal["lower", "higher", "neither", ""]
    series: int
    last_measured_at: str


class GetMetricsAnswer(TypedDict):
    items: list[GetMetricsAnswerItemsItem]


class GetMetricsCatalogueAnswerRulesItem(TypedDict):
    metric: str
    better: NotRequired[Literal["lower", "higher", "neither"]]
    unit: NotRequired[str]


class GetMetricsCatalogueAnswer(TypedDict):
    rules: list[GetMetricsCatalogueAnswerRulesItem]


class GetGatesAnswerRulesItemGate(TypedDict):
    metrics: NotRequired[list[str]]
    min_change_percent: NotRequired[float]
    unknown_direction: NotRequired[Literal["higher_is_worse", "lower_is_worse", "either_is_worse"]]
    on_slower: NotRequired[Literal["fail", "warn"]]
    on_cannot_tell: NotRequired[Literal["pass", "warn", "fail", "repeat"]]
    repeat_budget: NotRequired[VerdictGatesItemGateRepeatBudget]
    on_known_regression: NotRequired[Literal["fail", "warn", "pass"]]


class GetGatesAnswerRulesItem(TypedDict):
    benchmark: str
    gate: GetGatesAnswerRulesItemGate


class GetGatesAnswer(TypedDict):
    rules: list[GetGatesAnswerRulesItem]


class PutGateBodyRepeatBudget(TypedDict):
    runs: NotRequired[int]
    pairs: NotRequired[int]
    seconds: NotRequired[float]


class PutGateBody(TypedDict):
    metrics: NotRequired[list[str]]
    min_change_percent: NotRequired[float]
    unknown_direction: NotRequired[Literal["higher_is_worse", "lower_is_worse", "either_is_worse"]]
    on_slower: NotRequired[Literal["fail", "warn"]]
    on_cannot_tell: NotRequired[Literal["pass", "warn", "fail", "repeat"]]
    repeat_budget: NotRequired[PutGateBodyRepeatBudget]
    on_known_regression: NotRequired[Literal["fail", "warn", "pass"]]


GetSettingsAnswerSettingsItemFieldsItem = TypedDict(
    "GetSettingsAnswerSettingsItemFieldsItem",
    {
        "field": str | None,
        "variable": str,
        "value": Any,
        "from": Literal["default", "variable", "setting"],
        "without_setting": Any,
    },
)


class GetSettingsAnswerSettingsItem(TypedDict):
    name: Literal["main_branches", "detection", "confirm_per_hour", "history_points", "retention"]
    revision: int
    value: Any
    changed_by: str | None
    changed_at: str | None
    fields: list[GetSettingsAnswerSettingsItemFieldsItem]


class GetSettingsAnswer(TypedDict):
    settings: list[GetSettingsAnswerSettingsItem]


class PutSettingBody(TypedDict):
    revision: int
    value: Any


class GetSeriesAnswer(TypedDict):
    items: list[Series]
    next_cursor: str | None


class GetSeriesValuesAnswerItemsItem(TypedDict):
    series_id: str
    values: list[float]


class GetSeriesValuesAnswer(TypedDict):
    items: list[GetSeriesValuesAnswerItemsItem]


GetSeriesAnalysisAnswerSegmentsItem = TypedDict(
    "GetSeriesAnalysisAnswerSegmentsItem",
    {
        "from": int,
        "to": int,
        "from_at": str,
        "n": int,
        "median": float,
        "scale": float,
    },
)


class GetSeriesAnalysisAnswerModesItem(TypedDict):
    level: float
    share: float


class GetSeriesAnalysisAnswerMinimumDetectableEffectItem(TypedDict):
    runs: int
    percent: float | None


class GetSeriesAnalysisAnswerRecommendedRepetitions(TypedDict):
    target_percent: float
    runs: int | None


class GetSeriesAnalysisAnswerTrendSlope(TypedDict):
    low: float
    high: float


class GetSeriesAnalysisAnswerTrend(TypedDict):
    slope_per_point: float
    slope: GetSeriesAnalysisAnswerTrendSlope
    percent_per_100_points: float | None
    is_significant: bool


class GetSeriesAnalysisAnswerSeasonality(TypedDict):
    period: float
    unit: Literal["points", "hours"]
    strength: float


class GetSeriesAnalysisAnswerForecastItem(TypedDict):
    step: int
    expected: float
    low: float
    high: float


class GetSeriesAnalysisAnswerPrecision(TypedDict):
    acknowledged: int
    dismissed: int
    precision: float
    threshold_factor: float


class GetSeriesAnalysisAnswer(TypedDict):
    series_id: str
    points: int
    level: float | None
    scale: float | None
    autocorrelation: float | None
    segments: list[GetSeriesAnalysisAnswerSegmentsItem]
    modes: list[GetSeriesAnalysisAnswerModesItem]
    minimum_detectable_effect: list[GetSeriesAnalysisAnswerMinimumDetectableEffectItem]
    false_alarm_rate: float
    recommended_repetitions: GetSeriesAnalysisAnswerRecommendedRepetitions | None
    trend: GetSeriesAnalysisAnswerTrend | None
    seasonality: GetSeriesAnalysisAnswerSeasonality | None
    forecast: list[GetSeriesAnalysisAnswerForecastItem]
    precision: GetSeriesAnalysisAnswerPrecision | None
    reasons: dict[str, str]


class GetSeriesAnnotationsAnswerItemsItem(TypedDict):
    series_id: str
    event_id: str
    about_at: str
    made_at: str
    kind: str
    text: str
    by: str
    link: str | None


class GetSeriesAnnotationsAnswer(TypedDict):
    items: list[GetSeriesAnnotationsAnswerItemsItem]
    next_cursor: str | None


class PostSeriesAnnotationsBody(TypedDict):
    about_at: NotRequired[str]
    text: str
    link: NotRequired[str | None]


class PostSeriesAnnotationsAnswer(TypedDict):
    event_id: str


class GetCompareAnswerSidesItemSummaryItem(TypedDict):
    metric: str
    rows: int
    better: int
    worse: int
    different: int
    same: int
    unknown: int
    mean_change_percent: float | None
    sentence: str


class GetCompareAnswerSidesItem(TypedDict):
    value: str
    label: str
    rows: int
    commits: list[str]
    pools: list[str]
    summary: list[GetCompareAnswerSidesItemSummaryItem]


class GetCompareAnswerRowsItemCellsItem(TypedDict):
    value: float
    ci_low: float | None
    ci_high: float | None
    ci_from: Literal["runs", "samples"] | None
    runs: int
    samples: int
    series_id: str
    run_id: str
    task_id: str
    measured_at: str
    fingerprint: str
    pool: str
    note_codes: list[str]
    notes: list[str]


class GetCompareAnswerRowsItemDifferencesItem(TypedDict):
    verdict: Literal["better", "worse", "different", "same", "unknown"]
    basis: Literal["repeated_runs", "history", "samples"] | None
    change_percent: float | None
    change_low_percent: float | None
    change_high_percent: float | None
    p_value: float | None
    adjusted_p_value: float | None
    sentence: str


class GetCompareAnswerRowsItem(TypedDict):
    benchmark: str
    model: str
    executor: str
    precision: str
    batch_size: int | None
    scenario: str
    variant: str
    metric: str
    is_simulated: bool
    series_kind: Literal["result", "phase", "memory", "energy"]
    pool: str
    unit: str
    direction: Literal["lower_is_better", "higher_is_better", "neither", "unknown"]
    cells: list[GetCompareAnswerRowsItemCellsItem | None]
    differences: list[GetCompareAnswerRowsItemDifferencesItem | None]


class GetCompareAnswer(TypedDict):
    by: Literal["run", "commit", "model", "hardware", "batch_size", "series", "period"]
    sides: list[GetCompareAnswerSidesItem]
    rows: list[GetCompareAnswerRowsItem]
    notes: list[str]


class GetAnalyticsAnswerRowsItem(TypedDict):
    benchmark: str
    model: str
    executor: str
    precision: str
    batch_size: int | None
    scenario: str
    variant: str
    metric: str
    is_simulated: bool
    series_kind: Literal["result", "phase", "memory", "energy"]
    pool: str
    unit: str
    direction: Literal["lower_is_better", "higher_is_better", "neither", "unknown"]
    cells: list[GetCompareAnswerRowsItemCellsItem | None]
    differences: list[GetCompareAnswerRowsItemDifferencesItem | None]
    relative: list[float | None]


class GetAnalyticsAnswerGroupsItemRelative(TypedDict):
    baseline: float | None
    period: float | None
    baseline_values: int
    period_values: int


class GetAnalyticsAnswerGroupsItem(TypedDict):
    metric: str
    rows: int
    better: int
    worse: int
    different: int
    same: int
    unknown: int
    mean_change_percent: float | None
    sentence: str
    of: Literal["everything", "hardware", "model"]
    name: str
    direction: Literal["lower_is_better", "higher_is_better", "neither", "unknown"]
    only_baseline: int
    only_period: int
    relative: GetAnalyticsAnswerGroupsItemRelative | None


class GetAnalyticsAnswer(TypedDict):
    by: Literal["run", "commit", "model", "hardware", "batch_size", "series", "period"]
    sides: list[GetCompareAnswerSidesItem]
    rows: list[GetAnalyticsAnswerRowsItem]
    notes: list[str]
    groups: list[GetAnalyticsAnswerGroupsItem]
    normalised_to: str | None


class PostFindingAcknowledgeBody(TypedDict):
    reason: NotRequired[str]
    link: NotRequired[str | None]


class PostFindingAcknowledgeAnswer(TypedDict):
    finding_id: str
    revision: int
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]


class PostFindingDismissBody(TypedDict):
    reason: str
    link: NotRequired[str | None]


class PostFindingLinkBody(TypedDict):
    reason: NotRequired[str]
    link: str


class PostDecisionsBody(TypedDict):
    finding_ids: list[str]
    action: Literal["acknowledge", "dismiss", "reopen"]
    reason: NotRequired[str]


class PostDecisionsAnswerDecidedItem(TypedDict):
    finding_id: str
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]


class PostDecisionsAnswerRefusedItem(TypedDict):
    finding_id: str
    message: str


class PostDecisionsAnswer(TypedDict):
    decided: list[PostDecisionsAnswerDecidedItem]
    refused: list[PostDecisionsAnswerRefusedItem]


class GetIncidentsAnswerItemsItemMovedItem(TypedDict):
    finding_id: str
    kind: Literal["regression", "improvement", "change", "drift", "outlier", "failures", "unusual"]
    state: Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]
    benchmark: str
    model: str
    metric: str
    pool: str
    change_percent: float | None
    effect_size: float | None


class GetIncidentsAnswerItemsItem(TypedDict):
    incident_id: str
    cause: str
    first_detected_at: str
    last_detected_at: str
    findings: int
    open: int
    regressions: int
    improvements: int
    source: RunSource | None
    previous_source: RunSource | None
    moved: list[GetIncidentsAnswerItemsItemMovedItem]


class GetIncidentsAnswer(TypedDict):
    items: list[GetIncidentsAnswerItemsItem]
    next_cursor: str | None


class GetPrecisionAnswerItemsItem(TypedDict):
    metric: str
    pool: str
    suspected: int
    confirmed: int
    acknowledged: int
    dismissed: int
    went_away: int
    precision: float | None


class GetPrecisionAnswer(TypedDict):
    items: list[GetPrecisionAnswerItemsItem]
    next_cursor: str | None


class GetNotificationsRulesAnswerRulesReceiversItem(TypedDict):
    name: str
    connector: Literal["webhook", "slack", "teams", "email", "github", "gitlab", "bitbucket", "azure_devops", "jira", "testrail", "alertmanager", "plugin"]


class GetNotificationsRulesAnswerRules(TypedDict):
    text: str
    by: str
    at: str
    receivers: list[GetNotificationsRulesAnswerRulesReceiversItem]
    has_route: bool


class GetNotificationsRulesAnswer(TypedDict):
    rules: GetNotificationsRulesAnswerRules | None


class PutNotificationsRulesBody(TypedDict):
    text: str


class GetNotificationsMessagesAnswerItemsItemItemsItemFactsItem(TypedDict):
    label: str
    text: str


class GetNotificationsMessagesAnswerItemsItemItemsItemChart(TypedDict):
    title: str
    unit: str | None
    before: list[float]
    median: float
    low: float
    high: float
    after: list[float]


class GetNotificationsMessagesAnswerItemsItemItemsItem(TypedDict):
    alert_id: str
    state: Literal["suspected", "open", "acknowledged", "ended"]
    severity: Literal["info", "warning", "critical"]
    title: str
    facts: list[GetNotificationsMessagesAnswerItemsItemItemsItemFactsItem]
    path: str | None
    command: str | None
    labels: NotRequired[dict[str, str]]
    opened_at: NotRequired[str]
    chart: NotRequired[GetNotificationsMessagesAnswerItemsItemItemsItemChart]


class GetNotificationsMessagesAnswerItemsItemDelivery(TypedDict):
    message_id: str
    revision: int
    receiver: str
    state: Literal["sending", "sent", "retrying", "failed"]
    attempt: int
    at: str
    external_id: str | None
    reason: str | None
    next_at: str | None


class GetNotificationsMessagesAnswerItemsItem(TypedDict):
    message_id: str
    revision: int
    receiver: str
    route: str
    reason: Literal["new", "changed", "repeat", "test"]
    at: str
    title: str
    severity: Literal["info", "warning", "critical"]
    items: list[GetNotificationsMessagesAnswerItemsItemItemsItem]
    alerts: dict[str, Literal["suspected", "open", "acknowledged", "ended"]]
    delivery: GetNotificationsMessagesAnswerItemsItemDelivery | None


class GetNotificationsMessagesAnswer(TypedDict):
    items: list[GetNotificationsMessagesAnswerItemsItem]


class PostNotificationsMessageResendAnswer(TypedDict):
    message_id: str


class GetNotificationsSilencesAnswerItemsItemMatch(TypedDict):
    type: NotRequired[str | list[str]]
    kind: NotRequired[str | list[str]]
    state: NotRequired[str | list[str]]
    severity: NotRequired[str | list[str]]
    benchmark: NotRequired[str | list[str]]
    model: NotRequired[str | list[str]]
    metric: NotRequired[str | list[str]]
    executor: NotRequired[str | list[str]]
    pool: NotRequired[str | list[str]]
    worker: NotRequired[str | list[str]]
    branch: NotRequired[str | list[str]]
    commit: NotRequired[str | list[str]]
    pull_request: NotRequired[str | list[str]]
    repository: NotRequired[str | list[str]]
    run: NotRequired[str | list[str]]
    incident: NotRequired[str | list[str]]
    series: NotRequired[str | list[str]]


GetNotificationsSilencesAnswerItemsItem = TypedDict(
    "GetNotificationsSilencesAnswerItemsItem",
    {
        "silence_id": str,
        "match": GetNotificationsSilencesAnswerItemsItemMatch,
        "from": str,
        "until": str,
        "by": str,
        "reason": str,
    },
)


class GetNotificationsSilencesAnswer(TypedDict):
    items: list[GetNotificationsSilencesAnswerItemsItem]


class PostNotificationsSilencesBody(TypedDict):
    match: GetNotificationsSilencesAnswerItemsItemMatch
    seconds: float
    reason: str


class GetWorkersAnswer(TypedDict):
    items: list[Worker]
    next_cursor: str | None


class PostWorkerDrainAnswer(TypedDict):
    worker_id: str
    message: str


GetPoolsAnswerPoolsItem = TypedDict(
    "GetPoolsAnswerPoolsItem",
    {
        "pool": str,
        "class": Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"],
        "workers": int,
        "slots": int,
        "emitted": int,
        "waiting": int,
        "running": NotRequired[int],
        "oldest_wait_seconds": NotRequired[float],
        "expected_work_seconds": NotRequired[float],
        "unknown_work_tasks": NotRequired[int],
    },
)


class GetPoolsAnswerUnservedItemRequirements(TypedDict):
    pool: NotRequired[str]
    hardware: list[Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]]
    min_memory_gb: NotRequired[float]
    min_cuda_compute: NotRequired[float]
    instruction_sets: NotRequired[list[str]]
    labels: dict[str, str]


class GetPoolsAnswerUnservedItem(TypedDict):
    executor: str
    program: str | None
    requirements: GetPoolsAnswerUnservedItemRequirements
    pool: str | None
    tasks: int
    oldest_wait_seconds: float


class GetPoolsAnswerCircuitsItem(TypedDict):
    subject: str
    hardware: str
    state: Literal["open", "half_open"]
    message: str


class GetPoolsAnswer(TypedDict):
    v: Literal[1]
    at: str
    leader: str
    open_runs: int
    waiting: int
    unplaceable: int
    pools: list[GetPoolsAnswerPoolsItem]
    unserved: NotRequired[list[GetPoolsAnswerUnservedItem]]
    circuits: NotRequired[list[GetPoolsAnswerCircuitsItem]]


class GetClusterAnswerServicesItemConsumersItem(TypedDict):
    stream: str
    consumer: str
    pending: int | None
    unacked: int | None


class GetClusterAnswerServicesItem(TypedDict):
    v: Literal[1]
    at: str
    service: str
    instance_id: str
    pid: int
    host: str
    version: str
    started_at: str
    ready: bool
    checks: dict[str, str | None]
    role: str | None
    cpu_percent: float
    memory_rss_mb: float
    event_loop_delay_ms: float
    disk_free_mb: float | None
    consumers: list[GetClusterAnswerServicesItemConsumersItem]
    is_repeat: NotRequired[bool]


class GetClusterAnswerNats(TypedDict):
    version: str
    server_name: str
    cluster: str | None


class GetClusterAnswer(TypedDict):
    services: list[GetClusterAnswerServicesItem]
    nats: GetClusterAnswerNats | None
    problems: list[str]


class GetNamesAnswerItemsItem(TypedDict):
    kind: Literal["worker", "pool"]
    id: str
    name: str
    note: str
    by: str
    at: str


class GetNamesAnswer(TypedDict):
    items: list[GetNamesAnswerItemsItem]


class PutNameBody(TypedDict):
    name: NotRequired[str]
    note: NotRequired[str]


class GetRejectedAnswerItemsItem(TypedDict):
    rejected_at: str
    where: str
    subject: str
    issues: str
    raw_base64: str
    stored_at: str
    sequence: int
    id: str


class GetRejectedAnswer(TypedDict):
    items: list[GetRejectedAnswerItemsItem]
    next_cursor: str | None


class PostRejectedReplayAnswer(TypedDict):
    subject: str


class GetAuditAnswerItemsItem(TypedDict):
    event_id: str
    at: str
    subject: str
    role: str
    what: str
    target: str
    method: str
    path: str
    status: int
    request_id: str


class GetAuditAnswer(TypedDict):
    items: list[GetAuditAnswerItemsItem]
    next_cursor: str | None


class GetSavedAnswerItemsItem(TypedDict):
    name: str
    saved_by: str | None
    saved_at: str | None
    bytes: int


class GetSavedAnswer(TypedDict):
    items: list[GetSavedAnswerItemsItem]


class GetSavedByNameAnswer(TypedDict):
    name: str
    value: Any
    revision: int
    saved_by: str | None
    saved_at: str | None


class GetSnapshotsAnswerItemsItem(TypedDict):
    id: str
    title: str
    page: str
    taken_at: str
    saved_at: str
    saved_by: str
    bytes: int
    expires_at: str | None


class GetSnapshotsAnswer(TypedDict):
    items: list[GetSnapshotsAnswerItemsItem]


class PostSnapshotsBodyAnswersItem(TypedDict):
    method: Literal["GET", "POST"]
    path: str
    query: NotRequired[dict[str, str | float | bool | None | list[str | float | bool | None]]]
    body: NotRequired[Any]
    answer: Any


class PostSnapshotsBody(TypedDict):
    benchwire_snapshot: Literal[1]
    title: str
    page: str
    taken_at: str
    answers: list[PostSnapshotsBodyAnswersItem]


class GetSnapshotAnswerAnswersItem(TypedDict):
    method: Literal["GET", "POST"]
    path: str
    query: dict[str, str | float | bool | None | list[str | float | bool | None]]
    body: NotRequired[Any]
    answer: Any


class GetSnapshotAnswer(TypedDict):
    benchwire_snapshot: Literal[1]
    title: str
    page: str
    taken_at: str
    answers: list[GetSnapshotAnswerAnswersItem]


class PutSnapshotBody(TypedDict):
    pinned: bool


class GetKeysAnswerItemsItem(TypedDict):
    v: Literal[1]
    id: str
    name: str
    role: Literal["viewer", "submitter", "operator", "admin"]
    created_at: str
    expires_at: str | None


class GetKeysAnswer(TypedDict):
    items: list[GetKeysAnswerItemsItem]
    next_cursor: str | None


class PostKeysBody(TypedDict):
    name: str
    role: Literal["viewer", "submitter", "operator", "admin"]
    expires_at: NotRequired[str | None]


class PostKeysAnswer(TypedDict):
    v: Literal[1]
    id: str
    name: str
    role: Literal["viewer", "submitter", "operator", "admin"]
    created_at: str
    expires_at: str | None
    key: str
