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
"$bin/python" -m pytest -m "not slow" -n 2 --dist loadfile # two files at a time
