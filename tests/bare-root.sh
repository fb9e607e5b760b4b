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
"$repo/deploy/install-packages.sh" bare

work=$(mktemp -d "${TMPDIR:-/tmp}/runcast-bare-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }

unpack_base() {
  local root=$1
  mkdir -p "$root"
  if [ -n "$base" ] && [ -f "$base" ]; then
    tar -C "$root" -xf "$base"
    return
  fi
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  [ -n "$mirror" ] || { echo "bare-root.sh: this machine's apt knows no bookworm" >&2; exit 1; }
  debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
  [ -z "$base" ] || tar -C "$root" -cf "$base" .
}

# The root reaches the package servers as this machine does: sources, apt's settings for
# fetching, names and certificates. Nothing else is carried over.
connect() {
  local root=$1
  rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
  for file in sources.list sources.list.d keyrings auth.conf.d; do
    [ ! -e "/etc/apt/$file" ] || cp -r "/etc/apt/$file" "$root/etc/apt/"
  done
  apt-config dump Acquire >"$root/etc/apt/apt.conf.d/99machine"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    mkdir -p "$root/etc/ssl"
    cp -L "$NODE_EXTRA_CA_CERTS" "$root/etc/ssl/machine-ca.pem"
  fi
}

# Runs a command in the root without a terminal, with an empty environment, from another
# directory, as process 1 of a namespace; fails when it leaves a process behind.
in_root() {
  local root=$1
  shift
  unshare --mount --pid --fork --kill-child -- /bin/sh -euc '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
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
  unpack_base "$root"
  connect "$root"
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
