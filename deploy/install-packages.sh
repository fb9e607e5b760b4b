#!/usr/bin/env bash
# Installs the Debian packages that are missing, and nothing else. The one list of packages.
#
# Usage: deploy/install-packages.sh GROUP…
#   build   compiler, tools and libraries for gateway, client, simulator and tests
#   serve   what the built gateway needs to run
#   run     what a script needs to start them and talk to them
#   test    what tests/run.sh needs beside those
#   full    what tests/run.sh --full needs beside those
#   cluster what tests/cluster/run.sh needs beside build and run
#   bench   what tests/bench/run.sh needs beside build and run: the peers it compares with
#   faults  what tests/faults/run.sh needs beside build and run: proxies, packet filter, false clock
#   fuzz    what tests/fuzz/run.sh needs beside build
#   bare    what tests/bare-root.sh needs
#
# As root, or with sudo. Asks nothing. When all is there, no network is touched.
set -euo pipefail

packages_of() {
  case $1 in
    build) echo "g++ cmake ninja-build ccache pkg-config \
      libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev grpc-proto \
      libabsl-dev libcurl4-openssl-dev nlohmann-json3-dev libssl-dev libjose-dev \
      prometheus-cpp-dev libspdlog-dev libcli11-dev libevent-dev zlib1g-dev \
      libjemalloc-dev libhiredis-dev \
      libgtest-dev libgmock-dev python3" ;;
    serve) echo "libgrpc++1.51 libprotobuf32 libcurl4 libssl3 libjose0 libprometheus-cpp-core1.0 \
      libfmt9 libevent-core-2.1-7 libevent-extra-2.1-7 libjemalloc2 libhiredis0.14 ca-certificates" ;;
    run) echo "ca-certificates curl jq" ;;
    test)
      echo "python3-grpcio python3-protobuf python3-yaml openssl redis-server"
      # Node from another source brings npm along, and Debian's npm would conflict with it.
      command -v npm >/dev/null || echo "nodejs npm"
      ;;
    full) echo "clang-format clang-tidy git prometheus chromium nginx haproxy systemd mandoc zsh fish" ;;
    cluster) echo "python3 redis-server libfaketime" ;;
    bench) echo "python3 libnghttp2-dev etcd-server nginx varnish redis-server" ;;
    faults) echo "python3 openssl nginx haproxy iproute2 nftables libfaketime" ;;
    fuzz) echo "clang libclang-rt-dev" ;;
    bare) echo "debootstrap git" ;;
    *) echo "install-packages.sh: no group '$1'; --help lists them" >&2; exit 2 ;;
  esac
}

if [ $# -eq 0 ] || [ "$1" = --help ]; then
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
  [ $# -gt 0 ] && exit 0 || exit 2
fi
command -v dpkg-query >/dev/null || {
  echo "install-packages.sh: needs Debian 12: no dpkg-query here" >&2
  exit 1
}

wanted=
for group in "$@"; do wanted+=" $(packages_of "$group")"; done

missing=()
for package in $wanted; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || state=
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-packages.sh: these packages are missing, and I am neither root nor have sudo:" >&2
    echo "  ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  [ -t 0 ] || as_root=(sudo -n)  # Without a terminal nobody can type a password.
fi

echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt_get update && apt_get install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo "install-packages.sh: apt-get failed; above is the end of what it said" >&2
  exit 1
fi
