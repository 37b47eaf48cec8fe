#!/usr/bin/env bash
# The scripts that prepare training data, on records of the tests' own.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
PYTHONDONTWRITEBYTECODE=1 "$STANDOFF_PYTHON" -W error "$STANDOFF_ROOT/scripts/tests/test_training_data.py"
