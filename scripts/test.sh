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
# The judge's tests are alone on the machine; of the others two files at a time.
"$bin/python" -m pytest -m "not slow" tests/judge
"$bin/python" -m pytest -m "not slow" -n 2 --dist loadfile --ignore=tests/judge
