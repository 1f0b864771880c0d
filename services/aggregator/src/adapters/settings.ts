export type SettingValue = string | number;
export type Settings = Readonly<Record<string, SettingValue>>;

/** Of every session. */
export const COMMON_SETTINGS: Settings = {
  date_time_input_format: 'best_effort',
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
  // Half a surrogate pair in a message is kept as it is written; it must not cost the row.
  input_format_json_throw_on_bad_escape_sequence: 0,
};
