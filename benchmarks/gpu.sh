#!/usr/bin/env bash
# Pair training and the engine on a GPU: ./benchmarks/gpu.sh --smoke, then ./benchmarks/gpu.sh
# (benchmarks/gpu.py says what it runs). Wheels in .whl/, if there are any, are used for packages
# that this Python lacks: a machine without a network has no other way to get them.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}"
if compgen -G '.whl/*.whl' >/dev/null; then
  site="$(mktemp -d)"
  "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" .whl/*.whl
  export PYTHONPATH="$site:$PYTHONPATH"
fi
export PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 OMP_WAIT_POLICY=passive
export PYTORCH_NVML_BASED_CUDA_CHECK=1 # a process that asks for a GPU so can be forked afterwards
exec "$python" benchmarks/gpu.py "$@"
