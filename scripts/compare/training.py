"""Compares one epoch of `standoff train` with the same loop in PyTorch and transformers, in one run.

    PEERS/bin/python scripts/compare/training.py [--statements FILE] [--count 2000] [--threads 2] [--rounds 2]

Both fine-tune the same encoder with frozen embeddings and two heads of three labels on the same
statements: AdamW, 16 statements a step in batches bucketed by length, 128 tokens at most, gradient
clipping and a moving average of the weights. Standoff's time is that which it reports for the epoch's steps. The texts default to
eval/gold/statements.jsonl, repeated to --count. Nothing that is trained here is kept.
"""

import argparse
import json
import os
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENCODER = ROOT / "models/base/all-MiniLM-L6-v2"
SIDES, STANCES = ("russian", "western", "other"), ("escalation", "de-escalation", "neutral")
BATCH, LONGEST = 16, 128


def read(path, count):
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [{"id": f"{i}", "text": rows[i % len(rows)]["text"], "side": rows[i % len(rows)]["side"],
             "stance": rows[i % len(rows)]["stance"], "doc": f"d{i}"} for i in range(count)]


def pytorch(rows, threads):
    import torch
    from tokenizers import Tokenizer
    from torch import nn
    from transformers import AutoModel

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    random.seed(1)
    model = AutoModel.from_pretrained(ENCODER, add_pooling_layer=False).train()
    for p in model.embeddings.parameters():
        p.requires_grad = False
    heads = nn.ModuleList([nn.Linear(768, 3), nn.Linear(768, 3)])
    parameters = [p for m in (model, heads) for p in m.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=7e-5, weight_decay=0.01)
    average = [p.detach().clone() for p in parameters]
    tokenizer = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    encoded = [e.ids for e in tokenizer.encode_batch([r["text"] for r in rows])]
    order = list(range(len(rows)))
    random.shuffle(order)
    batches = []
    for start in range(0, len(order), BATCH * 40):
        window = sorted(order[start:start + BATCH * 40], key=lambda i: len(encoded[i]))
        batches += [window[k:k + BATCH] for k in range(0, len(window), BATCH)]
    random.shuffle(batches)
    started = time.perf_counter()
    for batch in batches:
        width = max(len(encoded[i]) for i in batch)
        ids = torch.zeros(len(batch), width, dtype=torch.long)
        mask = torch.zeros(len(batch), width, dtype=torch.long)
        for r, i in enumerate(batch):
            ids[r, :len(encoded[i])] = torch.tensor(encoded[i])
            mask[r, :len(encoded[i])] = 1
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).float()
        features = torch.cat([(hidden * weight).sum(1) / weight.sum(1), hidden[:, 0]], 1)
        features = nn.functional.dropout(features, 0.1)
        loss = sum(
            nn.functional.cross_entropy(head(features), torch.tensor([names.index(rows[i][key]) for i in batch]), label_smoothing=0.05)
            for head, key, names in zip(heads, ("side", "stance"), (SIDES, STANCES)))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        with torch.no_grad():
            for a, p in zip(average, parameters):
                a.lerp_(p, 0.003)
    return time.perf_counter() - started


def standoff(rows, threads, program):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        command = [program, "train", "--train", str(path), "--out", f"{folder}/model", "--epochs", "1", "--hold-out", "0",
                   "--batch", str(BATCH), "--max-tokens", str(LONGEST), "--no-marks", "--threads", str(threads)]
        done = subprocess.run(command, capture_output=True, text=True)
        found = re.search(r"epoch 1: .*?, ([\d.]+) s", done.stdout + done.stderr)
        if not found:
            raise SystemExit(f"standoff train failed:\n{done.stderr}")
        return float(found.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statements", default=str(ROOT / "eval/gold/statements.jsonl"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--standoff", default=str(ROOT / "target/release/standoff"))
    arguments = parser.parse_args()
    rows = read(arguments.statements, arguments.count)
    best = {}
    for _ in range(arguments.rounds):
        for name, run in (("PyTorch and transformers", lambda: pytorch(rows, arguments.threads)),
                          ("standoff train", lambda: standoff(rows, arguments.threads, arguments.standoff))):
            seconds = run()
            best[name] = min(seconds, best.get(name, seconds))
    print(f"{len(rows)} statements, one epoch, {arguments.threads} threads, best of {arguments.rounds}\n")
    print("| | seconds | statements/s |\n|---|---:|---:|")
    for name, seconds in best.items():
        print(f"| {name} | {seconds:.1f} | {len(rows) / seconds:.1f} |")


if __name__ == "__main__":
    main()
