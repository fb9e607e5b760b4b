#!/bin/sh
# Installs runcast into a fresh prefix and builds and runs a program that finds it there.
# Usage: install_test.sh BUILD_DIR WORK_DIR CMAKE. The build must be complete.
set -eu

build_dir=$1
work_dir=$2
cmake=$3
source_dir=$(cd "$(dirname "$0")/consumer" && pwd)
prefix=$work_dir/prefix

rm -rf "$work_dir"
mkdir -p "$work_dir"
"$cmake" --install "$build_dir" --prefix "$prefix" > "$work_dir/install.log"

for unwanted in runcast/details runcast/config gateway client/src; do
  if [ -e "$prefix/include/$unwanted" ]; then
    echo "installed but private: include/$unwanted" >&2
    exit 1
  fi
done

# Moved, so that a path of the build or the first prefix that got in would be noticed.
mv "$prefix" "$work_dir/moved"
prefix=$work_dir/moved

"$cmake" -S "$source_dir" -B "$work_dir/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release
"$cmake" --build "$work_dir/build" --parallel 2
timeout 60 "$work_dir/build/consumer"
timeout 60 "$work_dir/build/proto_consumer"
timeout 60 "$prefix/bin/runcast" --version
