#!/bin/sh
# Runs the tests on each of these major versions of Node, or on all that the program is for: npm run nodes [-- VERSION…]
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 20 22 24 26
for version; do
  folder=$(sh test/support/node.sh "$version")
  echo "--- Node $("$folder/node" --version)"
  PATH=$folder:$PATH npm test
done
