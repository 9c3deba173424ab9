"""Teaching the base to give a Sinhala phrasing the vector that it gives the phrasing's English."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch.nn.functional import cosine_similarity

from retrieval.training.base import save_model
from retrieval.training.plan import TrainingRecipe
from retrieval.training.trainer import open_for_training

EPOCHS = 3


def distill(base: Path, out: Path, texts: Mapping[str, str], recipe: TrainingRecipe) -> Path:
    """Train a copy of a base on pairs of a phrasing and its English; return where it was written.

    The targets are the base's own vectors of the English, taken once (Reimers and Gurevych 2020,
    "Making monolingual sentence embeddings multilingual using knowledge distillation"); the loss
    is one less the cosine.
    """
    model = open_for_training(base, recipe)
    asked = [recipe.prompt + text for text in texts]
    english = [recipe.prompt + text for text in texts.values()]
    targets = model.encode(english, convert_to_tensor=True, show_progress_bar=False).clone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate / 4, weight_decay=0)
    generator = torch.Generator().manual_seed(recipe.seed)
    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(asked), generator=generator).split(recipe.batch_size):
            features = model.preprocess([asked[at] for at in batch.tolist()])
            vectors = model(features)["sentence_embedding"]
            loss = (1 - cosine_similarity(vectors, targets[batch])).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    save_model(model, out)
    return out
