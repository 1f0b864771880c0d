# Written by `npm run schemas` from the gateway's OpenAPI document: do not edit.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any, Literal, cast

from ._base import AsyncSender, Sender, part
from .models import (
    FindingRecord,
    GetAnalyticsAnswer,
    GetAuditAnswer,
    GetBenchmarkHardwareAnswer,
    GetBenchmarkModelsAnswer,
    GetBenchmarkOutcomesAnswer,
    GetBenchmarkQueryAnswer,
    GetBenchmarkReportsAnswer,
    GetBenchmarkResultsAnswer,
    GetBenchmarkStatusAnswer,
    GetClusterAnswer,
    GetCompareAnswer,
    GetDigestAnswer,
    GetFailuresAnswer,
    GetFaultToleranceAnswer,
    GetFileAnswer,
    GetGatesAnswer,
    GetGatesAnswerRulesItem,
    GetIncidentsAnswer,
    GetIncidentsAnswerItemsItem,
    GetKeysAnswer,
    GetMatrixAnswer,
    GetMatrixHistoryAnswer,
    GetMetricsAnswer,
    GetMetricsCatalogueAnswer,
    GetModelsCompatibilityAnswer,
    GetModelsCoverageAnswer,
    GetNamesAnswer,
    GetNamesAnswerItemsItem,
    GetNotificationsMessagesAnswer,
    GetNotificationsRulesAnswer,
    GetNotificationsSilencesAnswer,
    GetNotificationsSilencesAnswerItemsItem,
    GetOverviewAnswer,
    GetPoolsAnswer,
    GetPrecisionAnswer,
    GetRecoveryAnswer,
    GetRejectedAnswer,
    GetRunDistributionsAnswer,
    GetRunEventsAnswer,
    GetRunFindingsAnswer,
    GetRunMetricsAnswer,
    GetRunRequestAnswer,
    GetRunTasksAnswer,
    GetRunTestsAnswer,
    GetRunsAnswer,
    GetSavedAnswer,
    GetSavedByNameAnswer,
    GetSeriesAnalysisAnswer,
    GetSeriesAnnotationsAnswer,
    GetSeriesAnswer,
    GetSeriesValuesAnswer,
    GetSessionAnswer,
    GetSettingsAnswer,
    GetSettingsAnswerSettingsItem,
    GetSignInAnswer,
    GetSnapshotAnswer,
    GetSnapshotsAnswer,
    GetSnapshotsAnswerItemsItem,
    GetTaskAttemptsAnswer,
    GetTaskLogAnswer,
    GetTaskWhyAnswer,
    GetTestAnswer,
    GetTestsAnswer,
    GetThroughputAnswer,
    GetWorkersAnswer,
    Outcome,
    PostArchivedRunsAnswer,
    PostArchivedRunsBody,
    PostBenchmarkRunAnswer2,
    PostDecisionsAnswer,
    PostDecisionsBody,
    PostFindingAcknowledgeAnswer,
    PostFindingAcknowledgeBody,
    PostFindingDismissBody,
    PostFindingLinkBody,
    PostImportAnswer,
    PostKeysAnswer,
    PostKeysBody,
    PostNotificationsMessageResendAnswer,
    PostNotificationsSilencesBody,
    PostRejectedReplayAnswer,
    PostRunAcceptAnswer,
    PostRunAcceptBody,
    PostRunCancelAnswer,
    PostRunCancelBody,
    PostRunsAnswer2,
    PostSeriesAnnotationsAnswer,
    PostSeriesAnnotationsBody,
    PostSessionBody,
    PostSessionBody2,
    PostSnapshotsBody,
    PostSqlAnswer,
    PostSqlBody,
    PostTaskCancelAnswer,
    PostTasksBody,
    PostTicketsAnswer,
    PostWorkerDrainAnswer,
    PutFileAnswer,
    PutGateBody,
    PutNameBody,
    PutNotificationsRulesBody,
    PutSettingBody,
    PutSnapshotBody,
    Run,
    Series,
    Submitted,
    Task,
    Verdict,
    Worker,
)


