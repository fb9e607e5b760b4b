#!/usr/bin/env bash
# Proves that the two commands of the README need nothing but a bare Debian 12: makes such a root
# with debootstrap, puts a fresh clone of the last commit into it, and runs
# deploy/quickstart.sh twice there; then the same with another root and tests/run.sh.
#
# Usage: tests/bare-root.sh [--base TARBALL] [quickstart|tests]
#   --base TARBALL   unpack this instead of calling debootstrap; made when it does not exist
#
# Runs as root. The packages come from where this machine's apt gets them. Mounts and processes
# live in namespaces of their own and go with them; the folder is removed at the end.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
base=
parts=(quickstart tests)
while [ $# -gt 0 ]; do
  case $1 in
    --base) base=$2; shift 2 ;;
    quickstart | tests) parts=("$1"); shift ;;
    *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; [ "$1" = --help ] && exit 0 || exit 2 ;;
  esac
done
[ "$(id -u)" -eq 0 ] || { echo "bare-root.sh: chroot needs root" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/runcast-bare-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }

# Runs a command in the root without a terminal, with an empty environment, from another
# directory, as process 1 of a namespace; fails when it leaves a process behind.
in_root() {
  local root=$1
  shift
  unshare --mount --pid --fork --kill-child -- /bin/sh -euc '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS=/etc/ssl/machine-ca.pem} \
      /bin/bash -uc '\''
        cd / && "$@"; code=$?
        left=
        for stat in /proc/[0-9]*/stat; do
          read -r pid name state _ 2>/dev/null <"$stat" || continue
          [ "$pid" = 1 ] || [ "$state" = Z ] || left+=" $name"
        done
        [ -z "$left" ] || { echo "left behind:$left" >&2; code=99; }
        exit $code
      '\'' in-root "$@"
  ' unshared "$root" "$@" </dev/null
}

for part in "${parts[@]}"; do
  root=$work/$part
  say "a bare Debian 12 for $part"
  "$repo/deploy/container/make-bare-root.sh" "$root" ${base:+"$base"}
  git clone -q --no-hardlinks "file://$repo" "$root/opt/runcast"
  for round in 1 2; do
    case $part in
      quickstart) command=(/opt/runcast/deploy/quickstart.sh) ;;
      tests) command=(/opt/runcast/tests/run.sh) ;;
    esac
    say "${command[*]}, round $round"
    started=$SECONDS
    in_root "$root" "${command[@]}"
    say "${command[*]}, round $round: good after $((SECONDS - started)) s"
  done
  rm -rf --one-file-system "$root"
done
