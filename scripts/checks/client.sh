#!/usr/bin/env bash
# The examples of driving Standoff from scripts: types of the Python client, tests of it and of the shell examples,
# with a stand-in for the program and with the program itself.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
need_command jq jq
need_command parallel parallel
need_command shellcheck shellcheck
cd -- "$STANDOFF_ROOT/scripts/examples"

shellcheck ./*.sh
python=$(python_env client)
"$python" -m mypy --strict --python-version 3.9 --cache-dir "$STANDOFF_ROOT/.deps/mypy" standoff_client.py label_csv.py
"$STANDOFF_PYTHON" -W error -m unittest discover --start-directory tests
