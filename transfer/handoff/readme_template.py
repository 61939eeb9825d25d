"""The README of a bundle; Python text, as the model card."""

README = """\
# {{ name }} {{ version }}

{{ texts.summary }}
Read `MODEL_CARD.md` before you use it: what it is for, how good it is, and where it fails.

## On the day it arrives

    python -m venv .venv && .venv/bin/pip install -r requirements.txt    # Windows: .venv\\Scripts\\pip
    python -I verify.py                                                  # every byte, then the golden inputs
    python predict.py a.jpg folder/of/images                             # one line of JSON per image

`verify.py` needs nothing but Python; its second half runs the models on the images in `golden/` and compares the answers
with those of the day the bundle was packed. Whoever can change the bundle can change `verify.py`, too: compare the digest
that it prints with the sender's.

From Python, in this folder:

    from pathlib import Path
    from predict import decode, load

    model = load(Path("."), "{{ tasks | first }}")
    print(model.predict([decode(Path("a.jpg").read_bytes(), model.spec)]))

(`python -B` keeps Python from leaving a `__pycache__` here, which `verify.py` would report as added.)

## What is here

| | |
|---|---|
{% for task, part in tasks.items() %}
| `{{ part.onnx }}` | {{ task }}: from pixels to answers, for onnxruntime; `bundle.json` has its inputs and outputs |
| `{{ part.weights }}` | the same weights for PyTorch, with `facts.json`: for who trains on from here |
{% endfor %}
| `bundle.json` | categories, thresholds, what the models read, for programs |
| `golden/` | inputs with the answers they must get |
| `evidence/` | validation of the data, splits, every measure and every answer on the test split, parity, pictures |
| `lineage/` | code revision, params, stages with hashes, environments |
| `sbom.cdx.json` | CycloneDX bill of materials: what you need, and what the models were made with |
| `SHA256SUMS` | all of the above; `sha256sum -c SHA256SUMS` reads it, too |

Nothing in here is pickle, and no file runs by itself.
"""
