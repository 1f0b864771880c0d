/**
 * Installs the packages named as arguments; runs as root.
 *
 * Debian starts a server as soon as it is installed, on its default port, and again at every boot. The stack runs servers
 * of its own, and another program may own that port (the package's installation then even fails), so a policy-rc.d that
 * says no holds the start back, and the service is switched off. Package lists are fetched only when they don't know a
 * package or what they know can't be had any more.
 */
export const aptInstallScript = `
set -u
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
known() { for package; do apt-cache policy "$package" | grep -q 'Candidate: [^(]' || return 1; done; }
install() { apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"; }
if known "$@"; then install "$@"; else false; fi || { apt-get update -q && install "$@"; } || exit 1
if [ -d /run/systemd/system ]; then systemctl disable --now "$@" > /dev/null 2>&1 || true; fi
`;
