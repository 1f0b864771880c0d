import type { Issue } from '@benchwire/shared/contracts/request.ts';

/** The issues (JSON) in a line. */
export function issueText(issues: string): string {
  return (JSON.parse(issues) as Issue[]).map(({ path, message }) => `${path}: ${message}`).join('; ');
}

/** The beginning of a message as text; bytes that are none show as �. */
export function rawText(raw_base64: string, most = 400): string {
  const bytes = Uint8Array.from(atob(raw_base64), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes.slice(0, most));
}
