#!/usr/bin/env bash
# Makes .venv from a hash-locked requirements file. Does nothing, fast, when .venv already holds exactly that.
# Usage: .ci/install.sh requirements.txt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
requirements=$1

wanted() { printf '%s\n' "$PWD"; cat "$1" pyproject.toml | sha256sum; }
stamp() { printf '.venv/.%s.installed' "$1"; }
fresh() { [[ -f $(stamp "$1") && "$(<"$(stamp "$1")")" == "$(wanted "$1")" ]] && .venv/bin/python -c '' 2>/dev/null; }

if fresh "$requirements"; then exit 0; fi

python=${PYTHON:-$(command -v python3.11 || command -v python3 || true)}
if [[ -z $python ]] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Fluence needs Python 3.11 or newer. On Debian 12: apt-get install python3 python3-venv" >&2
    echo "Where it has another name: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
fi

# A virtual environment holds its own path: one that was moved, or whose Python is gone, is made again.
made_here() {
    .venv/bin/python -c 'import pip' && grep -qF -e "=$PWD/.venv" -e "=\"$PWD/.venv" -e "='$PWD/.venv" .venv/bin/activate
}
if [[ ! -x .venv/bin/python ]] || ! made_here 2>/dev/null; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python cannot make a virtual environment." >&2
        echo "On Debian 12: apt-get install python3-venv, then run the same command again." >&2
        exit 1
    fi
    echo "Making .venv with $("$python" -V) ..."
    "$python" -m venv --clear .venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }
failed() {
    echo "The packages could not be installed; pip says why above. Run the same command again when that is mended." >&2
    exit 1
}

echo "Installing the packages of $requirements, each checked against its hash ..."
pip install --progress-bar off --require-hashes -r "$requirements" | while read -r word package _; do
    case $word in
    Collecting) echo "  $package" ;;
    Installing) echo "Unpacking them ..." ;;
    esac
done || failed
pip install --quiet --no-index --no-deps --no-build-isolation --editable . || failed

wanted "$requirements" >"$(stamp "$requirements")"
# The packages for the tests include those that the site runs on, in the same versions.
if [[ $requirements == requirements-dev.txt ]]; then wanted requirements.txt >"$(stamp requirements.txt)"; fi
echo "Installed."
