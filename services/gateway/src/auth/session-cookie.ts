/**
 * The name of the session's cookie. Over TLS the prefix `__Host-` binds it to exactly this host: browsers take it only with
 * Secure, from the host itself and for all of its paths. Over plain HTTP no prefix is possible and browsers share cookies
 * between the ports of a host, so that the port in the name keeps two stacks on one machine from overwriting each other's.
 */
export function sessionCookieName(secure: boolean, port: number): string {
  return secure ? '__Host-bw_session' : `bw_session_${port}`;
}
