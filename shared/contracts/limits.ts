/**
 * What a caller may send, at every door: HTTP, WebSocket, NATS, Kafka and `bw`. Each limit is checked before the work that it
 * protects, and the error names it. docs/http.md lists them for users.
 */

/** Lists and objects inside each other, in JSON and YAML. A request needs 6. */
export const MAX_DEPTH = 64;
/** Values in one message: each text, number, list, object, … A request of 100,000 tasks written out has about 700,000. */
export const MAX_VALUES = 1_000_000;
/** Mistakes that are told of one message; the last one says how many more there are. */
export const MAX_ISSUES = 50;
/** Characters of one mistake's message, and of its path. */
export const MAX_ISSUE_CHARACTERS = 2000;
export const MAX_PATH_CHARACTERS = 500;

/** A body as YAML: reading it takes about fifty times as long as JSON. `bw` reads YAML of any size and submits JSON. */
export const MAX_YAML_BYTES = 256 * 1024;
/** Uses of anchors in one YAML document. */
export const MAX_YAML_ALIASES = 1000;
/** A request file of `bw`. More than any request: the largest number of tasks written out. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** A body that signs in: one key. */
export const MAX_SIGN_IN_BYTES = 4 * 1024;
/** A body of a route that takes a few fields, a reason, a name. */
export const MAX_SMALL_BODY_BYTES = 32 * 1024;
/** A body with one SQL statement of MAX_SQL_CHARACTERS, each of which JSON may write as six bytes. */
export const MAX_SQL_BODY_BYTES = 640 * 1024;
export const MAX_SQL_CHARACTERS = 100_000;
/** Parameters of one query string. */
export const MAX_QUERY_PARAMETERS = 100;
/** `Idempotency-Key`, and `request_id`. */
export const MAX_REQUEST_ID_CHARACTERS = 256;
/** From the first byte of an HTTP request to its last, and to the end of its headers. */
export const MAX_REQUEST_SECONDS = 60;
export const MAX_HEADERS_SECONDS = 20;

/** A question on a NATS subject (`bw.query.*`, `bw.request.cancel`, …). Requests may be as large as the server's `max_payload`. */
export const MAX_QUESTION_BYTES = 1024 * 1024;

/** A frame that a client sends on a WebSocket. */
export const MAX_FRAME_BYTES = 16 * 1024;
/** Topics of one connection, and streams that one subscription may name in `from`. */
export const MAX_TOPICS = 64;
export const MAX_TOPIC_STREAMS = 16;
/** Open WebSockets of one caller. */
export const MAX_SOCKETS_PER_CALLER = 200;

/** A saved layout or query, how many one caller may have of both kinds, and how many there may be at all. */
export const MAX_SAVED_BYTES = 64 * 1024;
export const MAX_SAVED_PER_CALLER = 100;
export const MAX_SAVED = 2000;

/** Tags of a request, and labels that a worker has or a task asks for. Each is part of every job and every row. */
export const MAX_LABELS = 100;

/** Axes of a matrix, and how often their product may look at sets of excluded axes. */
export const MAX_AXES = 32;
export const MAX_EXCLUDE_CHECKS = 1_000_000;
/** Values that the tasks of a matrix have together once it is expanded: cells times what is written in a task. */
export const MAX_EXPANDED_VALUES = 10_000_000;

/** A file of a request that is sent to workers; a larger one is named by a URL, or lies where workers find it. */
export const MAX_ARTIFACT_BYTES = 2 * 1024 ** 3;
/** The same over HTTP, where it has to arrive within MAX_REQUEST_SECONDS; `bw run` sends larger ones. */
export const MAX_UPLOAD_BYTES = 512 * 1024 ** 2;
/** The output of a benchmark tool, at every door. */
export const MAX_IMPORT_BYTES = 64 * 1024 ** 2;
/** Files that the tasks of one request name, and files that all of these consist of. */
export const MAX_REQUEST_FILES = 1000;
export const MAX_FILE_PARTS = 2000;
