#!/usr/bin/env python3
"""A larger teacher for side and stance, and its soft labels for `standoff train`.

Development only; nothing that is shipped needs it. The teacher is a sentence encoder of 12 layers and width 768
(all-mpnet-base-v2, Apache-2.0) with one linear layer, fine-tuned on the same statements as the model
that it teaches. Every input is the output of `standoff classify` (the bloc of a known speaker is put before the
text, and the model's own scores take part in the result); labels that the classified records carried are
found under `extra`. `label` multiplies its scores with such a label, where there is one.

    standoff classify labelled.jsonl > labelled.c.jsonl
    standoff classify unlabelled.jsonl > unlabelled.c.jsonl
    PEERS/bin/python scripts/teacher.py train ENCODER teacher.pt --gold labelled.c.jsonl \\
        --soft unlabelled.c.jsonl --dev dev.c.jsonl
    PEERS/bin/python scripts/teacher.py label ENCODER teacher.pt unlabelled.c.jsonl > soft.jsonl
    standoff train --init standoff-1 --train labelled.jsonl --train soft.jsonl@0.6 --out my-model

ENCODER is a folder with the teacher's encoder as transformers reads it; scripts/compare/peers.txt says how to make
PEERS. Two cores train about 16 statements a second in bf16, where the CPU has it, else half as many.
"""

import argparse
import json
import math
import random
import sys
import time

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

HEADS = {
    "side": ["russian", "western", "other"],
    "stance": ["escalation", "de-escalation", "neutral"],
}
SPEAKER = {"russian": "r: ", "western": "w: ", "other": "o: ", None: "s: "}
MAX_TOKENS = 128


class Teacher(torch.nn.Module):
    """The encoder with one linear layer over mean and first token: logits [batch, 6], side before stance."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(encoder)
        self.head = torch.nn.Linear(2 * self.encoder.config.hidden_size, 6)
        self.dropout = torch.nn.Dropout(0.1)

    def forward(self, ids, mask):
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        hidden, weight = hidden.float(), mask.unsqueeze(-1).float()
        mean = (hidden * weight).sum(1) / weight.sum(1)
        return self.head(self.dropout(torch.cat([mean, hidden[:, 0]], -1)))


def read(path, tokenizer):
    """Classified statements; records that could not be classified are left out."""
    rows = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if "side" not in record:
                continue
            speaker = record.get("speaker")
            text = (SPEAKER[speaker["side"]] if speaker else "") + record["text"]
            record["ids"] = tokenizer(text, truncation=True, max_length=MAX_TOKENS)["input_ids"]
            rows.append(record)
    return rows


def own_scores(rows, head):
    """What the model that is taught said: [rows, 3]."""
    return np.array([[r[head]["scores"][label] for label in HEADS[head]] for r in rows])


def gold(rows, head):
    return np.array([HEADS[head].index(r["extra"][head]) for r in rows])


def batches(rows, size, shuffle):
    """Indices of texts of like length together."""
    order = list(range(len(rows)))
    if shuffle:
        random.shuffle(order)
    part = size * 50 if shuffle else len(order)
    out = []
    for start in range(0, len(order), max(part, 1)):
        near = sorted(order[start : start + part], key=lambda i: len(rows[i]["ids"]))
        out += [near[i : i + size] for i in range(0, len(near), size)]
    if shuffle:
        random.shuffle(out)
    return out


def tensors(rows, batch, padding):
    longest = max(len(rows[i]["ids"]) for i in batch)
    ids = [rows[i]["ids"] + [padding] * (longest - len(rows[i]["ids"])) for i in batch]
    mask = [[1] * len(rows[i]["ids"]) + [0] * (longest - len(rows[i]["ids"])) for i in batch]
    return torch.tensor(ids), torch.tensor(mask)


def predict(teacher, rows, padding):
    """Logits, [rows, 6]."""
    teacher.eval()
    out = np.zeros((len(rows), 6), np.float32)
    with torch.no_grad():
        for batch in batches(rows, 64, False):
            out[batch] = teacher(*tensors(rows, batch, padding)).numpy()
    return out


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def macro_f1(true, predicted):
    scores = []
    for label in range(3):
        both = ((true == label) & (predicted == label)).sum()
        scores.append(2 * both / max((true == label).sum() + (predicted == label).sum(), 1))
    return float(np.mean(scores))


def train(args):
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.encoder)
    rows, soft, dev = ([r for f in files for r in read(f, tokenizer)] for files in (args.gold, args.soft, args.dev))
    if not rows:
        sys.exit("--gold has no labelled statement")
    # Targets, and a weight per label: rare ones count more, by the square root.
    importance = {}
    for head, labels in HEADS.items():
        true = gold(rows, head)
        count = np.array([max((true == i).sum(), 1) for i in range(3)], float)
        weight = (count.sum() / 3 / count) ** 0.5
        importance[head] = torch.tensor(weight * count.sum() / (weight * count).sum(), dtype=torch.float32)
        for row, label in zip(rows, true):
            row[f"target_{head}"] = [0.05 / 3 + 0.95 * (i == label) for i in range(3)]
        for row, scores in zip(soft, own_scores(soft, head) if soft else []):
            row[f"target_{head}"] = list(scores)
    for row in rows:
        row["weight"] = 0.8 if row["extra"].get("sure") is False else 1.0
    for row in soft:
        row["weight"] = 0.5

    teacher = Teacher(args.encoder)
    frozen = ("embeddings.",) + tuple(f"encoder.layer.{i}." for i in range(2))
    for name, value in teacher.encoder.named_parameters():
        value.requires_grad_(not name.startswith(frozen))
    free = [p for p in teacher.encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in free if p.ndim > 1], "lr": args.rate, "weight_decay": 0.01},
            {"params": [p for p in free if p.ndim <= 1], "lr": args.rate, "weight_decay": 0.0},
            {"params": teacher.head.parameters(), "lr": 10 * args.rate, "weight_decay": 0.01},
        ]
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    plan = [rows + soft] + [rows] * (args.epochs - 1)
    steps = sum(math.ceil(len(p) / args.batch) for p in plan)
    step, began, padding = 0, time.time(), tokenizer.pad_token_id
    for epoch, part in enumerate(plan, 1):
        teacher.train()
        for batch in batches(part, args.batch, True):
            factor = min((step + 1) / (0.06 * steps), (steps - step) / (0.94 * steps))
            for group, peak in zip(optimizer.param_groups, peaks):
                group["lr"] = peak * factor
            logits = teacher(*tensors(part, batch, padding))
            weight = torch.tensor([part[i]["weight"] for i in batch])
            loss = 0.0
            for at, head in enumerate(HEADS):
                target = torch.tensor([part[i][f"target_{head}"] for i in batch], dtype=torch.float32)
                log_p = logits[:, 3 * at : 3 * at + 3].log_softmax(-1)
                loss = loss - ((target * importance[head] * log_p).sum(-1) * weight).sum() / weight.sum()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(free, 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                print(f"step {step}/{steps} {time.time() - began:.0f} s", file=sys.stderr, flush=True)
        scores = ""
        if dev:
            logits = predict(teacher, dev, padding)
            for at, head in enumerate(HEADS):
                f1 = macro_f1(gold(dev, head), logits[:, 3 * at : 3 * at + 3].argmax(1))
                scores += f", {head} macro-F1 {f1:.3f}"
        print(f"epoch {epoch}{scores}", file=sys.stderr, flush=True)
        torch.save(teacher.state_dict(), args.teacher)


def with_label(scores, labels, row, head):
    """Scores times what an annotator's label says, if the record carries one: right nine times in ten, three in four if unsure."""
    given = row.get("extra", {}).get(head)
    if given is None:
        return scores
    right = 0.75 if row["extra"].get("sure") is False else 0.9
    product = [(v + 0.01) * (right if k == given else (1 - right) / 2) for k, v in zip(labels, scores)]
    return [v / sum(product) for v in product]


