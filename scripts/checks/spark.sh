#!/usr/bin/env bash
# The analysis on Apache Spark, in local mode with two workers, against the analysis on one machine.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
STANDOFF_BIN=${STANDOFF_BIN:-$(release_binary)}
export STANDOFF_BIN
need_java 17
python=$(python_env spark)
"$python" "$STANDOFF_ROOT/scripts/tests/test_spark_merge.py"
"$python" "$STANDOFF_ROOT/scripts/tests/test_spark_analyze.py"
