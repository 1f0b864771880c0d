/** The parameters that a saved filter puts into the page's address; none where the value is of another form. */
export function readSavedFilter(value: unknown): URLSearchParams {
  const search = typeof value === 'object' && value !== null && 'search' in value ? value.search : '';
  return new URLSearchParams(typeof search === 'string' ? search : '');
}
