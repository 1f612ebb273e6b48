#!/usr/bin/env bash
# Installs the servers that tests run, where they are missing and where that is possible: as root
# on Debian and its kin. Nothing that is installed gets started or set up for anything but tests.
#
#   tests/servers/install.sh [program:package ...]   these too
#
# Exit status: 1 if a program is still missing; a line says which.
set -euo pipefail

# Debian has some programs where only root looks, and PostgreSQL's where nobody does.
PATH=$PATH:/usr/sbin:/sbin
for folder in /usr/lib/postgresql/*/bin; do PATH=$PATH:$folder; done

missing=()
find_missing() {
  missing=()
  local program
  for program in redis-server:redis-server rabbitmq-server:rabbitmq-server \
    postgres:postgresql ip:iproute2 "$@"; do
    command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
  done
}

made=()
remove_made() {
  ((${#made[@]} == 0)) || rm -f "${made[@]}"
}

# Where there is such a file already, its owner has decided.
make_for_a_while() {
  if [[ ! -e $1 ]]; then
    mkdir -p "$(dirname "$1")"
    made+=("$1")
    cat >"$1"
    chmod 755 "$1"
  fi
}

install_missing() {
  trap remove_made EXIT
  # invoke-rc.d(8): 101 forbids that a package starts what it brings.
  make_for_a_while /usr/sbin/policy-rc.d <<<$'#!/bin/sh\nexit 101'
  # pg_createcluster(1), which the package calls for a cluster of its own.
  make_for_a_while /etc/postgresql-common/createcluster.d/oracle_api-tests.conf \
    <<<'create_main_cluster = false'
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=120)
  "${apt[@]}" update
  "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null
}

find_missing "$@"
((${#missing[@]})) || exit 0
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  install_missing || true
  for folder in /usr/lib/postgresql/*/bin; do PATH=$PATH:$folder; done
  find_missing "$@"
fi
if ((${#missing[@]})); then
  echo "missing: ${missing[*]}; tests that need them are skipped"
  exit 1
fi
