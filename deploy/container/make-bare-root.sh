#!/usr/bin/env bash
# Makes a bare Debian 12 in a folder, connected to the package servers as this machine is.
#
# Usage: deploy/container/make-bare-root.sh FOLDER [TARBALL]
#   TARBALL   unpack this instead of calling debootstrap; made when it does not exist
#
# Runs as root.
set -euo pipefail

case $# in 1 | 2) ;; *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;; esac
root=$1
base=${2-}
"$(dirname "${BASH_SOURCE[0]}")/../install-packages.sh" bare

mkdir -p "$root"
if [ -n "$base" ] && [ -f "$base" ]; then
  tar -C "$root" -xf "$base"
else
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  [ -n "$mirror" ] || { echo "make-bare-root.sh: this machine's apt knows no bookworm" >&2; exit 1; }
  log=$(mktemp)
  debootstrap --variant=minbase bookworm "$root" "$mirror" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; rm -f "$log"; exit 1; }
  rm -f "$log"
  [ -z "$base" ] || tar -C "$root" -cf "$base" .
fi

# Sources, apt's settings for fetching, names and certificates. Nothing else is carried over.
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
