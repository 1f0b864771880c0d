import { COMMON_SETTINGS, type Settings } from '../adapters/settings.ts';
import type { SqlConfig } from './messages.ts';

/**
 * The engine's own limits. `readonly` comes last: from then on the session can change no setting, so a SETTINGS clause
 * lifts nothing. `final` makes every table show each row once, whatever was redelivered.
 */
export function sandboxSettings(config: SqlConfig): Settings {
  return {
    ...COMMON_SETTINGS,
    final: 1,
    // One more than is shown, to know whether there was more.
    limit: config.SQL_MAX_ROWS + 1,
    max_execution_time: config.SQL_MAX_SECONDS,
    timeout_overflow_mode: 'throw',
    max_memory_usage: config.SQL_MAX_MEMORY_MB * 1_000_000,
    max_result_bytes: 64_000_000,
    result_overflow_mode: 'throw',
    max_threads: config.SQL_MAX_THREADS,
    // The engine looks at its limits between blocks only: small ones make it look often.
    max_block_size: 8192,
    // Of the statement: nesting, and how much there may be in it.
    max_parser_depth: 500,
    max_ast_depth: 500,
    max_ast_elements: 20_000,
    max_expanded_ast_elements: 100_000,
    max_subquery_depth: 50,
    // Of what functions make out of little.
    function_range_max_elements_in_block: 10_000_000,
    max_rows_in_join: 10_000_000,
    max_recursive_cte_evaluation_depth: 1000,
    reject_expensive_hyperscan_regexps: 1,
    allow_ddl: 0,
    allow_introspection_functions: 0,
    // Quoted, so that none loses digits on the way; run-statement.ts makes numbers of those that fit.
    output_format_json_quote_64bit_integers: 1,
    // A server's statement ends with the connection that it was asked on.
    cancel_http_readonly_queries_on_client_close: 1,
    readonly: 1,
  };
}