class Operations(Sender):
    """Every route of the API; `/docs` of a gateway describes them."""

    def get_sign_in(self) -> GetSignInAnswer:
        """Ways to sign in beside an API key: the OpenID Connect provider, and why it cannot be used now. Needs no key."""
        return cast("GetSignInAnswer", self._send("GET", "/api/sign-in"))

    def get_session(self) -> GetSessionAnswer:
        """Who is signed in. Needs the role viewer."""
        return cast("GetSessionAnswer", self._send("GET", "/api/session"))

    def post_session(self, body: PostSessionBody | PostSessionBody2) -> GetSessionAnswer:
        """Sign in: a key, or a link's token, for a cookie. Needs no key."""
        return cast("GetSessionAnswer", self._send("POST", "/api/session", body=body))

    def delete_session(self) -> None:
        """Sign out. Needs the role viewer."""
        self._send("DELETE", "/api/session")

    def post_tickets(self) -> PostTicketsAnswer:
        """A ticket that opens one WebSocket within 30 s: `?ticket=` in its address, where no header can be sent. Needs the role viewer."""
        return cast("PostTicketsAnswer", self._send("POST", "/api/tickets"))

    def get_overview(self, *, since: str | None = None) -> GetOverviewAnswer:
        """Open regressions, failing runs, and what changed since a time (the last 24 hours without one). Needs the role viewer."""
        return cast("GetOverviewAnswer", self._send("GET", "/api/overview", query={"since": since}))

    def get_digest(self, *, since: str | None = None) -> GetDigestAnswer:
        """Regressions that were found or settled since a time (the last 7 days without one), with their changes, the greatest first. Needs the role viewer."""
        return cast("GetDigestAnswer", self._send("GET", "/api/digest", query={"since": since}))

    def get_digest_report(self, *, since: str | None = None, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The same as one HTML file that needs nothing else, or with `format=pdf` as PDF. Needs the role viewer."""
        return cast("bytes", self._send("GET", "/api/digest/report", query={"since": since, "format": format}, answer="bytes"))

    def get_digest_markdown(self, *, since: str | None = None) -> str:
        """The same as Markdown. Needs the role viewer."""
        return cast("str", self._send("GET", "/api/digest/markdown", query={"since": since}, answer="text"))

    def post_benchmark_run(self, body: Any | None = None, *, dry_run: bool | None = None) -> Submitted | PostBenchmarkRunAnswer2:
        """Start benchmarks: every model on every hardware, or a full request. Needs the role submitter."""
        return cast("Submitted | PostBenchmarkRunAnswer2", self._send("POST", "/api/benchmark/run", query={"dry_run": dry_run}, body=body))

    def get_benchmark_status(self, run_id: str) -> GetBenchmarkStatusAnswer:
        """How far a run is. Needs the role viewer."""
        return cast("GetBenchmarkStatusAnswer", self._send("GET", f"/api/benchmark/status/{part(run_id)}"))

    def get_benchmark_results(self, run_id: str, *, limit: int | None = None, cursor: str | None = None) -> GetBenchmarkResultsAnswer:
        """What a run measured. Needs the role viewer."""
        return cast("GetBenchmarkResultsAnswer", self._send("GET", f"/api/benchmark/results/{part(run_id)}", query={"limit": limit, "cursor": cursor}))

    def get_benchmark_outcomes(self, run_id: str, *, limit: int | None = None, cursor: str | None = None) -> GetBenchmarkOutcomesAnswer:
        """The whole result document of each task of a run. Needs the role viewer."""
        return cast("GetBenchmarkOutcomesAnswer", self._send("GET", f"/api/benchmark/outcomes/{part(run_id)}", query={"limit": limit, "cursor": cursor}))

    def get_benchmark_models(self, *, family: list[str] | None = None, task: list[str] | None = None, modality: list[Literal["text", "image", "video", "audio", "time"]] | None = None, priority: list[Literal["high", "medium", "low"]] | None = None, status: list[Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"]] | None = None, search: str | None = None) -> GetBenchmarkModelsAnswer:
        """Models that can be benchmarked by name, and models that were; `family`, `task`, `modality`, `priority`, `status` and `search` filter. Needs the role viewer."""
        return cast("GetBenchmarkModelsAnswer", self._send("GET", "/api/benchmark/models", query={"family": family, "task": task, "modality": modality, "priority": priority, "status": status, "search": search}))

    def get_benchmark_hardware(self) -> GetBenchmarkHardwareAnswer:
        """Hardware that takes tasks now. Needs the role viewer."""
        return cast("GetBenchmarkHardwareAnswer", self._send("GET", "/api/benchmark/hardware"))

    def get_benchmark_reports(self, *, limit: int | None = None) -> GetBenchmarkReportsAnswer:
        """Reports of finished runs, the newest first. Needs the role viewer."""
        return cast("GetBenchmarkReportsAnswer", self._send("GET", "/api/benchmark/reports", query={"limit": limit}))

    def get_benchmark_query(self, *, metric: str | None = None, model: str | None = None, hardware: str | None = None) -> GetBenchmarkQueryAnswer:
        """Newest values by metric, model and hardware. Needs the role viewer."""
        return cast("GetBenchmarkQueryAnswer", self._send("GET", "/api/benchmark/query", query={"metric": metric, "model": model, "hardware": hardware}))

    def get_models_coverage(self, *, model: str | None = None, executor: Literal["torch", "onnx"] | None = None, stage: Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"] | None = None) -> GetModelsCoverageAnswer:
        """How far each executor came with each model type in the newest coverage run, and before it with other packages. Needs the role viewer."""
        return cast("GetModelsCoverageAnswer", self._send("GET", "/api/models/coverage", query={"model": model, "executor": executor, "stage": stage}))

    def get_models_compatibility(self, *, search: str | None = None, family: list[str] | None = None, priority: list[Literal["high", "medium", "low"]] | None = None, hardware: list[Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]] | None = None, executor: list[str] | None = None, precision: list[str] | None = None, state: list[Literal["works", "fails", "untested"]] | None = None) -> GetModelsCompatibilityAnswer:
        """Models by hardware, executor and precision: works with which numbers, or fails with which reason; `state=untested` lists what nobody tried. Needs the role viewer."""
        return cast("GetModelsCompatibilityAnswer", self._send("GET", "/api/models/compatibility", query={"search": search, "family": family, "priority": priority, "hardware": hardware, "executor": executor, "precision": precision, "state": state}))

    def get_models_compatibility_csv(self, *, search: str | None = None, family: list[str] | None = None, priority: list[Literal["high", "medium", "low"]] | None = None, hardware: list[Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]] | None = None, executor: list[str] | None = None, precision: list[str] | None = None, state: list[Literal["works", "fails", "untested"]] | None = None) -> str:
        """The same as CSV. Needs the role viewer."""
        return cast("str", self._send("GET", "/api/models/compatibility/csv", query={"search": search, "family": family, "priority": priority, "hardware": hardware, "executor": executor, "precision": precision, "state": state}, answer="text"))

    def get_runs(self, *, status: Literal["", "open", "accepted", "finished", "running", "cancelling", "completed", "partly_failed", "failed", "cancelled"] | None = None, state: Literal["", "open", "accepted", "finished", "running", "cancelling", "completed", "partly_failed", "failed", "cancelled"] | None = None, verdict: Literal["", "pass", "warn", "fail"] | None = None, search: str | None = None, tag: str | None = None, commit: str | None = None, branch: str | None = None, since: str | None = None, until: str | None = None, archived: Literal["", "hide", "include", "only"] | None = None, sort: Literal["accepted_at", "name", "status", "not_completed", "duration_seconds", "source"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunsAnswer:
        """Runs, sorted; the newest first unless said otherwise. Needs the role viewer."""
        return cast("GetRunsAnswer", self._send("GET", "/api/runs", query={"status": status, "state": state, "verdict": verdict, "search": search, "tag": tag, "commit": commit, "branch": branch, "since": since, "until": until, "archived": archived, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    def post_runs(self, body: Any | None = None, *, dry_run: bool | None = None) -> Submitted | PostRunsAnswer2:
        """Start a run: a request or a single task as JSON, or YAML as application/yaml. Needs the role submitter."""
        return cast("Submitted | PostRunsAnswer2", self._send("POST", "/api/runs", query={"dry_run": dry_run}, body=body))

    def get_run(self, run_id: str) -> Run:
        """One run with its counts. Needs the role viewer."""
        return cast("Run", self._send("GET", f"/api/runs/{part(run_id)}"))

    def get_run_verdict(self, run_id: str, *, base_run_id: str | None = None) -> Verdict:
        """Is it slower than its base: each metric with its change, interval and baseline, and what the gate makes of them. Needs the role viewer."""
        return cast("Verdict", self._send("GET", f"/api/runs/{part(run_id)}/verdict", query={"base_run_id": base_run_id}))

    def post_run_accept(self, run_id: str, body: PostRunAcceptBody | None = None) -> PostRunAcceptAnswer:
        """Accept what it made slower: from its commit on that is the level that others are compared with. Needs the role submitter."""
        return cast("PostRunAcceptAnswer", self._send("POST", f"/api/runs/{part(run_id)}/accept", body=body))

    def get_run_request(self, run_id: str) -> GetRunRequestAnswer:
        """The request that it was started with. Needs the role viewer."""
        return cast("GetRunRequestAnswer", self._send("GET", f"/api/runs/{part(run_id)}/request"))

    def get_run_tasks(self, run_id: str, *, state: Literal["waiting", "running", "completed", "failed", "timed_out", "cancelled", "lost"] | None = None, search: str | None = None, sort: Literal["task_id", "state", "started_at", "execution_time_seconds", "model", "worker_id", "reason"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunTasksAnswer:
        """Its tasks, sorted; by id unless said otherwise. Needs the role viewer."""
        return cast("GetRunTasksAnswer", self._send("GET", f"/api/runs/{part(run_id)}/tasks", query={"state": state, "search": search, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    def get_run_results(self, run_id: str, *, limit: int | None = None, cursor: str | None = None) -> GetBenchmarkResultsAnswer:
        """What it measured, by task id. Needs the role viewer."""
        return cast("GetBenchmarkResultsAnswer", self._send("GET", f"/api/runs/{part(run_id)}/results", query={"limit": limit, "cursor": cursor}))

    def get_run_events(self, run_id: str, *, task_id: str | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunEventsAnswer:
        """What happened in it, the newest first. Needs the role viewer."""
        return cast("GetRunEventsAnswer", self._send("GET", f"/api/runs/{part(run_id)}/events", query={"task_id": task_id, "limit": limit, "cursor": cursor}))

    def get_run_findings(self, run_id: str, *, limit: int | None = None) -> GetRunFindingsAnswer:
        """Findings that it brought. Needs the role viewer."""
        return cast("GetRunFindingsAnswer", self._send("GET", f"/api/runs/{part(run_id)}/findings", query={"limit": limit}))

    def get_run_report(self, run_id: str, *, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The whole run as one HTML file that needs nothing else; with `format=pdf` as PDF, 409 NO_PDF where no browser can print it. Needs the role viewer."""
        return cast("bytes", self._send("GET", f"/api/runs/{part(run_id)}/report", query={"format": format}, answer="bytes"))

    def post_run_cancel(self, run_id: str, body: PostRunCancelBody | None = None) -> PostRunCancelAnswer:
        """Cancel a run. Needs the role submitter."""
        return cast("PostRunCancelAnswer", self._send("POST", f"/api/runs/{part(run_id)}/cancel", body=body))

    def post_archived_runs(self, body: PostArchivedRunsBody) -> PostArchivedRunsAnswer:
        """Take finished runs out of the lists, the overview and the findings; those that are refused are left as they are, with the reason. Needs the role operator."""
        return cast("PostArchivedRunsAnswer", self._send("POST", "/api/archived-runs", body=body))

    def post_restored_runs(self, body: PostArchivedRunsBody) -> PostArchivedRunsAnswer:
        """Bring archived runs back into the lists. Needs the role operator."""
        return cast("PostArchivedRunsAnswer", self._send("POST", "/api/restored-runs", body=body))

    def post_deleted_runs(self, body: PostArchivedRunsBody) -> PostArchivedRunsAnswer:
        """Delete finished runs for good, with their tasks, outcomes, results and samples; a run that goes on is refused: cancel it first. Needs the role admin."""
        return cast("PostArchivedRunsAnswer", self._send("POST", "/api/deleted-runs", body=body))

    def post_run_repeat(self, run_id: str, *, files: Literal["", "as_they_are"] | None = None) -> Submitted:
        """Run it again, as it was written; 409 FILES_DIFFER where a worker has other files than it measured, unless `files=as_they_are`. Needs the role submitter."""
        return cast("Submitted", self._send("POST", f"/api/runs/{part(run_id)}/repeat", query={"files": files}))

    def get_file(self, sha256: str) -> GetFileAnswer:
        """Whether the stack has a file of requests, and when one named it last. Needs the role submitter."""
        return cast("GetFileAnswer", self._send("GET", f"/api/files/{part(sha256)}"))

    def put_file(self, sha256: str, body: bytes) -> PutFileAnswer:
        """Upload a file that a request names then: its bytes as application/octet-stream, 200 where it was there. Needs the role submitter."""
        return cast("PutFileAnswer", self._send("PUT", f"/api/files/{part(sha256)}", content=body))

    def post_import(self, body: bytes, *, format: str | None = None, file: str | None = None, name: str | None = None, device: str | None = None, commit: str | None = None, branch: str | None = None, repo: str | None = None, base: str | None = None, time: str | None = None, tags: str | None = None, name_column: str | None = None, value_column: str | None = None, unit_column: str | None = None, metric: str | None = None, unit: str | None = None, better: Literal["lower", "higher"] | None = None) -> PostImportAnswer:
        """Import a benchmark tool's output: its bytes as application/octet-stream. The same content again starts nothing new. Needs the role submitter."""
        return cast("PostImportAnswer", self._send("POST", "/api/import", query={"format": format, "file": file, "name": name, "device": device, "commit": commit, "branch": branch, "repo": repo, "base": base, "time": time, "tags": tags, "name_column": name_column, "value_column": value_column, "unit_column": unit_column, "metric": metric, "unit": unit, "better": better}, content=body))

    def post_tasks(self, body: PostTasksBody) -> Submitted:
        """Start a single task, as a run of its own. Needs the role submitter."""
        return cast("Submitted", self._send("POST", "/api/tasks", body=body))

    def get_task(self, run_id: str, task_id: str) -> Task:
        """One task. Needs the role viewer."""
        return cast("Task", self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}"))

    def get_task_attempts(self, run_id: str, task_id: str) -> GetTaskAttemptsAnswer:
        """Its attempts with their logs. Needs the role viewer."""
        return cast("GetTaskAttemptsAnswer", self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/attempts"))

    def get_task_log(self, run_id: str, task_id: str, *, attempt: int | None = None, after: int | None = None) -> GetTaskLogAnswer:
        """What an attempt that runs has printed behind the first `after` bytes; ask again with `next` while `is_live`. Needs the role viewer."""
        return cast("GetTaskLogAnswer", self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/log", query={"attempt": attempt, "after": after}))

    def get_task_outcome(self, run_id: str, task_id: str, *, attempt: int | None = None) -> Outcome:
        """Its whole result document: what was measured, on what, with what environment and logs. Needs the role viewer."""
        return cast("Outcome", self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/outcome", query={"attempt": attempt}))

    def get_task_why(self, run_id: str, task_id: str) -> GetTaskWhyAnswer:
        """Why it waits. Needs the role viewer."""
        return cast("GetTaskWhyAnswer", self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/why"))

    def post_task_cancel(self, run_id: str, task_id: str, body: PostRunCancelBody | None = None) -> PostTaskCancelAnswer:
        """Cancel this one task; the others of its run go on. Needs the role submitter."""
        return cast("PostTaskCancelAnswer", self._send("POST", f"/api/tasks/{part(run_id)}/{part(task_id)}/cancel", body=body))

    def post_task_retry(self, run_id: str, task_id: str) -> Submitted:
        """Run this one task again, as a run of its own. Needs the role submitter."""
        return cast("Submitted", self._send("POST", f"/api/tasks/{part(run_id)}/{part(task_id)}/retry"))

    def get_tests(self, *, benchmark: str | None = None, search: str | None = None, only: list[Literal["flaky", "failing"]] | None = None, executions: int | None = None, sort: Literal["last_state", "test", "benchmark", "failures", "flakiness", "seconds", "last_at"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetTestsAnswer:
        """Test cases with how often they failed lately and how flaky they are; those that fail now first unless sorted otherwise. Needs the role viewer."""
        return cast("GetTestsAnswer", self._send("GET", "/api/tests", query={"benchmark": benchmark, "search": search, "only": only, "executions": executions, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    def get_test(self, case_id: str, *, executions: int | None = None, limit: int | None = None) -> GetTestAnswer:
        """One test case: its reliability, and its executions, the newest first. Needs the role viewer."""
        return cast("GetTestAnswer", self._send("GET", f"/api/tests/{part(case_id)}", query={"executions": executions, "limit": limit}))

    def get_run_tests(self, run_id: str, *, task_id: str | None = None, state: list[Literal["passed", "failed", "error", "skipped"]] | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunTestsAnswer:
        """Test cases of a run, those that failed first in each task. Needs the role viewer."""
        return cast("GetRunTestsAnswer", self._send("GET", f"/api/runs/{part(run_id)}/tests", query={"task_id": task_id, "state": state, "limit": limit, "cursor": cursor}))

    def get_run_metrics(self, run_id: str, *, task_id: str | None = None, metric: str | None = None, max_points: int | None = None) -> GetRunMetricsAnswer:
        """Raw points, thinned where there are many. Needs the role viewer."""
        return cast("GetRunMetricsAnswer", self._send("GET", f"/api/runs/{part(run_id)}/metrics", query={"task_id": task_id, "metric": metric, "max_points": max_points}))

    def get_run_distributions(self, run_id: str, *, task_id: str | None = None, metric: str | None = None) -> GetRunDistributionsAnswer:
        """How raw points are distributed. Needs the role viewer."""
        return cast("GetRunDistributionsAnswer", self._send("GET", f"/api/runs/{part(run_id)}/distributions", query={"task_id": task_id, "metric": metric}))

    def get_matrix(self, *, metric: str | None = None, model: str | None = None, hardware: str | None = None) -> GetMatrixAnswer:
        """The newest value of each model on each pool; `truncated` where there are more than 10,000. Needs the role viewer."""
        return cast("GetMatrixAnswer", self._send("GET", "/api/matrix", query={"metric": metric, "model": model, "hardware": hardware}))

    def get_matrix_history(self, *, metric: str | None = None) -> GetMatrixHistoryAnswer:
        """The newest 30 points of each series of a metric, oldest first; `truncated` where not all series fit. Needs the role viewer."""
        return cast("GetMatrixHistoryAnswer", self._send("GET", "/api/matrix/history", query={"metric": metric}))

    def get_throughput(self, *, minutes: int | None = None) -> GetThroughputAnswer:
        """Tasks that ended, by time and how. Needs the role viewer."""
        return cast("GetThroughputAnswer", self._send("GET", "/api/throughput", query={"minutes": minutes}))

    def get_failures(self, *, minutes: int | None = None) -> GetFailuresAnswer:
        """Failed attempts by pool and class of error. Needs the role viewer."""
        return cast("GetFailuresAnswer", self._send("GET", "/api/failures", query={"minutes": minutes}))

    def get_recovery(self, *, minutes: int | None = None) -> GetRecoveryAnswer:
        """Where failed tasks were tried again, and whether it helped. Needs the role viewer."""
        return cast("GetRecoveryAnswer", self._send("GET", "/api/recovery", query={"minutes": minutes}))

    def get_fault_tolerance(self, *, since: str | None = None, until: str | None = None) -> GetFaultToleranceAnswer:
        """Failures by class and pool over time, recovery strategies compared, and quarantines (the last 30 days without `since`). Needs the role viewer."""
        return cast("GetFaultToleranceAnswer", self._send("GET", "/api/fault-tolerance", query={"since": since, "until": until}))

    def get_fault_tolerance_report(self, *, since: str | None = None, until: str | None = None, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The same as one HTML file that needs nothing else, or with `format=pdf` as PDF. Needs the role viewer."""
        return cast("bytes", self._send("GET", "/api/fault-tolerance/report", query={"since": since, "until": until, "format": format}, answer="bytes"))

    def post_sql(self, body: PostSqlBody) -> PostSqlAnswer:
        """One read-only statement. Needs the role viewer."""
        return cast("PostSqlAnswer", self._send("POST", "/api/sql", body=body))

    def get_metrics(self, *, model: str | None = None) -> GetMetricsAnswer:
        """Metrics that were measured, that of the most series first. Needs the role viewer."""
        return cast("GetMetricsAnswer", self._send("GET", "/api/metrics", query={"model": model}))

    def get_metrics_catalogue(self) -> GetMetricsCatalogueAnswer:
        """The operators' rules: which way of a metric is better, and its unit, by name or pattern. Needs the role viewer."""
        return cast("GetMetricsCatalogueAnswer", self._send("GET", "/api/metrics/catalogue"))

    def put_metrics_catalogue(self, body: GetMetricsCatalogueAnswer) -> GetMetricsCatalogueAnswer:
        """Replace the rules; what is measured from then on follows them. Needs the role operator."""
        return cast("GetMetricsCatalogueAnswer", self._send("PUT", "/api/metrics/catalogue", body=body))

    def get_gates(self) -> GetGatesAnswer:
        """The server's gates by benchmark: what of a verdict makes a run fail, where its request does not say it. Needs the role viewer."""
        return cast("GetGatesAnswer", self._send("GET", "/api/gates"))

    def put_gate(self, benchmark: str, body: PutGateBody) -> GetGatesAnswerRulesItem:
        """Set the gate of a benchmark, or of all that a pattern with `*` fits; verdicts follow it from then on. Needs the role operator."""
        return cast("GetGatesAnswerRulesItem", self._send("PUT", f"/api/gates/{part(benchmark)}", body=body))

    def delete_gate(self, benchmark: str) -> None:
        """Remove the gate of a benchmark. Needs the role operator."""
        self._send("DELETE", f"/api/gates/{part(benchmark)}")

    def get_settings(self) -> GetSettingsAnswer:
        """Settings of the server: what applies, where each value comes from, and who changed it. Needs the role viewer."""
        return cast("GetSettingsAnswer", self._send("GET", "/api/settings"))

    def put_setting(self, name: str, body: PutSettingBody) -> GetSettingsAnswerSettingsItem:
        """Change a setting; services follow without a restart. Needs the role admin."""
        return cast("GetSettingsAnswerSettingsItem", self._send("PUT", f"/api/settings/{part(name)}", body=body))

    def delete_setting(self, name: str, *, revision: int | None = None) -> GetSettingsAnswerSettingsItem:
        """Reset a setting to the server variables. Needs the role admin."""
        return cast("GetSettingsAnswerSettingsItem", self._send("DELETE", f"/api/settings/{part(name)}", query={"revision": revision}))

    def get_series(self, *, search: str | None = None, series_kind: Literal["result", "phase", "memory", "energy"] | None = None, model: str | None = None, benchmark: str | None = None, metric: str | None = None, sort: Literal["last_at", "model", "metric", "series_kind", "batch_size", "last_value", "points", "benchmark", "precision", "executor", "pool"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetSeriesAnswer:
        """Series, sorted; `search` looks in benchmark, model and metric, `benchmark` is a name in which `*` stands for any text, `series_kind` is `result`, `phase`, `memory` or `energy`. Needs the role viewer."""
        return cast("GetSeriesAnswer", self._send("GET", "/api/series", query={"search": search, "series_kind": series_kind, "model": model, "benchmark": benchmark, "metric": metric, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    def get_series_values(self, *, id: list[str] | None = None, points: int | None = None) -> GetSeriesValuesAnswer:
        """The newest values of some series, each oldest first: enough for a small picture. Needs the role viewer."""
        return cast("GetSeriesValuesAnswer", self._send("GET", "/api/series-values", query={"id": id, "points": points}))

    def get_series_by_id(self, id: str) -> Series:
        """One series. Needs the role viewer."""
        return cast("Series", self._send("GET", f"/api/series/{part(id)}"))

    def get_series_points(self, id: str, *, since: str | None = None, until: str | None = None, limit: int | None = None) -> GetBenchmarkResultsAnswer:
        """Its points, the oldest first; the newest ones of a part of its time with `since` and `until`. Needs the role viewer."""
        return cast("GetBenchmarkResultsAnswer", self._send("GET", f"/api/series/{part(id)}/points", query={"since": since, "until": until, "limit": limit}))

    def get_series_analysis(self, id: str, *, points: int | None = None) -> GetSeriesAnalysisAnswer:
        """Levels, trend, what a change must be to be seen. Needs the role viewer."""
        return cast("GetSeriesAnalysisAnswer", self._send("GET", f"/api/series/{part(id)}/analysis", query={"points": points}))

    def get_series_annotations(self, id: str) -> GetSeriesAnnotationsAnswer:
        """Notes and environment changes. Needs the role viewer."""
        return cast("GetSeriesAnnotationsAnswer", self._send("GET", f"/api/series/{part(id)}/annotations"))

    def post_series_annotations(self, id: str, body: PostSeriesAnnotationsBody) -> PostSeriesAnnotationsAnswer:
        """Note something. Needs the role submitter."""
        return cast("PostSeriesAnnotationsAnswer", self._send("POST", f"/api/series/{part(id)}/annotations", body=body))

    def get_compare(self, *, run: list[str] | None = None, commit: list[str] | None = None, model: list[str] | None = None, hardware: list[str] | None = None, batch_size: list[str] | None = None, series: list[str] | None = None, period: list[str] | None = None, benchmark: str | None = None, precision: str | None = None, metric: str | None = None) -> GetCompareAnswer:
        """Runs, commits, models, hardware, batch sizes, series or periods side by side: repeat the one to compare. Needs the role viewer."""
        return cast("GetCompareAnswer", self._send("GET", "/api/compare", query={"run": run, "commit": commit, "model": model, "hardware": hardware, "batch_size": batch_size, "series": series, "period": period, "benchmark": benchmark, "precision": precision, "metric": metric}))

    def get_analytics(self, *, metric: list[str] | None = None, model: list[str] | None = None, hardware: list[str] | None = None, benchmark: str | None = None, precision: str | None = None, branch: str | None = None, period: str | None = None, baseline: str | None = None, normalise_to: str | None = None) -> GetAnalyticsAnswer:
        """A period (the last 30 days) compared with a baseline (as long before it): a stretch of time or a release. Needs the role viewer."""
        return cast("GetAnalyticsAnswer", self._send("GET", "/api/analytics", query={"metric": metric, "model": model, "hardware": hardware, "benchmark": benchmark, "precision": precision, "branch": branch, "period": period, "baseline": baseline, "normalise_to": normalise_to}))

    def get_analytics_report(self, *, metric: list[str] | None = None, model: list[str] | None = None, hardware: list[str] | None = None, benchmark: str | None = None, precision: str | None = None, branch: str | None = None, period: str | None = None, baseline: str | None = None, normalise_to: str | None = None, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The same as one HTML file that needs nothing else, or with `format=pdf` as PDF. Needs the role viewer."""
        return cast("bytes", self._send("GET", "/api/analytics/report", query={"metric": metric, "model": model, "hardware": hardware, "benchmark": benchmark, "precision": precision, "branch": branch, "period": period, "baseline": baseline, "normalise_to": normalise_to, "format": format}, answer="bytes"))

    def get_findings(self, *, run_id: str | None = None, kind: Literal["regression", "improvement", "change", "drift", "outlier", "failures", "unusual"] | None = None, states: list[Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]] | None = None, series_id: str | None = None, incident_id: str | None = None, search: str | None = None, benchmark: str | None = None, model: str | None = None, commit: str | None = None, branch: str | None = None, author: str | None = None, archived: Literal["", "hide", "include", "only"] | None = None, since: str | None = None, until: str | None = None, sort: Literal["detected_at", "change", "series", "kind", "state", "pool"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunFindingsAnswer:
        """Findings, sorted; the newest first unless said otherwise. Needs the role viewer."""
        return cast("GetRunFindingsAnswer", self._send("GET", "/api/findings", query={"run_id": run_id, "kind": kind, "states": states, "series_id": series_id, "incident_id": incident_id, "search": search, "benchmark": benchmark, "model": model, "commit": commit, "branch": branch, "author": author, "archived": archived, "since": since, "until": until, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    def get_finding(self, id: str) -> FindingRecord:
        """One finding with the numbers behind it. Needs the role viewer."""
        return cast("FindingRecord", self._send("GET", f"/api/findings/{part(id)}"))

    def post_finding_acknowledge(self, id: str, body: PostFindingAcknowledgeBody | None = None) -> PostFindingAcknowledgeAnswer:
        """It is right, and somebody looks after it. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", self._send("POST", f"/api/findings/{part(id)}/acknowledge", body=body))

    def post_finding_dismiss(self, id: str, body: PostFindingDismissBody | None = None) -> PostFindingAcknowledgeAnswer:
        """Dismiss it as a false alarm, with a reason: the detector learns from it. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", self._send("POST", f"/api/findings/{part(id)}/dismiss", body=body))

    def post_finding_reopen(self, id: str, body: PostFindingAcknowledgeBody | None = None) -> PostFindingAcknowledgeAnswer:
        """Back to confirmed. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", self._send("POST", f"/api/findings/{part(id)}/reopen", body=body))

    def post_finding_link(self, id: str, body: PostFindingLinkBody | None = None) -> PostFindingAcknowledgeAnswer:
        """Where it is followed up. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", self._send("POST", f"/api/findings/{part(id)}/link", body=body))

    def post_decisions(self, body: PostDecisionsBody) -> PostDecisionsAnswer:
        """Acknowledge, dismiss or reopen many; those that are refused are left as they are, with the reason. Needs the role submitter."""
        return cast("PostDecisionsAnswer", self._send("POST", "/api/decisions", body=body))

    def get_incidents(self, *, only_open: bool | None = None, limit: int | None = None) -> GetIncidentsAnswer:
        """Findings of one cause, together. Needs the role viewer."""
        return cast("GetIncidentsAnswer", self._send("GET", "/api/incidents", query={"only_open": only_open, "limit": limit}))

    def get_incident(self, id: str) -> GetIncidentsAnswerItemsItem:
        """One incident. Needs the role viewer."""
        return cast("GetIncidentsAnswerItemsItem", self._send("GET", f"/api/incidents/{part(id)}"))

    def get_precision(self, *, limit: int | None = None) -> GetPrecisionAnswer:
        """How often findings were right. Needs the role viewer."""
        return cast("GetPrecisionAnswer", self._send("GET", "/api/precision", query={"limit": limit}))

    def get_notifications_rules(self) -> GetNotificationsRulesAnswer:
        """Who gets findings and faults of the fleet: the rules as they were written. Needs the role viewer."""
        return cast("GetNotificationsRulesAnswer", self._send("GET", "/api/notifications/rules"))

    def put_notifications_rules(self, body: PutNotificationsRulesBody) -> GetNotificationsRulesAnswer:
        """Put rules in the place of those that apply (docs/notifications.md); wrong ones change nothing. Needs the role admin."""
        return cast("GetNotificationsRulesAnswer", self._send("PUT", "/api/notifications/rules", body=body))

    def get_notifications_messages(self, *, limit: int | None = None) -> GetNotificationsMessagesAnswer:
        """What was sent, newest first, and what could not be. Needs the role viewer."""
        return cast("GetNotificationsMessagesAnswer", self._send("GET", "/api/notifications/messages", query={"limit": limit}))

    def post_notifications_message_resend(self, message_id: str) -> PostNotificationsMessageResendAnswer:
        """Send a message again. Needs the role operator."""
        return cast("PostNotificationsMessageResendAnswer", self._send("POST", f"/api/notifications/messages/{part(message_id)}/resend"))

    def post_notifications_receiver_test(self, receiver: str) -> PostNotificationsMessageResendAnswer:
        """Send a test message to a receiver. Needs the role operator."""
        return cast("PostNotificationsMessageResendAnswer", self._send("POST", f"/api/notifications/receivers/{part(receiver)}/test"))

    def get_notifications_silences(self) -> GetNotificationsSilencesAnswer:
        """What keeps alerts back, and until when. Needs the role viewer."""
        return cast("GetNotificationsSilencesAnswer", self._send("GET", "/api/notifications/silences"))

    def post_notifications_silences(self, body: PostNotificationsSilencesBody) -> GetNotificationsSilencesAnswerItemsItem:
        """Keep alerts back for a time. Needs the role operator."""
        return cast("GetNotificationsSilencesAnswerItemsItem", self._send("POST", "/api/notifications/silences", body=body))

    def delete_notifications_silence(self, silence_id: str) -> None:
        """End a silence now. Needs the role operator."""
        self._send("DELETE", f"/api/notifications/silences/{part(silence_id)}")

    def get_workers(self, *, limit: int | None = None) -> GetWorkersAnswer:
        """Workers with their last heartbeat. Needs the role viewer."""
        return cast("GetWorkersAnswer", self._send("GET", "/api/workers", query={"limit": limit}))

    def get_worker(self, id: str) -> Worker:
        """One worker. Needs the role viewer."""
        return cast("Worker", self._send("GET", f"/api/workers/{part(id)}"))

    def post_worker_drain(self, id: str, body: PostRunAcceptBody | None = None) -> PostWorkerDrainAnswer:
        """It takes no tasks until it is resumed or restarted. Needs the role operator."""
        return cast("PostWorkerDrainAnswer", self._send("POST", f"/api/workers/{part(id)}/drain", body=body))

    def post_worker_quarantine(self, id: str, body: PostRunAcceptBody | None = None) -> PostWorkerDrainAnswer:
        """It takes no tasks, also after a restart. Needs the role operator."""
        return cast("PostWorkerDrainAnswer", self._send("POST", f"/api/workers/{part(id)}/quarantine", body=body))

    def post_worker_resume(self, id: str, body: PostRunAcceptBody | None = None) -> PostWorkerDrainAnswer:
        """It takes tasks again. Needs the role operator."""
        return cast("PostWorkerDrainAnswer", self._send("POST", f"/api/workers/{part(id)}/resume", body=body))

    def get_pools(self) -> GetPoolsAnswer:
        """What the scheduler said last: pools and what waits. Needs the role viewer."""
        return cast("GetPoolsAnswer", self._send("GET", "/api/pools"))

    def get_cluster(self) -> GetClusterAnswer:
        """Every service that answers, and the NATS server. Needs the role viewer."""
        return cast("GetClusterAnswer", self._send("GET", "/api/cluster"))

    def get_names(self) -> GetNamesAnswer:
        """Names and notes that people gave to workers and pools. Needs the role viewer."""
        return cast("GetNamesAnswer", self._send("GET", "/api/names"))

    def put_name(self, kind: str, id: str, body: PutNameBody) -> GetNamesAnswerItemsItem:
        """Give a worker or a pool a name and a note; without either it is called by its id again. Needs the role operator."""
        return cast("GetNamesAnswerItemsItem", self._send("PUT", f"/api/names/{part(kind)}/{part(id)}", body=body))

    def get_events(self, *, run_id: str | None = None, task_id: str | None = None, entity: Literal["run", "task", "worker", "pool", "service", "series", "gate", "setting", "access", "model"] | None = None, worker_id: str | None = None, pool: str | None = None, since: str | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunEventsAnswer:
        """What happened, the newest first. Needs the role viewer."""
        return cast("GetRunEventsAnswer", self._send("GET", "/api/events", query={"run_id": run_id, "task_id": task_id, "entity": entity, "worker_id": worker_id, "pool": pool, "since": since, "limit": limit, "cursor": cursor}))

    def get_rejected(self, *, limit: int | None = None, cursor: str | None = None) -> GetRejectedAnswer:
        """Messages that could not be read, with why. Needs the role viewer."""
        return cast("GetRejectedAnswer", self._send("GET", "/api/rejected", query={"limit": limit, "cursor": cursor}))

    def post_rejected_replay(self, id: str) -> PostRejectedReplayAnswer:
        """Send it once more to where it came from. Needs the role operator."""
        return cast("PostRejectedReplayAnswer", self._send("POST", f"/api/rejected/{part(id)}/replay"))

    def get_audit(self, *, subject: str | None = None, method: Literal["POST", "PUT", "DELETE"] | None = None, path: str | None = None, since: str | None = None, until: str | None = None, limit: int | None = None, cursor: str | None = None) -> GetAuditAnswer:
        """Who changed what through the gateway, the newest first. Needs the role viewer."""
        return cast("GetAuditAnswer", self._send("GET", "/api/audit", query={"subject": subject, "method": method, "path": path, "since": since, "until": until, "limit": limit, "cursor": cursor}))

    def get_saved(self, kind: str) -> GetSavedAnswer:
        """Saved layouts, queries or filters of lists, without their values. Needs the role viewer."""
        return cast("GetSavedAnswer", self._send("GET", f"/api/saved/{part(kind)}"))

    def get_saved_by_name(self, kind: str, name: str) -> GetSavedByNameAnswer:
        """One of them. Needs the role viewer."""
        return cast("GetSavedByNameAnswer", self._send("GET", f"/api/saved/{part(kind)}/{part(name)}"))

    def put_saved(self, kind: str, name: str, body: dict[str, Any], *, revision: int | None = None) -> GetSavedByNameAnswer:
        """Save one; the body is kept as it is. With `revision` only over that one (0: only where there is none), else 409 SAVED_CHANGED. Needs the role submitter."""
        return cast("GetSavedByNameAnswer", self._send("PUT", f"/api/saved/{part(kind)}/{part(name)}", query={"revision": revision}, body=body))

    def delete_saved(self, kind: str, name: str) -> None:
        """Take one away. Needs the role submitter."""
        self._send("DELETE", f"/api/saved/{part(kind)}/{part(name)}")

    def get_snapshots(self) -> GetSnapshotsAnswer:
        """Snapshots, the newest first. Needs the role viewer."""
        return cast("GetSnapshotsAnswer", self._send("GET", "/api/snapshots"))

    def post_snapshots(self, body: PostSnapshotsBody) -> GetSnapshotsAnswerItemsItem:
        """Store a snapshot of a page, or import the file of one; 200 where the same is there, 422 where an answer in it is none of its route. Needs the role submitter."""
        return cast("GetSnapshotsAnswerItemsItem", self._send("POST", "/api/snapshots", body=body))

    def get_snapshot(self, id: str) -> GetSnapshotAnswer:
        """One snapshot with its data; this is also its file. Needs the role viewer."""
        return cast("GetSnapshotAnswer", self._send("GET", f"/api/snapshots/{part(id)}"))

    def put_snapshot(self, id: str, body: PutSnapshotBody) -> GetSnapshotsAnswerItemsItem:
        """Pin it, so that it does not expire, or let it expire after 90 days. Needs the role submitter."""
        return cast("GetSnapshotsAnswerItemsItem", self._send("PUT", f"/api/snapshots/{part(id)}", body=body))

    def delete_snapshot(self, id: str) -> None:
        """Delete it. Needs the role submitter."""
        self._send("DELETE", f"/api/snapshots/{part(id)}")

    def get_keys(self) -> GetKeysAnswer:
        """API keys, without their secrets. Needs the role admin."""
        return cast("GetKeysAnswer", self._send("GET", "/api/keys"))

    def post_keys(self, body: PostKeysBody) -> PostKeysAnswer:
        """Make an API key; it is shown once. Needs the role admin."""
        return cast("PostKeysAnswer", self._send("POST", "/api/keys", body=body))

    def delete_key(self, id: str) -> None:
        """Revoke an API key. Needs the role admin."""
        self._send("DELETE", f"/api/keys/{part(id)}")


class AsyncOperations(AsyncSender):
    """Every route of the API, to be awaited."""

    async def get_sign_in(self) -> GetSignInAnswer:
        """Ways to sign in beside an API key: the OpenID Connect provider, and why it cannot be used now. Needs no key."""
        return cast("GetSignInAnswer", await self._send("GET", "/api/sign-in"))

    async def get_session(self) -> GetSessionAnswer:
        """Who is signed in. Needs the role viewer."""
        return cast("GetSessionAnswer", await self._send("GET", "/api/session"))

    async def post_session(self, body: PostSessionBody | PostSessionBody2) -> GetSessionAnswer:
        """Sign in: a key, or a link's token, for a cookie. Needs no key."""
        return cast("GetSessionAnswer", await self._send("POST", "/api/session", body=body))

    async def delete_session(self) -> None:
        """Sign out. Needs the role viewer."""
        await self._send("DELETE", "/api/session")

    async def post_tickets(self) -> PostTicketsAnswer:
        """A ticket that opens one WebSocket within 30 s: `?ticket=` in its address, where no header can be sent. Needs the role viewer."""
        return cast("PostTicketsAnswer", await self._send("POST", "/api/tickets"))

    async def get_overview(self, *, since: str | None = None) -> GetOverviewAnswer:
        """Open regressions, failing runs, and what changed since a time (the last 24 hours without one). Needs the role viewer."""
        return cast("GetOverviewAnswer", await self._send("GET", "/api/overview", query={"since": since}))

    async def get_digest(self, *, since: str | None = None) -> GetDigestAnswer:
        """Regressions that were found or settled since a time (the last 7 days without one), with their changes, the greatest first. Needs the role viewer."""
        return cast("GetDigestAnswer", await self._send("GET", "/api/digest", query={"since": since}))

    async def get_digest_report(self, *, since: str | None = None, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The same as one HTML file that needs nothing else, or with `format=pdf` as PDF. Needs the role viewer."""
        return cast("bytes", await self._send("GET", "/api/digest/report", query={"since": since, "format": format}, answer="bytes"))

    async def get_digest_markdown(self, *, since: str | None = None) -> str:
        """The same as Markdown. Needs the role viewer."""
        return cast("str", await self._send("GET", "/api/digest/markdown", query={"since": since}, answer="text"))

    async def post_benchmark_run(self, body: Any | None = None, *, dry_run: bool | None = None) -> Submitted | PostBenchmarkRunAnswer2:
        """Start benchmarks: every model on every hardware, or a full request. Needs the role submitter."""
        return cast("Submitted | PostBenchmarkRunAnswer2", await self._send("POST", "/api/benchmark/run", query={"dry_run": dry_run}, body=body))

    async def get_benchmark_status(self, run_id: str) -> GetBenchmarkStatusAnswer:
        """How far a run is. Needs the role viewer."""
        return cast("GetBenchmarkStatusAnswer", await self._send("GET", f"/api/benchmark/status/{part(run_id)}"))

    async def get_benchmark_results(self, run_id: str, *, limit: int | None = None, cursor: str | None = None) -> GetBenchmarkResultsAnswer:
        """What a run measured. Needs the role viewer."""
        return cast("GetBenchmarkResultsAnswer", await self._send("GET", f"/api/benchmark/results/{part(run_id)}", query={"limit": limit, "cursor": cursor}))

    async def get_benchmark_outcomes(self, run_id: str, *, limit: int | None = None, cursor: str | None = None) -> GetBenchmarkOutcomesAnswer:
        """The whole result document of each task of a run. Needs the role viewer."""
        return cast("GetBenchmarkOutcomesAnswer", await self._send("GET", f"/api/benchmark/outcomes/{part(run_id)}", query={"limit": limit, "cursor": cursor}))

    async def get_benchmark_models(self, *, family: list[str] | None = None, task: list[str] | None = None, modality: list[Literal["text", "image", "video", "audio", "time"]] | None = None, priority: list[Literal["high", "medium", "low"]] | None = None, status: list[Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"]] | None = None, search: str | None = None) -> GetBenchmarkModelsAnswer:
        """Models that can be benchmarked by name, and models that were; `family`, `task`, `modality`, `priority`, `status` and `search` filter. Needs the role viewer."""
        return cast("GetBenchmarkModelsAnswer", await self._send("GET", "/api/benchmark/models", query={"family": family, "task": task, "modality": modality, "priority": priority, "status": status, "search": search}))

    async def get_benchmark_hardware(self) -> GetBenchmarkHardwareAnswer:
        """Hardware that takes tasks now. Needs the role viewer."""
        return cast("GetBenchmarkHardwareAnswer", await self._send("GET", "/api/benchmark/hardware"))

    async def get_benchmark_reports(self, *, limit: int | None = None) -> GetBenchmarkReportsAnswer:
        """Reports of finished runs, the newest first. Needs the role viewer."""
        return cast("GetBenchmarkReportsAnswer", await self._send("GET", "/api/benchmark/reports", query={"limit": limit}))

    async def get_benchmark_query(self, *, metric: str | None = None, model: str | None = None, hardware: str | None = None) -> GetBenchmarkQueryAnswer:
        """Newest values by metric, model and hardware. Needs the role viewer."""
        return cast("GetBenchmarkQueryAnswer", await self._send("GET", "/api/benchmark/query", query={"metric": metric, "model": model, "hardware": hardware}))

    async def get_models_coverage(self, *, model: str | None = None, executor: Literal["torch", "onnx"] | None = None, stage: Literal["untested", "none", "config", "model", "forward", "export", "onnxruntime", "equal"] | None = None) -> GetModelsCoverageAnswer:
        """How far each executor came with each model type in the newest coverage run, and before it with other packages. Needs the role viewer."""
        return cast("GetModelsCoverageAnswer", await self._send("GET", "/api/models/coverage", query={"model": model, "executor": executor, "stage": stage}))

    async def get_models_compatibility(self, *, search: str | None = None, family: list[str] | None = None, priority: list[Literal["high", "medium", "low"]] | None = None, hardware: list[Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]] | None = None, executor: list[str] | None = None, precision: list[str] | None = None, state: list[Literal["works", "fails", "untested"]] | None = None) -> GetModelsCompatibilityAnswer:
        """Models by hardware, executor and precision: works with which numbers, or fails with which reason; `state=untested` lists what nobody tried. Needs the role viewer."""
        return cast("GetModelsCompatibilityAnswer", await self._send("GET", "/api/models/compatibility", query={"search": search, "family": family, "priority": priority, "hardware": hardware, "executor": executor, "precision": precision, "state": state}))

    async def get_models_compatibility_csv(self, *, search: str | None = None, family: list[str] | None = None, priority: list[Literal["high", "medium", "low"]] | None = None, hardware: list[Literal["cpu", "cuda", "rocm", "mps", "openvino", "qnn", "directml", "tpu", "npu", "wasm", "webgpu", "webnn"]] | None = None, executor: list[str] | None = None, precision: list[str] | None = None, state: list[Literal["works", "fails", "untested"]] | None = None) -> str:
        """The same as CSV. Needs the role viewer."""
        return cast("str", await self._send("GET", "/api/models/compatibility/csv", query={"search": search, "family": family, "priority": priority, "hardware": hardware, "executor": executor, "precision": precision, "state": state}, answer="text"))

    async def get_runs(self, *, status: Literal["", "open", "accepted", "finished", "running", "cancelling", "completed", "partly_failed", "failed", "cancelled"] | None = None, state: Literal["", "open", "accepted", "finished", "running", "cancelling", "completed", "partly_failed", "failed", "cancelled"] | None = None, verdict: Literal["", "pass", "warn", "fail"] | None = None, search: str | None = None, tag: str | None = None, commit: str | None = None, branch: str | None = None, since: str | None = None, until: str | None = None, archived: Literal["", "hide", "include", "only"] | None = None, sort: Literal["accepted_at", "name", "status", "not_completed", "duration_seconds", "source"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunsAnswer:
        """Runs, sorted; the newest first unless said otherwise. Needs the role viewer."""
        return cast("GetRunsAnswer", await self._send("GET", "/api/runs", query={"status": status, "state": state, "verdict": verdict, "search": search, "tag": tag, "commit": commit, "branch": branch, "since": since, "until": until, "archived": archived, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    async def post_runs(self, body: Any | None = None, *, dry_run: bool | None = None) -> Submitted | PostRunsAnswer2:
        """Start a run: a request or a single task as JSON, or YAML as application/yaml. Needs the role submitter."""
        return cast("Submitted | PostRunsAnswer2", await self._send("POST", "/api/runs", query={"dry_run": dry_run}, body=body))

    async def get_run(self, run_id: str) -> Run:
        """One run with its counts. Needs the role viewer."""
        return cast("Run", await self._send("GET", f"/api/runs/{part(run_id)}"))

    async def get_run_verdict(self, run_id: str, *, base_run_id: str | None = None) -> Verdict:
        """Is it slower than its base: each metric with its change, interval and baseline, and what the gate makes of them. Needs the role viewer."""
        return cast("Verdict", await self._send("GET", f"/api/runs/{part(run_id)}/verdict", query={"base_run_id": base_run_id}))

    async def post_run_accept(self, run_id: str, body: PostRunAcceptBody | None = None) -> PostRunAcceptAnswer:
        """Accept what it made slower: from its commit on that is the level that others are compared with. Needs the role submitter."""
        return cast("PostRunAcceptAnswer", await self._send("POST", f"/api/runs/{part(run_id)}/accept", body=body))

    async def get_run_request(self, run_id: str) -> GetRunRequestAnswer:
        """The request that it was started with. Needs the role viewer."""
        return cast("GetRunRequestAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/request"))

    async def get_run_tasks(self, run_id: str, *, state: Literal["waiting", "running", "completed", "failed", "timed_out", "cancelled", "lost"] | None = None, search: str | None = None, sort: Literal["task_id", "state", "started_at", "execution_time_seconds", "model", "worker_id", "reason"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunTasksAnswer:
        """Its tasks, sorted; by id unless said otherwise. Needs the role viewer."""
        return cast("GetRunTasksAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/tasks", query={"state": state, "search": search, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    async def get_run_results(self, run_id: str, *, limit: int | None = None, cursor: str | None = None) -> GetBenchmarkResultsAnswer:
        """What it measured, by task id. Needs the role viewer."""
        return cast("GetBenchmarkResultsAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/results", query={"limit": limit, "cursor": cursor}))

    async def get_run_events(self, run_id: str, *, task_id: str | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunEventsAnswer:
        """What happened in it, the newest first. Needs the role viewer."""
        return cast("GetRunEventsAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/events", query={"task_id": task_id, "limit": limit, "cursor": cursor}))

    async def get_run_findings(self, run_id: str, *, limit: int | None = None) -> GetRunFindingsAnswer:
        """Findings that it brought. Needs the role viewer."""
        return cast("GetRunFindingsAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/findings", query={"limit": limit}))

    async def get_run_report(self, run_id: str, *, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The whole run as one HTML file that needs nothing else; with `format=pdf` as PDF, 409 NO_PDF where no browser can print it. Needs the role viewer."""
        return cast("bytes", await self._send("GET", f"/api/runs/{part(run_id)}/report", query={"format": format}, answer="bytes"))

    async def post_run_cancel(self, run_id: str, body: PostRunCancelBody | None = None) -> PostRunCancelAnswer:
        """Cancel a run. Needs the role submitter."""
        return cast("PostRunCancelAnswer", await self._send("POST", f"/api/runs/{part(run_id)}/cancel", body=body))

    async def post_archived_runs(self, body: PostArchivedRunsBody) -> PostArchivedRunsAnswer:
        """Take finished runs out of the lists, the overview and the findings; those that are refused are left as they are, with the reason. Needs the role operator."""
        return cast("PostArchivedRunsAnswer", await self._send("POST", "/api/archived-runs", body=body))

    async def post_restored_runs(self, body: PostArchivedRunsBody) -> PostArchivedRunsAnswer:
        """Bring archived runs back into the lists. Needs the role operator."""
        return cast("PostArchivedRunsAnswer", await self._send("POST", "/api/restored-runs", body=body))

    async def post_deleted_runs(self, body: PostArchivedRunsBody) -> PostArchivedRunsAnswer:
        """Delete finished runs for good, with their tasks, outcomes, results and samples; a run that goes on is refused: cancel it first. Needs the role admin."""
        return cast("PostArchivedRunsAnswer", await self._send("POST", "/api/deleted-runs", body=body))

    async def post_run_repeat(self, run_id: str, *, files: Literal["", "as_they_are"] | None = None) -> Submitted:
        """Run it again, as it was written; 409 FILES_DIFFER where a worker has other files than it measured, unless `files=as_they_are`. Needs the role submitter."""
        return cast("Submitted", await self._send("POST", f"/api/runs/{part(run_id)}/repeat", query={"files": files}))

    async def get_file(self, sha256: str) -> GetFileAnswer:
        """Whether the stack has a file of requests, and when one named it last. Needs the role submitter."""
        return cast("GetFileAnswer", await self._send("GET", f"/api/files/{part(sha256)}"))

    async def put_file(self, sha256: str, body: bytes) -> PutFileAnswer:
        """Upload a file that a request names then: its bytes as application/octet-stream, 200 where it was there. Needs the role submitter."""
        return cast("PutFileAnswer", await self._send("PUT", f"/api/files/{part(sha256)}", content=body))

    async def post_import(self, body: bytes, *, format: str | None = None, file: str | None = None, name: str | None = None, device: str | None = None, commit: str | None = None, branch: str | None = None, repo: str | None = None, base: str | None = None, time: str | None = None, tags: str | None = None, name_column: str | None = None, value_column: str | None = None, unit_column: str | None = None, metric: str | None = None, unit: str | None = None, better: Literal["lower", "higher"] | None = None) -> PostImportAnswer:
        """Import a benchmark tool's output: its bytes as application/octet-stream. The same content again starts nothing new. Needs the role submitter."""
        return cast("PostImportAnswer", await self._send("POST", "/api/import", query={"format": format, "file": file, "name": name, "device": device, "commit": commit, "branch": branch, "repo": repo, "base": base, "time": time, "tags": tags, "name_column": name_column, "value_column": value_column, "unit_column": unit_column, "metric": metric, "unit": unit, "better": better}, content=body))

    async def post_tasks(self, body: PostTasksBody) -> Submitted:
        """Start a single task, as a run of its own. Needs the role submitter."""
        return cast("Submitted", await self._send("POST", "/api/tasks", body=body))

    async def get_task(self, run_id: str, task_id: str) -> Task:
        """One task. Needs the role viewer."""
        return cast("Task", await self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}"))

    async def get_task_attempts(self, run_id: str, task_id: str) -> GetTaskAttemptsAnswer:
        """Its attempts with their logs. Needs the role viewer."""
        return cast("GetTaskAttemptsAnswer", await self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/attempts"))

    async def get_task_log(self, run_id: str, task_id: str, *, attempt: int | None = None, after: int | None = None) -> GetTaskLogAnswer:
        """What an attempt that runs has printed behind the first `after` bytes; ask again with `next` while `is_live`. Needs the role viewer."""
        return cast("GetTaskLogAnswer", await self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/log", query={"attempt": attempt, "after": after}))

    async def get_task_outcome(self, run_id: str, task_id: str, *, attempt: int | None = None) -> Outcome:
        """Its whole result document: what was measured, on what, with what environment and logs. Needs the role viewer."""
        return cast("Outcome", await self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/outcome", query={"attempt": attempt}))

    async def get_task_why(self, run_id: str, task_id: str) -> GetTaskWhyAnswer:
        """Why it waits. Needs the role viewer."""
        return cast("GetTaskWhyAnswer", await self._send("GET", f"/api/tasks/{part(run_id)}/{part(task_id)}/why"))

    async def post_task_cancel(self, run_id: str, task_id: str, body: PostRunCancelBody | None = None) -> PostTaskCancelAnswer:
        """Cancel this one task; the others of its run go on. Needs the role submitter."""
        return cast("PostTaskCancelAnswer", await self._send("POST", f"/api/tasks/{part(run_id)}/{part(task_id)}/cancel", body=body))

    async def post_task_retry(self, run_id: str, task_id: str) -> Submitted:
        """Run this one task again, as a run of its own. Needs the role submitter."""
        return cast("Submitted", await self._send("POST", f"/api/tasks/{part(run_id)}/{part(task_id)}/retry"))

    async def get_tests(self, *, benchmark: str | None = None, search: str | None = None, only: list[Literal["flaky", "failing"]] | None = None, executions: int | None = None, sort: Literal["last_state", "test", "benchmark", "failures", "flakiness", "seconds", "last_at"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetTestsAnswer:
        """Test cases with how often they failed lately and how flaky they are; those that fail now first unless sorted otherwise. Needs the role viewer."""
        return cast("GetTestsAnswer", await self._send("GET", "/api/tests", query={"benchmark": benchmark, "search": search, "only": only, "executions": executions, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    async def get_test(self, case_id: str, *, executions: int | None = None, limit: int | None = None) -> GetTestAnswer:
        """One test case: its reliability, and its executions, the newest first. Needs the role viewer."""
        return cast("GetTestAnswer", await self._send("GET", f"/api/tests/{part(case_id)}", query={"executions": executions, "limit": limit}))

    async def get_run_tests(self, run_id: str, *, task_id: str | None = None, state: list[Literal["passed", "failed", "error", "skipped"]] | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunTestsAnswer:
        """Test cases of a run, those that failed first in each task. Needs the role viewer."""
        return cast("GetRunTestsAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/tests", query={"task_id": task_id, "state": state, "limit": limit, "cursor": cursor}))

    async def get_run_metrics(self, run_id: str, *, task_id: str | None = None, metric: str | None = None, max_points: int | None = None) -> GetRunMetricsAnswer:
        """Raw points, thinned where there are many. Needs the role viewer."""
        return cast("GetRunMetricsAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/metrics", query={"task_id": task_id, "metric": metric, "max_points": max_points}))

    async def get_run_distributions(self, run_id: str, *, task_id: str | None = None, metric: str | None = None) -> GetRunDistributionsAnswer:
        """How raw points are distributed. Needs the role viewer."""
        return cast("GetRunDistributionsAnswer", await self._send("GET", f"/api/runs/{part(run_id)}/distributions", query={"task_id": task_id, "metric": metric}))

    async def get_matrix(self, *, metric: str | None = None, model: str | None = None, hardware: str | None = None) -> GetMatrixAnswer:
        """The newest value of each model on each pool; `truncated` where there are more than 10,000. Needs the role viewer."""
        return cast("GetMatrixAnswer", await self._send("GET", "/api/matrix", query={"metric": metric, "model": model, "hardware": hardware}))

    async def get_matrix_history(self, *, metric: str | None = None) -> GetMatrixHistoryAnswer:
        """The newest 30 points of each series of a metric, oldest first; `truncated` where not all series fit. Needs the role viewer."""
        return cast("GetMatrixHistoryAnswer", await self._send("GET", "/api/matrix/history", query={"metric": metric}))

    async def get_throughput(self, *, minutes: int | None = None) -> GetThroughputAnswer:
        """Tasks that ended, by time and how. Needs the role viewer."""
        return cast("GetThroughputAnswer", await self._send("GET", "/api/throughput", query={"minutes": minutes}))

    async def get_failures(self, *, minutes: int | None = None) -> GetFailuresAnswer:
        """Failed attempts by pool and class of error. Needs the role viewer."""
        return cast("GetFailuresAnswer", await self._send("GET", "/api/failures", query={"minutes": minutes}))

    async def get_recovery(self, *, minutes: int | None = None) -> GetRecoveryAnswer:
        """Where failed tasks were tried again, and whether it helped. Needs the role viewer."""
        return cast("GetRecoveryAnswer", await self._send("GET", "/api/recovery", query={"minutes": minutes}))

    async def get_fault_tolerance(self, *, since: str | None = None, until: str | None = None) -> GetFaultToleranceAnswer:
        """Failures by class and pool over time, recovery strategies compared, and quarantines (the last 30 days without `since`). Needs the role viewer."""
        return cast("GetFaultToleranceAnswer", await self._send("GET", "/api/fault-tolerance", query={"since": since, "until": until}))

    async def get_fault_tolerance_report(self, *, since: str | None = None, until: str | None = None, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The same as one HTML file that needs nothing else, or with `format=pdf` as PDF. Needs the role viewer."""
        return cast("bytes", await self._send("GET", "/api/fault-tolerance/report", query={"since": since, "until": until, "format": format}, answer="bytes"))

    async def post_sql(self, body: PostSqlBody) -> PostSqlAnswer:
        """One read-only statement. Needs the role viewer."""
        return cast("PostSqlAnswer", await self._send("POST", "/api/sql", body=body))

    async def get_metrics(self, *, model: str | None = None) -> GetMetricsAnswer:
        """Metrics that were measured, that of the most series first. Needs the role viewer."""
        return cast("GetMetricsAnswer", await self._send("GET", "/api/metrics", query={"model": model}))

    async def get_metrics_catalogue(self) -> GetMetricsCatalogueAnswer:
        """The operators' rules: which way of a metric is better, and its unit, by name or pattern. Needs the role viewer."""
        return cast("GetMetricsCatalogueAnswer", await self._send("GET", "/api/metrics/catalogue"))

    async def put_metrics_catalogue(self, body: GetMetricsCatalogueAnswer) -> GetMetricsCatalogueAnswer:
        """Replace the rules; what is measured from then on follows them. Needs the role operator."""
        return cast("GetMetricsCatalogueAnswer", await self._send("PUT", "/api/metrics/catalogue", body=body))

    async def get_gates(self) -> GetGatesAnswer:
        """The server's gates by benchmark: what of a verdict makes a run fail, where its request does not say it. Needs the role viewer."""
        return cast("GetGatesAnswer", await self._send("GET", "/api/gates"))

    async def put_gate(self, benchmark: str, body: PutGateBody) -> GetGatesAnswerRulesItem:
        """Set the gate of a benchmark, or of all that a pattern with `*` fits; verdicts follow it from then on. Needs the role operator."""
        return cast("GetGatesAnswerRulesItem", await self._send("PUT", f"/api/gates/{part(benchmark)}", body=body))

    async def delete_gate(self, benchmark: str) -> None:
        """Remove the gate of a benchmark. Needs the role operator."""
        await self._send("DELETE", f"/api/gates/{part(benchmark)}")

    async def get_settings(self) -> GetSettingsAnswer:
        """Settings of the server: what applies, where each value comes from, and who changed it. Needs the role viewer."""
        return cast("GetSettingsAnswer", await self._send("GET", "/api/settings"))

    async def put_setting(self, name: str, body: PutSettingBody) -> GetSettingsAnswerSettingsItem:
        """Change a setting; services follow without a restart. Needs the role admin."""
        return cast("GetSettingsAnswerSettingsItem", await self._send("PUT", f"/api/settings/{part(name)}", body=body))

    async def delete_setting(self, name: str, *, revision: int | None = None) -> GetSettingsAnswerSettingsItem:
        """Reset a setting to the server variables. Needs the role admin."""
        return cast("GetSettingsAnswerSettingsItem", await self._send("DELETE", f"/api/settings/{part(name)}", query={"revision": revision}))

    async def get_series(self, *, search: str | None = None, series_kind: Literal["result", "phase", "memory", "energy"] | None = None, model: str | None = None, benchmark: str | None = None, metric: str | None = None, sort: Literal["last_at", "model", "metric", "series_kind", "batch_size", "last_value", "points", "benchmark", "precision", "executor", "pool"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetSeriesAnswer:
        """Series, sorted; `search` looks in benchmark, model and metric, `benchmark` is a name in which `*` stands for any text, `series_kind` is `result`, `phase`, `memory` or `energy`. Needs the role viewer."""
        return cast("GetSeriesAnswer", await self._send("GET", "/api/series", query={"search": search, "series_kind": series_kind, "model": model, "benchmark": benchmark, "metric": metric, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    async def get_series_values(self, *, id: list[str] | None = None, points: int | None = None) -> GetSeriesValuesAnswer:
        """The newest values of some series, each oldest first: enough for a small picture. Needs the role viewer."""
        return cast("GetSeriesValuesAnswer", await self._send("GET", "/api/series-values", query={"id": id, "points": points}))

    async def get_series_by_id(self, id: str) -> Series:
        """One series. Needs the role viewer."""
        return cast("Series", await self._send("GET", f"/api/series/{part(id)}"))

    async def get_series_points(self, id: str, *, since: str | None = None, until: str | None = None, limit: int | None = None) -> GetBenchmarkResultsAnswer:
        """Its points, the oldest first; the newest ones of a part of its time with `since` and `until`. Needs the role viewer."""
        return cast("GetBenchmarkResultsAnswer", await self._send("GET", f"/api/series/{part(id)}/points", query={"since": since, "until": until, "limit": limit}))

    async def get_series_analysis(self, id: str, *, points: int | None = None) -> GetSeriesAnalysisAnswer:
        """Levels, trend, what a change must be to be seen. Needs the role viewer."""
        return cast("GetSeriesAnalysisAnswer", await self._send("GET", f"/api/series/{part(id)}/analysis", query={"points": points}))

    async def get_series_annotations(self, id: str) -> GetSeriesAnnotationsAnswer:
        """Notes and environment changes. Needs the role viewer."""
        return cast("GetSeriesAnnotationsAnswer", await self._send("GET", f"/api/series/{part(id)}/annotations"))

    async def post_series_annotations(self, id: str, body: PostSeriesAnnotationsBody) -> PostSeriesAnnotationsAnswer:
        """Note something. Needs the role submitter."""
        return cast("PostSeriesAnnotationsAnswer", await self._send("POST", f"/api/series/{part(id)}/annotations", body=body))

    async def get_compare(self, *, run: list[str] | None = None, commit: list[str] | None = None, model: list[str] | None = None, hardware: list[str] | None = None, batch_size: list[str] | None = None, series: list[str] | None = None, period: list[str] | None = None, benchmark: str | None = None, precision: str | None = None, metric: str | None = None) -> GetCompareAnswer:
        """Runs, commits, models, hardware, batch sizes, series or periods side by side: repeat the one to compare. Needs the role viewer."""
        return cast("GetCompareAnswer", await self._send("GET", "/api/compare", query={"run": run, "commit": commit, "model": model, "hardware": hardware, "batch_size": batch_size, "series": series, "period": period, "benchmark": benchmark, "precision": precision, "metric": metric}))

    async def get_analytics(self, *, metric: list[str] | None = None, model: list[str] | None = None, hardware: list[str] | None = None, benchmark: str | None = None, precision: str | None = None, branch: str | None = None, period: str | None = None, baseline: str | None = None, normalise_to: str | None = None) -> GetAnalyticsAnswer:
        """A period (the last 30 days) compared with a baseline (as long before it): a stretch of time or a release. Needs the role viewer."""
        return cast("GetAnalyticsAnswer", await self._send("GET", "/api/analytics", query={"metric": metric, "model": model, "hardware": hardware, "benchmark": benchmark, "precision": precision, "branch": branch, "period": period, "baseline": baseline, "normalise_to": normalise_to}))

    async def get_analytics_report(self, *, metric: list[str] | None = None, model: list[str] | None = None, hardware: list[str] | None = None, benchmark: str | None = None, precision: str | None = None, branch: str | None = None, period: str | None = None, baseline: str | None = None, normalise_to: str | None = None, format: Literal["html", "pdf"] | None = None) -> bytes:
        """The same as one HTML file that needs nothing else, or with `format=pdf` as PDF. Needs the role viewer."""
        return cast("bytes", await self._send("GET", "/api/analytics/report", query={"metric": metric, "model": model, "hardware": hardware, "benchmark": benchmark, "precision": precision, "branch": branch, "period": period, "baseline": baseline, "normalise_to": normalise_to, "format": format}, answer="bytes"))

    async def get_findings(self, *, run_id: str | None = None, kind: Literal["regression", "improvement", "change", "drift", "outlier", "failures", "unusual"] | None = None, states: list[Literal["suspected", "confirmed", "acknowledged", "dismissed", "went_away"]] | None = None, series_id: str | None = None, incident_id: str | None = None, search: str | None = None, benchmark: str | None = None, model: str | None = None, commit: str | None = None, branch: str | None = None, author: str | None = None, archived: Literal["", "hide", "include", "only"] | None = None, since: str | None = None, until: str | None = None, sort: Literal["detected_at", "change", "series", "kind", "state", "pool"] | None = None, descending: bool | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunFindingsAnswer:
        """Findings, sorted; the newest first unless said otherwise. Needs the role viewer."""
        return cast("GetRunFindingsAnswer", await self._send("GET", "/api/findings", query={"run_id": run_id, "kind": kind, "states": states, "series_id": series_id, "incident_id": incident_id, "search": search, "benchmark": benchmark, "model": model, "commit": commit, "branch": branch, "author": author, "archived": archived, "since": since, "until": until, "sort": sort, "descending": descending, "limit": limit, "cursor": cursor}))

    async def get_finding(self, id: str) -> FindingRecord:
        """One finding with the numbers behind it. Needs the role viewer."""
        return cast("FindingRecord", await self._send("GET", f"/api/findings/{part(id)}"))

    async def post_finding_acknowledge(self, id: str, body: PostFindingAcknowledgeBody | None = None) -> PostFindingAcknowledgeAnswer:
        """It is right, and somebody looks after it. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", await self._send("POST", f"/api/findings/{part(id)}/acknowledge", body=body))

    async def post_finding_dismiss(self, id: str, body: PostFindingDismissBody | None = None) -> PostFindingAcknowledgeAnswer:
        """Dismiss it as a false alarm, with a reason: the detector learns from it. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", await self._send("POST", f"/api/findings/{part(id)}/dismiss", body=body))

    async def post_finding_reopen(self, id: str, body: PostFindingAcknowledgeBody | None = None) -> PostFindingAcknowledgeAnswer:
        """Back to confirmed. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", await self._send("POST", f"/api/findings/{part(id)}/reopen", body=body))

    async def post_finding_link(self, id: str, body: PostFindingLinkBody | None = None) -> PostFindingAcknowledgeAnswer:
        """Where it is followed up. Needs the role submitter."""
        return cast("PostFindingAcknowledgeAnswer", await self._send("POST", f"/api/findings/{part(id)}/link", body=body))

    async def post_decisions(self, body: PostDecisionsBody) -> PostDecisionsAnswer:
        """Acknowledge, dismiss or reopen many; those that are refused are left as they are, with the reason. Needs the role submitter."""
        return cast("PostDecisionsAnswer", await self._send("POST", "/api/decisions", body=body))

    async def get_incidents(self, *, only_open: bool | None = None, limit: int | None = None) -> GetIncidentsAnswer:
        """Findings of one cause, together. Needs the role viewer."""
        return cast("GetIncidentsAnswer", await self._send("GET", "/api/incidents", query={"only_open": only_open, "limit": limit}))

    async def get_incident(self, id: str) -> GetIncidentsAnswerItemsItem:
        """One incident. Needs the role viewer."""
        return cast("GetIncidentsAnswerItemsItem", await self._send("GET", f"/api/incidents/{part(id)}"))

    async def get_precision(self, *, limit: int | None = None) -> GetPrecisionAnswer:
        """How often findings were right. Needs the role viewer."""
        return cast("GetPrecisionAnswer", await self._send("GET", "/api/precision", query={"limit": limit}))

    async def get_notifications_rules(self) -> GetNotificationsRulesAnswer:
        """Who gets findings and faults of the fleet: the rules as they were written. Needs the role viewer."""
        return cast("GetNotificationsRulesAnswer", await self._send("GET", "/api/notifications/rules"))

    async def put_notifications_rules(self, body: PutNotificationsRulesBody) -> GetNotificationsRulesAnswer:
        """Put rules in the place of those that apply (docs/notifications.md); wrong ones change nothing. Needs the role admin."""
        return cast("GetNotificationsRulesAnswer", await self._send("PUT", "/api/notifications/rules", body=body))

    async def get_notifications_messages(self, *, limit: int | None = None) -> GetNotificationsMessagesAnswer:
        """What was sent, newest first, and what could not be. Needs the role viewer."""
        return cast("GetNotificationsMessagesAnswer", await self._send("GET", "/api/notifications/messages", query={"limit": limit}))

    async def post_notifications_message_resend(self, message_id: str) -> PostNotificationsMessageResendAnswer:
        """Send a message again. Needs the role operator."""
        return cast("PostNotificationsMessageResendAnswer", await self._send("POST", f"/api/notifications/messages/{part(message_id)}/resend"))

    async def post_notifications_receiver_test(self, receiver: str) -> PostNotificationsMessageResendAnswer:
        """Send a test message to a receiver. Needs the role operator."""
        return cast("PostNotificationsMessageResendAnswer", await self._send("POST", f"/api/notifications/receivers/{part(receiver)}/test"))

    async def get_notifications_silences(self) -> GetNotificationsSilencesAnswer:
        """What keeps alerts back, and until when. Needs the role viewer."""
        return cast("GetNotificationsSilencesAnswer", await self._send("GET", "/api/notifications/silences"))

    async def post_notifications_silences(self, body: PostNotificationsSilencesBody) -> GetNotificationsSilencesAnswerItemsItem:
        """Keep alerts back for a time. Needs the role operator."""
        return cast("GetNotificationsSilencesAnswerItemsItem", await self._send("POST", "/api/notifications/silences", body=body))

    async def delete_notifications_silence(self, silence_id: str) -> None:
        """End a silence now. Needs the role operator."""
        await self._send("DELETE", f"/api/notifications/silences/{part(silence_id)}")

    async def get_workers(self, *, limit: int | None = None) -> GetWorkersAnswer:
        """Workers with their last heartbeat. Needs the role viewer."""
        return cast("GetWorkersAnswer", await self._send("GET", "/api/workers", query={"limit": limit}))

    async def get_worker(self, id: str) -> Worker:
        """One worker. Needs the role viewer."""
        return cast("Worker", await self._send("GET", f"/api/workers/{part(id)}"))

    async def post_worker_drain(self, id: str, body: PostRunAcceptBody | None = None) -> PostWorkerDrainAnswer:
        """It takes no tasks until it is resumed or restarted. Needs the role operator."""
        return cast("PostWorkerDrainAnswer", await self._send("POST", f"/api/workers/{part(id)}/drain", body=body))

    async def post_worker_quarantine(self, id: str, body: PostRunAcceptBody | None = None) -> PostWorkerDrainAnswer:
        """It takes no tasks, also after a restart. Needs the role operator."""
        return cast("PostWorkerDrainAnswer", await self._send("POST", f"/api/workers/{part(id)}/quarantine", body=body))

    async def post_worker_resume(self, id: str, body: PostRunAcceptBody | None = None) -> PostWorkerDrainAnswer:
        """It takes tasks again. Needs the role operator."""
        return cast("PostWorkerDrainAnswer", await self._send("POST", f"/api/workers/{part(id)}/resume", body=body))

    async def get_pools(self) -> GetPoolsAnswer:
        """What the scheduler said last: pools and what waits. Needs the role viewer."""
        return cast("GetPoolsAnswer", await self._send("GET", "/api/pools"))

    async def get_cluster(self) -> GetClusterAnswer:
        """Every service that answers, and the NATS server. Needs the role viewer."""
        return cast("GetClusterAnswer", await self._send("GET", "/api/cluster"))

    async def get_names(self) -> GetNamesAnswer:
        """Names and notes that people gave to workers and pools. Needs the role viewer."""
        return cast("GetNamesAnswer", await self._send("GET", "/api/names"))

    async def put_name(self, kind: str, id: str, body: PutNameBody) -> GetNamesAnswerItemsItem:
        """Give a worker or a pool a name and a note; without either it is called by its id again. Needs the role operator."""
        return cast("GetNamesAnswerItemsItem", await self._send("PUT", f"/api/names/{part(kind)}/{part(id)}", body=body))

    async def get_events(self, *, run_id: str | None = None, task_id: str | None = None, entity: Literal["run", "task", "worker", "pool", "service", "series", "gate", "setting", "access", "model"] | None = None, worker_id: str | None = None, pool: str | None = None, since: str | None = None, limit: int | None = None, cursor: str | None = None) -> GetRunEventsAnswer:
        """What happened, the newest first. Needs the role viewer."""
        return cast("GetRunEventsAnswer", await self._send("GET", "/api/events", query={"run_id": run_id, "task_id": task_id, "entity": entity, "worker_id": worker_id, "pool": pool, "since": since, "limit": limit, "cursor": cursor}))

    async def get_rejected(self, *, limit: int | None = None, cursor: str | None = None) -> GetRejectedAnswer:
        """Messages that could not be read, with why. Needs the role viewer."""
        return cast("GetRejectedAnswer", await self._send("GET", "/api/rejected", query={"limit": limit, "cursor": cursor}))

    async def post_rejected_replay(self, id: str) -> PostRejectedReplayAnswer:
        """Send it once more to where it came from. Needs the role operator."""
        return cast("PostRejectedReplayAnswer", await self._send("POST", f"/api/rejected/{part(id)}/replay"))

    async def get_audit(self, *, subject: str | None = None, method: Literal["POST", "PUT", "DELETE"] | None = None, path: str | None = None, since: str | None = None, until: str | None = None, limit: int | None = None, cursor: str | None = None) -> GetAuditAnswer:
        """Who changed what through the gateway, the newest first. Needs the role viewer."""
        return cast("GetAuditAnswer", await self._send("GET", "/api/audit", query={"subject": subject, "method": method, "path": path, "since": since, "until": until, "limit": limit, "cursor": cursor}))

    async def get_saved(self, kind: str) -> GetSavedAnswer:
        """Saved layouts, queries or filters of lists, without their values. Needs the role viewer."""
        return cast("GetSavedAnswer", await self._send("GET", f"/api/saved/{part(kind)}"))

    async def get_saved_by_name(self, kind: str, name: str) -> GetSavedByNameAnswer:
        """One of them. Needs the role viewer."""
        return cast("GetSavedByNameAnswer", await self._send("GET", f"/api/saved/{part(kind)}/{part(name)}"))

    async def put_saved(self, kind: str, name: str, body: dict[str, Any], *, revision: int | None = None) -> GetSavedByNameAnswer:
        """Save one; the body is kept as it is. With `revision` only over that one (0: only where there is none), else 409 SAVED_CHANGED. Needs the role submitter."""
        return cast("GetSavedByNameAnswer", await self._send("PUT", f"/api/saved/{part(kind)}/{part(name)}", query={"revision": revision}, body=body))

    async def delete_saved(self, kind: str, name: str) -> None:
        """Take one away. Needs the role submitter."""
        await self._send("DELETE", f"/api/saved/{part(kind)}/{part(name)}")

    async def get_snapshots(self) -> GetSnapshotsAnswer:
        """Snapshots, the newest first. Needs the role viewer."""
        return cast("GetSnapshotsAnswer", await self._send("GET", "/api/snapshots"))

    async def post_snapshots(self, body: PostSnapshotsBody) -> GetSnapshotsAnswerItemsItem:
        """Store a snapshot of a page, or import the file of one; 200 where the same is there, 422 where an answer in it is none of its route. Needs the role submitter."""
        return cast("GetSnapshotsAnswerItemsItem", await self._send("POST", "/api/snapshots", body=body))

    async def get_snapshot(self, id: str) -> GetSnapshotAnswer:
        """One snapshot with its data; this is also its file. Needs the role viewer."""
        return cast("GetSnapshotAnswer", await self._send("GET", f"/api/snapshots/{part(id)}"))

    async def put_snapshot(self, id: str, body: PutSnapshotBody) -> GetSnapshotsAnswerItemsItem:
        """Pin it, so that it does not expire, or let it expire after 90 days. Needs the role submitter."""
        return cast("GetSnapshotsAnswerItemsItem", await self._send("PUT", f"/api/snapshots/{part(id)}", body=body))

    async def delete_snapshot(self, id: str) -> None:
        """Delete it. Needs the role submitter."""
        await self._send("DELETE", f"/api/snapshots/{part(id)}")

    async def get_keys(self) -> GetKeysAnswer:
        """API keys, without their secrets. Needs the role admin."""
        return cast("GetKeysAnswer", await self._send("GET", "/api/keys"))

    async def post_keys(self, body: PostKeysBody) -> PostKeysAnswer:
        """Make an API key; it is shown once. Needs the role admin."""
        return cast("PostKeysAnswer", await self._send("POST", "/api/keys", body=body))

    async def delete_key(self, id: str) -> None:
        """Revoke an API key. Needs the role admin."""
        await self._send("DELETE", f"/api/keys/{part(id)}")
