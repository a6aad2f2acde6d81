#!/bin/sh
# Prints the folder that holds `node` of this major version, from npm's package of it, which is installed beside the project's own packages.
set -eu
cd "$(dirname "$0")/../.."
prefix=$PWD/node_modules/.nodes/$1
package=node-linux-$(node -p process.arch)
folder=$prefix/node_modules/$package/bin
[ -x "$folder/node" ] || npm install --no-audit --no-fund --prefix "$prefix" "$package@$1" >&2
echo "$folder"
