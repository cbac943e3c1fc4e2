#!/usr/bin/env bash
# Set up .venv with everything the embedded run and the tests need. Safe to run again.
# `setup.sh dev` adds the tools of development, Debian's Chromium for the report's test, the
# compilers of the seven languages that the judge runs, and their static tools.
set -euo pipefail
cd "$(dirname "$0")/.."
want="${1:-run}"

python="${PYTHON:-}"
if [ -z "$python" ]; then
  for name in python3 python3.11 python3.12 python3.13; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python="$name"
      break
    fi
  done
fi
if [ -z "$python" ]; then
  echo "sodakd needs Python 3.11 or newer: apt-get install python3 python3-venv" >&2
  exit 2
fi

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi; }

if ! "$python" -c 'import ensurepip' 2>/dev/null && [ ! -x .venv/bin/pip ]; then
  as_root apt-get update -qq && as_root apt-get install -y -qq python3-venv
fi
if [ "$want" = dev ] && ! command -v chromium >/dev/null && command -v apt-get >/dev/null; then
  (as_root apt-get update -qq && as_root apt-get install -y -qq chromium >/dev/null) ||
    echo "Chromium could not be installed: the report's browser test will be skipped" >&2
fi

# What the judge compiles and runs with: gcc always (its inner wall is compiled at first use), the
# other languages for development. A language that cannot be installed is skipped by its tests.
missing=()
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
if [ "$want" = dev ]; then
  command -v g++ >/dev/null || missing+=(g++)
  command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
  command -v node >/dev/null || missing+=(nodejs npm)
  command -v cppcheck >/dev/null || missing+=(cppcheck)
fi
if [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null; then
  (as_root apt-get update -qq && as_root apt-get install -y -qq "${missing[@]}" >/dev/null) ||
    echo "could not be installed: ${missing[*]}; sodakd judge --probe says what works" >&2
fi
if [ "$want" = dev ] && command -v npm >/dev/null && { [ ! -d node_modules/typescript ] || [ ! -d node_modules/oxlint ]; }; then
  # In one command: npm removes from here what it was not asked for.
  npm install --no-save --no-audit --no-fund --loglevel=error typescript@5.9 @types/node@20 oxlint@1 ||
    echo "TypeScript or oxlint could not be installed: their tests will be skipped" >&2
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
pip=(.venv/bin/python -m pip --disable-pip-version-check -q)
extras=train,lint
[ "$want" = dev ] && extras=train,lint,dev
# The CPU build of torch first: what comes after finds it there and asks for no other.
.venv/bin/python -c 'import torch' 2>/dev/null ||
  "${pip[@]}" install torch==2.13.0 ||
  "${pip[@]}" install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
"${pip[@]}" install -e ".[$extras]" -c requirements.lock
echo "ready: .venv/bin/sodakd --help"
