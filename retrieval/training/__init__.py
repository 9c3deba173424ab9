"""Making of the embedder: base weights, pruning, fine-tuning, export. Torch lives only here."""
