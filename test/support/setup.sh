#!/bin/sh
# Installs what the machine lacks: the npm packages of the lock file, and the programs that are named, each PROGRAM or PROGRAM:PACKAGE
# where Debian's package has another name.
set -eu
cd "$(dirname "$0")/../.."

if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund
fi

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
missing=
for program in "$@"; do
  command -v "${program%:*}" >/dev/null 2>&1 || missing="$missing ${program#*:}"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Debian's packages:$missing" >&2
  export DEBIAN_FRONTEND=noninteractive
  # Runlevel 1 keeps the packages from starting a HAProxy and a Prometheus of their own. Slim images leave groff's macros out.
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086
  RUNLEVEL=1 apt-get install -y -qq --no-install-recommends -o 'DPkg::Options::=--path-include=/usr/share/groff/*' $missing >/dev/null
else
  echo "please install first: apt-get install$missing" >&2
  exit 1
fi
