#!/usr/bin/env bash
# Set up and pass every check: format, lint, types, floors, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh dev
bin=.venv/bin
"$bin/ruff" format --check .
"$bin/ruff" check .
"$bin/mypy"
"$bin/lint-imports"
# What tells limits apart, or looks for survivors, is alone on the machine; of the rest two files at a time.
alone=(tests/judge/test_{memory,programs,go,judge,calibration,scale,hostile,walls,nobody}.py)
"$bin/python" -m pytest -m "not slow" "${alone[@]}"
"$bin/python" -m pytest -m "not slow" -n 2 --dist loadfile "${alone[@]/#/--ignore=}"
