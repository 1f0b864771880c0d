/**
 * Codes with which the gateway closes a WebSocket (RFC 6455, 7.4.2), after the HTTP status that says the same. In a file of their
 * own, because the page loads them first and needs no schemas for them.
 */
export const CLOSE_INVALID = 4400;
export const CLOSE_UNAUTHORIZED = 4401;
export const CLOSE_NOT_FOUND = 4404;
export const CLOSE_TOO_MANY = 4429;
