#!/usr/bin/env bash
# Whether the words that explanations name decide: without them the label's probability falls further than without others.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
cd -- "$STANDOFF_ROOT"
"$STANDOFF_PYTHON" -W error scripts/eval/faithfulness.py eval/gold/statements.jsonl --count 30 --standoff "$STANDOFF_BIN" --at-least 1.5
