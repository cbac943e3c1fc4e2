#!/usr/bin/env bash
# Set up and pass every check: format, lint, types, floors, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh dev
bin=.venv/bin
# Many processes import the same files: they are compiled once, whatever the machine's images set.
unset PYTHONDONTWRITEBYTECODE
"$bin/ruff" format --check .
"$bin/ruff" check .
"$bin/mypy"
"$bin/lint-imports"
# All but the slow ones: two at a time, then what needs the machine for itself.
"$bin/python" -m pytest -m "not (slow or alone)" --durations=10
alone=$(grep -rl --include="test_*.py" "mark\.alone" tests)
# shellcheck disable=SC2086 # each of them is a word
"$bin/python" -m pytest -n 0 -m "alone and not slow" --durations=10 $alone
