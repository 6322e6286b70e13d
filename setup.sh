#!/bin/sh
# Make rpmsim ready in .venv beside this script: ./setup.sh to use it, ./setup.sh --dev also with what its tests need.
# Uses the newest supported Python that is installed, or the one that PYTHON names. Running it again is quick and harmless.
set -eu
cd "$(dirname "$0")"
case "${1:-}" in
    "")    lock=requirements.lock ;;
    --dev) lock=requirements-dev.lock ;;
    *)     echo "usage: ./setup.sh [--dev]" >&2; exit 2 ;;
esac

supported() { "$1" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2])' > /dev/null 2>&1; }

inside() { if [ -d .venv/Scripts ]; then echo .venv/Scripts/python; else echo .venv/bin/python; fi; }

if ! supported "$(inside)"; then
    found=
    for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
        if supported "$candidate"; then found=$candidate; break; fi
    done
    if [ -z "$found" ]; then
        echo "setup.sh: no Python 3.11 or later with the module venv was found (looked for: ${PYTHON:-python3.14 to python3.11, python3, python})." >&2
        echo "Install one, or name it: PYTHON=/path/to/python ./setup.sh" >&2
        exit 1
    fi
    echo "Making .venv with $("$found" --version)"
    "$found" -m venv --clear .venv
fi
python=$(inside)

# What was installed last is noted, so that a second call does nothing.
wanted="$("$python" -c 'import hashlib, sys; print(hashlib.sha256(b"".join(open(f, "rb").read() for f in sys.argv[1:])).hexdigest())' "$lock" pyproject.toml)"
if [ "$(cat ".venv/$lock.installed" 2> /dev/null || true)" != "$wanted" ]; then
    echo "Installing what $lock names"
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$wanted" > ".venv/$lock.installed"
fi
