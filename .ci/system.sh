#!/usr/bin/env bash
# Sees to the programs that the tests drive: Chromium for the journeys, PostgreSQL's server for the second engine.
# As root on Debian it installs what is missing; otherwise it says exactly what to install and fails.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium fonts-liberation)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
python=${PYTHON:-$(command -v python3.11 || command -v python3 || true)}
if [[ -z $python ]] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then missing+=(python3-venv); fi
if ((${#missing[@]} == 0)); then exit 0; fi

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "The tests need programs that are not here: ${missing[*]}" >&2
    echo "Install them (on Debian 12: sudo apt-get install ${missing[*]}), then run make test again." >&2
    exit 1
fi

echo "Installing what the tests drive: ${missing[*]} ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update -q </dev/null
apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
