"""Compares `standoff classify` with a transformers pipeline and ONNX Runtime, in one run.

    PEERS/bin/python scripts/compare/speed.py [--model NAME] [--statements FILE] [--count 3000] [--threads 2] [--rounds 3]

All hold the same encoder, the one that Standoff's model (the default one without --model) classifies with, and go from text in to labels out:
the pipeline with one head of three labels at batch sizes 1, 8, 32 and 64; ONNX Runtime in fp32 and
dynamic int8, in batches bucketed by length with the same token budget as Standoff; Standoff as it is
by default, which computes two heads and the tagger, finds speakers and mentions, and writes JSON.
Every contender runs in a process of its own; the time is from the first text to the last label,
without loading, for the peers. For Standoff it is the whole process with loading; a second row takes
off what a run on a single sentence takes, to compare like with like. Rounds take turns,
so that a busy moment hits all; the best round of each counts.

Without --statements the texts are the project's own gold sentences. The result is Markdown on stdout.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUDGET = 1024
PIPELINE = (1, 8, 32, 64)
WHOLE = "standoff classify, the whole process"


def own_texts(count):
    """The project's own gold sentences, each once, then again with a running number."""
    texts = {}
    for path in sorted((ROOT / "eval/gold").rglob("*.jsonl")):
        if "annotations" in path.parts:
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for key in ("text", "a", "b"):
                if isinstance(row.get(key), str) and len(row[key].split()) >= 8:
                    texts[row[key]] = None
    unique = list(texts)
    out = [t if k == 0 else f"{t} [{k}]" for k in range(count // len(unique) + 1) for t in unique]
    return out[:count]


def given_texts(path, count):
    out = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.strip():
            out.append(json.loads(line)["text"] if line.lstrip().startswith("{") else line)
    return out[:count]


def memory():
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def buckets(lengths):
    """Indices in batches of about BUDGET tokens, longest first."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    batch, width = [], 0
    for i in order:
        width = width or lengths[i]
        if batch and (len(batch) + 1) * width > BUDGET:
            yield batch
            batch, width = [], lengths[i]
        batch.append(i)
    if batch:
        yield batch


def encoder_of(program, model):
    """The folder of the encoder that a model of Standoff classifies with."""
    command = [program, "info", "--json", *(["--model", model] if model else [])]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return ROOT / "models/base" / told["model"]["statements"]["encoder"]


def model_with_head(encoder):
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=3).eval()


def run_pipeline(texts, threads, size, encoder):
    import torch
    from transformers import AutoTokenizer, pipeline

    torch.set_num_threads(threads)
    classify = pipeline("text-classification", model=model_with_head(encoder), tokenizer=AutoTokenizer.from_pretrained(encoder))
    classify(texts[:8], batch_size=size)
    started = time.perf_counter()
    labels = classify(texts, batch_size=size, truncation=True, max_length=192)
    seconds = time.perf_counter() - started
    assert len(labels) == len(texts)
    return seconds


def export(folder, encoder):
    """Writes fp32.onnx and int8.onnx."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = model_with_head(encoder)
    model.config.return_dict = False
    sample = torch.ones(2, 16, dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    names = names[: 3 if getattr(model.config, "type_vocab_size", 0) else 2]
    axes = {n: {0: "batch", 1: "tokens"} for n in names}
    torch.onnx.export(model, (sample, sample, sample * 0)[: len(names)], folder / "fp32.onnx", input_names=names,
                      output_names=["logits"], dynamic_axes={**axes, "logits": {0: "batch"}}, opset_version=17)
    quantize_dynamic(folder / "fp32.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8)


def run_onnx(texts, threads, file, encoder):
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    wanted = [i.name for i in session.get_inputs()]
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(192)

    def classify(texts):
        encoded = tokenizer.encode_batch(texts)
        labels = [0] * len(texts)
        for rows in buckets([len(e.ids) for e in encoded]):
            width = len(encoded[rows[0]].ids)
            ids = np.zeros((len(rows), width), dtype=np.int64)
            mask = np.zeros_like(ids)
            for r, i in enumerate(rows):
                n = len(encoded[i].ids)
                ids[r, :n] = encoded[i].ids
                mask[r, :n] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
            logits = session.run(None, {name: feed[name] for name in wanted})[0]
            for i, label in zip(rows, logits.argmax(-1)):
                labels[i] = int(label)
        return labels

    classify(texts[:8])
    started = time.perf_counter()
    classify(texts)
    return time.perf_counter() - started


def run_standoff(texts, threads, program, model):
    """Seconds for the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.jsonl"
        path.write_text("".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(texts)), encoding="utf-8")
        started = time.perf_counter()
        command = [program, "classify", str(path), "--quiet", "--threads", str(threads), *(["--model", model] if model else [])]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        seconds = time.perf_counter() - started
    assert done.stdout.count(b"\n") == len(texts)
    return seconds


def child(arguments):
    """One measurement, printed as JSON: seconds and peak memory in MB."""
    kind, what = arguments.only.split(":", 1)
    encoder = Path(arguments.encoder)
    if kind == "export":
        return export(Path(what), encoder)
    texts = json.loads(Path(arguments.statements).read_text(encoding="utf-8"))
    run = {"pipeline": lambda: run_pipeline(texts, arguments.threads, int(what), encoder),
           "onnx": lambda: run_onnx(texts, arguments.threads, what, encoder),
           "standoff": lambda: run_standoff(texts, arguments.threads, what, arguments.model)}[kind]
    result = {"seconds": run(), "memory": memory()}
    if kind == "standoff":
        result["loading"] = min(run_standoff(texts[:1], arguments.threads, what, arguments.model) for _ in range(3))
        result["memory"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statements", help="texts, one a line, or JSONL with a field `text`")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--standoff", default=str(ROOT / "target/release/standoff"))
    parser.add_argument("--model", help="Standoff's model; its default one without")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--encoder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        return child(arguments)
    passed_on = ["--encoder", str(encoder_of(arguments.standoff, arguments.model)), *(["--model", arguments.model] if arguments.model else [])]
    texts = given_texts(arguments.statements, arguments.count) if arguments.statements else own_texts(arguments.count)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        # In a process of its own: a child's peak memory starts from its parent's.
        subprocess.run([sys.executable, __file__, "--only", f"export:{folder}", *passed_on], check=True, stdout=sys.stderr)
        contenders = {f"transformers pipeline, batch {n}": f"pipeline:{n}" for n in PIPELINE}
        contenders["ONNX Runtime fp32, bucketed"] = f"onnx:{folder / 'fp32.onnx'}"
        contenders["ONNX Runtime int8, bucketed"] = f"onnx:{folder / 'int8.onnx'}"
        contenders[WHOLE] = f"standoff:{arguments.standoff}"
        best = {}
        for turn in range(arguments.rounds):
            for name, only in contenders.items():
                if turn > 0 and only in ("pipeline:1",):
                    continue
                command = [sys.executable, __file__, "--only", only, "--statements", str(folder / "texts.json"), "--threads", str(arguments.threads), *passed_on]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode != 0:
                    sys.exit(f"{name} failed:\n{done.stderr}")
                result = json.loads(done.stdout.splitlines()[-1])
                print(f"round {turn + 1}, {name}: {len(texts) / result['seconds']:.0f}/s", file=sys.stderr)
                if name not in best or result["seconds"] < best[name]["seconds"]:
                    best[name] = result
    whole = best[WHOLE]
    best["standoff classify without loading"] = {**whole, "seconds": whole["seconds"] - whole["loading"]}
    peer = min(v["seconds"] for k, v in best.items() if k.startswith("transformers"))
    print(f"{len(texts)} statements, {arguments.threads} threads, best of {arguments.rounds} rounds\n")
    print("| | statements/s | against the best pipeline | peak memory, MB |\n|---|---:|---:|---:|")
    for name, result in best.items():
        print(f"| {name} | {len(texts) / result['seconds']:.0f} | {peer / result['seconds']:.2f} | {result['memory']:.0f} |")


if __name__ == "__main__":
    main()
