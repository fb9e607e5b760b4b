#!/usr/bin/env bash
# Tries what the Dockerfile makes, without a container engine: its second stage as a folder made
# by debootstrap, the programs of its first, and the gateway run there as user 65532 with nothing
# but that folder.
#
# Usage: deploy/container/try-root.sh [--programs BIN] [--base TARBALL]
#   --programs BIN   take the programs from this folder instead of building them
#   --base TARBALL   unpack this instead of calling debootstrap; made when it does not exist
#
# Runs as root. The packages come from where this machine's apt gets them.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
programs=
base=
while [ $# -gt 0 ]; do
  case $1 in
    --programs) programs=$2; shift 2 ;;
    --base) base=$2; shift 2 ;;
    *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; [ "$1" = --help ] && exit 0 || exit 2 ;;
  esac
done
[ "$(id -u)" -eq 0 ] || { echo "try-root.sh: chroot needs root" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/runcast-root-XXXXXX")
root=$work/root
gateway=
clean_up() {
  [ -z "$gateway" ] || kill -KILL "$gateway" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

"$repo/deploy/container/make-bare-root.sh" "$root" ${base:+"$base"}
install -D "$repo/deploy/install-packages.sh" "$root/tmp/install-packages.sh"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /tmp/install-packages.sh serve
rm -r "$root/tmp/install-packages.sh"
if [ -z "$programs" ]; then
  "$repo/deploy/container/build-programs.sh" "$work/opt" >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; exit 1; }
  programs=$work/opt/bin
fi
install "$programs/runcast-gateway" "$programs/runcast" "$root/usr/local/bin/"

mkdir -p "$root/etc/runcast"
echo a-secret-that-opens-nothing-at-all-xxxxxxxxx >"$root/etc/runcast/client-secret"
cat >"$root/etc/runcast/gateway.json" <<'JSON'
{
  "server": {"listen": "127.0.0.1:0"},
  "admin": {"listen": "127.0.0.1:0"},
  "upstream": {"base_url": "https://platform.example"},
  "credentials": [{"name": "main", "client_id": "cs-x", "secret_file": "/etc/runcast/client-secret", "stream_ids": ["*"]}],
  "drain": {"delay": "0s", "spread": "0s"}
}
JSON

chroot --userspec=65532:65532 "$root" /usr/local/bin/runcast-gateway --version
chroot --userspec=65532:65532 "$root" /usr/local/bin/runcast-gateway --config /etc/runcast/gateway.json \
  2>"$work/gateway.log" &
gateway=$!
admin=
for _ in {1..100}; do
  admin=$(sed -n 's/.*"gateway.ready".*"admin":"\([^"]*\)".*/\1/p' "$work/gateway.log")
  [ -z "$admin" ] || break
  kill -0 "$gateway" 2>/dev/null || break
  sleep 0.1
done
[ -n "$admin" ] || { cat "$work/gateway.log" >&2; echo "try-root.sh: the gateway did not start" >&2; exit 1; }
curl -sS --fail --max-time 5 "http://$admin/readyz" >/dev/null
kill -TERM "$gateway"
wait "$gateway" || { echo "try-root.sh: the gateway ended with $?" >&2; exit 1; }
gateway=
echo "good: starts, is ready and ends with 0 as user 65532"