def label(args):
    tokenizer = AutoTokenizer.from_pretrained(args.encoder)
    teacher = Teacher(args.encoder)
    teacher.load_state_dict(torch.load(args.teacher, weights_only=True))
    for path in args.classified:
        rows = read(path, tokenizer)
        logits = predict(teacher, rows, tokenizer.pad_token_id)
        mixed = {
            head: args.share * softmax(logits[:, 3 * at : 3 * at + 3]) + (1 - args.share) * own_scores(rows, head)
            for at, head in enumerate(HEADS)
        }
        for i, row in enumerate(rows):
            out = {k: row[k] for k in ("id", "text", "date") if row.get(k) is not None}
            if row.get("document") is not None:
                out["doc"] = row["document"]
            for head, labels in HEADS.items():
                scores = with_label(mixed[head][i], labels, row, head)
                out[f"{head}_scores"] = {k: round(float(v), 4) for k, v in zip(labels, scores)}
            print(json.dumps(out, ensure_ascii=False))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    t = commands.add_parser("train", help="fine-tune the teacher")
    t.add_argument("encoder", help="folder of the encoder")
    t.add_argument("teacher", help="file to write the weights to")
    t.add_argument("--gold", nargs="+", required=True, help="classified statements with labels under `extra`")
    t.add_argument("--soft", nargs="*", default=[], help="classified statements whose scores the first epoch learns too")
    t.add_argument("--dev", nargs="*", default=[], help="classified statements with labels, to score on")
    t.add_argument("--epochs", type=int, default=3)
    t.add_argument("--batch", type=int, default=24)
    t.add_argument("--rate", type=float, default=4e-5, help="peak learning rate of the encoder")
    t.add_argument("--seed", type=int, default=17)
    t.set_defaults(run=train)
    s = commands.add_parser("label", help="write soft labels for `standoff train`")
    s.add_argument("encoder", help="folder of the encoder")
    s.add_argument("teacher", help="weights that `train` wrote")
    s.add_argument("classified", nargs="+", help="output of standoff classify")
    s.add_argument("--share", type=float, default=0.5, help="the teacher's share; the rest are the scores in the input")
    s.set_defaults(run=label)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
