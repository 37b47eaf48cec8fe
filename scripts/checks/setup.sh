#!/usr/bin/env bash
# scripts/setup and scripts/setup.py, with stand-ins for the packages and for Python: nothing is downloaded.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
PYTHONDONTWRITEBYTECODE=1 "$STANDOFF_PYTHON" -W error "$STANDOFF_ROOT/scripts/tests/test_setup.py"
