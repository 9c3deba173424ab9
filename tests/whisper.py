"""A Whisper model that was never taught anything: a few megabytes, and it babbles."""

from pathlib import Path

import pytest

LAYOUT = {"encoder_layers": 1, "decoder_layers": 1, "d_model": 64, "num_mel_bins": 80}
_HEADS = {"encoder_attention_heads": 1, "decoder_attention_heads": 1}
_WIDTHS = {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
_WORDS, _TOKENS, _MOMENTS = 50257, 51865, 1501


def build_model(folder: Path) -> Path:
    """Write one as the real ones are laid out; skip the test where that cannot be done."""
    pytest.importorskip("faster_whisper", reason="the extra [speech] is not installed")
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from ctranslate2.converters.transformers import WhisperLoader

    vocabulary = _build_tokenizer(folder / "tokenizer.json")
    torch.manual_seed(0)
    config = transformers.WhisperConfig(vocab_size=_TOKENS, **LAYOUT, **_HEADS, **_WIDTHS)
    model = transformers.WhisperForConditionalGeneration(config).eval()
    spec = WhisperLoader().get_model_spec(model)
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.lang_ids, spec.config.alignment_heads = list(range(50259, 50358)), [(0, 0)]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    return folder


def _build_tokenizer(path: Path) -> list[str]:
    import tokenizers
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    words = letters + [f"Ġw{number}" for number in range(_WORDS - len(letters))]
    languages = [code for code in _LANGUAGE_CODES if code != "yue"]  # only the newest know it
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    special = [f"<|{name}|>" for name in ("endoftext", "startoftranscript", *languages, *tasks)]
    moments = [f"<|{number * 0.02:.2f}|>" for number in range(_MOMENTS)]
    ids = {word: number for number, word in enumerate(words)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=ids, merges=[]))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(special + moments)
    tokenizer.save(str(path))
    return [*words, *special, *moments]
