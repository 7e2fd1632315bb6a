#!/usr/bin/env bash
# Sees to the programs that the tests drive: Chromium for the journeys, PostgreSQL's server for the second engine.
# As root on Debian it installs what is missing; otherwise it says exactly what to install and fails.
set -euo pipefail

missing=()
# Chromium built without a screen needs two thirds of the other one's time, and is the same engine: either will do.
screenless=chromium-headless-shell
command -v $screenless chromium >/dev/null || missing+=($screenless fonts-liberation)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
python=${PYTHON:-$(command -v python3.11 || command -v python3 || true)}
if [[ -z $python ]] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then missing+=(python3-venv); fi

can_install() { [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; }
install() {
    apt-get update -q -o Acquire::Retries=1 </dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" </dev/null
}

if ((${#missing[@]} > 0)); then
    if ! can_install; then
        echo "The tests need programs that are not here: ${missing[*]}" >&2
        echo "Install them (on Debian 12: sudo apt-get install ${missing[*]}), then run make test again." >&2
        exit 1
    fi
    echo "Installing what the tests drive: ${missing[*]} ..."
    install "${missing[@]}"
fi
if ! command -v $screenless >/dev/null && can_install; then
    echo "Installing $screenless, in which the journeys take less time than in the Chromium that is here ..."
    install $screenless || echo "It cannot be installed; the journeys run in the Chromium that is here."
fi
