/**
 * ClickHouse error codes (src/Common/ErrorCodes.cpp) that say: a value in these rows is wrong, and sending them again
 * gives the same answer. Every other code, and every error that is none of ClickHouse's (a closed connection), may be
 * over in a moment, so the batch is tried again.
 */
const BAD_ROW_CODES: ReadonlySet<string> = new Set([
  '6', // CANNOT_PARSE_TEXT
  '20', // NUMBER_OF_COLUMNS_DOESNT_MATCH
  '25', // CANNOT_PARSE_ESCAPE_SEQUENCE
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '32', // ATTEMPT_TO_READ_AFTER_EOF
  '33', // CANNOT_READ_ALL_DATA
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '130', // CANNOT_READ_ARRAY_FROM_TEXT
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '376', // CANNOT_PARSE_UUID
  '407', // DECIMAL_OVERFLOW
  '467', // CANNOT_PARSE_BOOL
  '469', // VIOLATED_CONSTRAINT
  '675', // CANNOT_PARSE_IPV4
  '676', // CANNOT_PARSE_IPV6
  '691', // UNKNOWN_ELEMENT_OF_ENUM
]);

/** An error that ClickHouse itself answered with. */
export interface ClickHouseRefusal extends Error {
  /** The number as text: `60`. */
  code: string;
  /** `UNKNOWN_TABLE` */
  type?: string;
}

/**
 * Told by its fields and not by its class, since the client and the embedded engine each bring a class of that name.
 */
function isRefusal(error: unknown): error is ClickHouseRefusal {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^\d+$/.test(error.code);
}

/** Whether ClickHouse refused the rows for what is in them. */
export function isBadRows(error: unknown): error is ClickHouseRefusal {
  return isRefusal(error) && BAD_ROW_CODES.has(error.code);
}

/** ClickHouse's own words for a person, without the noise around them; undefined for errors that are not ClickHouse's. */
export function refusalOf(error: unknown): { code: string; message: string } | undefined {
  if (!isRefusal(error)) return undefined;
  const { code, type = '', message } = error;
  return { code: type === '' ? `clickhouse_${code}` : type.toLowerCase(), message: message.trim().slice(0, 2000) };
}
