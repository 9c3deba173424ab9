"""Nearest neighbours by inner product of unit vectors: exact (the reference) and HNSW."""

from retrieval.index.exact import ExactIndex
from retrieval.index.hnsw import HnswIndex

__all__ = ["ExactIndex", "HnswIndex"]
