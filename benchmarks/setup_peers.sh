#!/usr/bin/env bash
# Make an environment of its own for each tool that benchmarks/compare.py times beside modelwright.
# Usage: benchmarks/setup_peers.sh [PEER...]; they lie in $BENCH_VENVS (default: peers/ in the temporary folder).
set -euo pipefail
root=${BENCH_VENVS:-${TMPDIR:-/tmp}/peers}
mkdir -p "$root"
constraints="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/constraints.txt"
grep '^torch==' "$constraints" > "$root/constraints.txt"
export PIP_CONSTRAINT="$root/constraints.txt" PIP_DISABLE_PIP_VERSION_CHECK=1

declare -A packages=(
    [textbook]="torch numpy==2.4.6 pandas==3.1.1 pillow"
    [fast_torch]="torch numpy==2.4.6 pandas==3.1.1"
    [sklearn_]="scikit-learn==1.9.1 pandas==3.1.1"
    [skorch_]="torch skorch==1.4.0 pandas==3.1.1"
    [lightning_]="torch lightning==2.6.6 pandas==3.1.1"
    [keras_jax]="keras==3.15.1 jax==0.10.2 pandas==3.1.1"
)
for peer in "${@:-${!packages[@]}}"; do
    for name in $peer; do
        [ -e "$root/$name/.done" ] && continue
        rm -rf "${root:?}/$name"
        "${PYTHON:-python3}" -m venv "$root/$name"
        read -ra wanted <<< "${packages[$name]}"
        "$root/$name/bin/python" -m pip install --quiet "${wanted[@]}"
        touch "$root/$name/.done"
        echo "$name is ready"
    done
done
