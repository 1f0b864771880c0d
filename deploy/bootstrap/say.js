/**
 * Tells the user what the bootstrap does. On stderr: stdout belongs to the command (`npm run bw -- results … --json`).
 * @param {string} text
 */
export function say(text) {
  console.error(`benchwire: ${text}`);
}
