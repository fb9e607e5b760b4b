#!/bin/sh
# Installs runcast into a fresh prefix, and builds and runs programs that find it there, by CMake
# and by pkg-config; then completion and manual page.
# Usage: install_test.sh BUILD_DIR WORK_DIR CMAKE PYTHON. The build must be complete.
set -eu

build_dir=$1
work_dir=$2
cmake=$3
python=$4
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$here/consumer
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

# The same consumer, and the example, for those who build without CMake.
pc_dir=$(dirname "$(find "$prefix" -name runcast.pc)")
# Words, so without quotes.
flags=$(PKG_CONFIG_PATH=$pc_dir pkg-config --cflags --libs "runcast >= 0.1")
g++ -std=c++20 "$source_dir/consumer.cc" $flags -o "$work_dir/pc_consumer" &
g++ -std=c++20 "$here/../../client/examples/cpp/watch.cc" $flags -o "$work_dir/pc_example"
wait $!
timeout 60 "$work_dir/pc_consumer"
code=0
timeout 60 "$work_dir/pc_example" 127.0.0.1:1 st-1 "smoke tests" "" || code=$?
[ "$code" = 1 ] || { echo "the example ended with $code instead of refusing an empty run" >&2; exit 1; }
[ -s "$prefix/share/runcast/service_config.json" ]

PYTHONDONTWRITEBYTECODE=1 "$python" "$here/shell_test.py" "$prefix"
