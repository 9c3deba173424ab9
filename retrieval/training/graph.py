"""A BERT encoder with mean pooling and unit length, written straight as an ONNX graph.

Written by hand rather than traced: the graph then holds the fused operators that ONNX Runtime
runs fastest, the same bytes come out on every machine, and each matrix can be stored in int8
with a name that leads back to the torch parameter it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data

from retrieval.embedder import VECTOR_OUTPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

OPSET = 17
CONTRIB = "com.microsoft"
SCALE_SUFFIX, FLOOR_SUFFIX = ".scale", ".floor"
STACK = "+"
# One bit less than int8 holds. CPUs without VNNI add two u8 x s8 products in 16 bits, and
# 2 * 255 * 64 = 32,640 is the largest sum that still fits.
WEIGHT_LIMIT = 64
TABLE_LIMIT = 127
# GELU is never below -0.16998.
GELU_FLOOR = -0.17
# Bytes; what is mapped into memory starts at a multiple of it.
PAGE = 4096

Precision = Literal["fp32", "int8"]


@dataclass(frozen=True)
class EncoderSizes:
    """What the graph must know beside the weights."""

    hidden: int
    layers: int
    heads: int
    epsilon: float


class Product(NamedTuple):
    """Names of a matrix product and of the bias that the next operator still has to add."""

    output: str
    bias: str


@dataclass
class GraphBuilder:
    """Nodes and initialisers of a graph that grows from its inputs to its outputs."""

    weights: Mapping[str, NDArray[np.float32]]
    sizes: EncoderSizes
    precision: Precision
    nodes: list[Any] = field(default_factory=list)
    initialisers: dict[str, Any] = field(default_factory=dict)

    def node(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """Append a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, values: Any) -> str:
        """Store an array once and return its name."""
        if name not in self.initialisers:
            self.initialisers[name] = numpy_helper.from_array(np.asarray(values), name)
        return name

    def parameter(self, name: str) -> str:
        """Store a torch parameter in float32 under its own name."""
        return self.constant(name, self.weights[name])

    def embed(self, ids: str) -> str:
        """Look up word rows, stored in float32 or as int8 with one scale a row."""
        name = "embeddings.word_embeddings.weight"
        if self.precision == "fp32":
            return self.node("Gather", [self.parameter(name), ids], "words")
        values, scale = quantise_rows(self.weights[name], TABLE_LIMIT)
        rows = self.node("Gather", [self.constant(name, values), ids], "word_rows")
        scales = self.constant(name + SCALE_SUFFIX, scale[:, None])
        scale_rows = self.node("Gather", [scales, ids], "word_scales")
        floats = self.node("Cast", [rows], "word_floats", to=TensorProto.FLOAT)
        return self.node("Mul", [floats, scale_rows], "words")

    def linear(self, x: str, module: str, *, floor: float | None = None) -> Product:
        """Multiply by one or several stacked torch matrices.

        Args:
            x: Name of the input, (n, tokens, width).
            module: Torch module, `path.query+key+value` where several are stacked.
            floor: A value that no element of `x` is below, where one is known.
        """
        weight = self._stacked(module, "weight")
        bias = self._stacked(module, "bias")
        if self.precision == "fp32":
            transposed = self.constant(f"{module}.weight", np.ascontiguousarray(weight.T))
            product = self.node("MatMul", [x, transposed], f"{module}.product")
            return Product(product, self.constant(f"{module}.bias", bias))
        return self._linear_int8(x, module, weight, bias, floor)

    def _stacked(self, module: str, part: str) -> NDArray[np.float32]:
        return np.concatenate([self.weights[f"{name}.{part}"] for name in split_stack(module)])

    def _linear_int8(
        self,
        x: str,
        module: str,
        weight: NDArray[np.float32],
        bias: NDArray[np.float32],
        floor: float | None,
    ) -> Product:
        values, scale = quantise_rows(weight, WEIGHT_LIMIT)
        if floor is not None:
            # The product is taken of x - floor; what that adds is a constant, taken off here.
            bias = bias + np.float32(floor) * (values.astype(np.float32).sum(axis=1) * scale)
            lowest = self.constant(module + FLOOR_SUFFIX, np.float32(floor))
            x = self.node("Sub", [x, lowest], f"{x}.raised")
        rows, peak, step, zero = self._quantise_tokens(x, signed=floor is None)
        inputs = [
            rows,
            self.constant(f"{module}.weight", np.ascontiguousarray(values.T)),
            step,
            self.constant(f"{module}.weight{SCALE_SUFFIX}", scale),
            zero,
        ]
        product = self.node("MatMulIntegerToFloat", inputs, f"{module}.ratio", domain=CONTRIB)
        scaled = self.node("Mul", [product, peak], f"{module}.product")
        return Product(scaled, self.constant(f"{module}.bias", bias))

    def _quantise_tokens(self, x: str, *, signed: bool) -> tuple[str, str, str, str]:
        """Round each token to 8 bits by its own largest value, not by the batch's.

        So a text has the same vector alone and in any batch; ONNX Runtime's own dynamic
        quantisation takes one scale for the whole batch.

        Returns:
            Names of the rounded rows, of each token's peak, of the step and of the zero point.
        """
        levels, middle = (127, 128) if signed else (255, 0)
        step = self.constant(f"step_{levels}", np.float32(1 / levels))
        zero = self.constant(f"zero_{middle}", np.uint8(middle))
        sized = self.node("Abs", [x], f"{x}.size") if signed else x
        peak = self.node("ReduceMax", [sized], f"{x}.peak", axes=[-1], keepdims=1)
        ratio = self.node("Div", [x, peak], f"{x}.ratio")
        return self.node("QuantizeLinear", [ratio, step, zero], f"{x}.rows"), peak, step, zero

    def add_and_normalise(self, product: Product, residual: str, module: str) -> str:
        """Add the bias and a residual, and apply the named LayerNorm."""
        inputs = [
            product.output,
            residual,
            self.parameter(f"{module}.weight"),
            self.parameter(f"{module}.bias"),
            product.bias,
        ]
        return self.node(
            "SkipLayerNormalization",
            inputs,
            f"{module}.out",
            domain=CONTRIB,
            epsilon=self.sizes.epsilon,
        )


def split_stack(module: str) -> list[str]:
    """Name the torch modules behind a stacked matrix.

    >>> split_stack("self.query+key")
    ['self.query', 'self.key']
    """
    path, _, names = module.rpartition(".")
    return [f"{path}.{name}" for name in names.split(STACK)]


def quantise_rows(
    weight: NDArray[np.float32], limit: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round each row to integers in [-limit, limit].

    Returns:
        int8 of the same shape and one float32 scale a row; row * scale is the row again.
    """
    peak = np.abs(weight).max(axis=1)
    scale = (np.where(peak > 0, peak, 1) / limit).astype(np.float32)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


def build_graph(
    weights: Mapping[str, NDArray[np.float32]], sizes: EncoderSizes, precision: Precision
) -> onnx.ModelProto:
    """Write the encoder as a model from `input_ids` and `attention_mask` to two outputs.

    Args:
        weights: State dict of a BertModel.
        sizes: Its configuration.
        precision: How matrices are stored and multiplied.

    Returns:
        A model with the outputs `sentence_embedding` (n, hidden), of unit length, and
        `token_embeddings` (n, tokens, hidden); both inputs are int64 (n, tokens).
    """
    builder = GraphBuilder(weights, sizes, precision)
    mask = builder.node("Cast", ["attention_mask"], "mask_int32", to=TensorProto.INT32)
    x = _embeddings(builder)
    for layer in range(sizes.layers):
        x = _layer(builder, x, mask, f"encoder.layer.{layer}.")
    builder.node("Identity", [x], "token_embeddings")
    _pool(builder, x)
    return _finish(builder)


def move_weights(model: onnx.ModelProto, location: str) -> bytes:
    """Take every array of a page or more out of a model, into a file that can be mapped.

    Args:
        model: Changed in place: it refers to the file instead.
        location: Name that the file will have, in the folder of the model's own file.

    Returns:
        What the file must hold; each array starts at a page.
    """
    content = bytearray()
    for tensor in model.graph.initializer:
        size = len(tensor.raw_data)
        if size >= PAGE:
            content += bytes(-len(content) % PAGE)
            set_external_data(tensor, location, len(content), size)
            content += tensor.raw_data
            tensor.ClearField("raw_data")
    return bytes(content)


def _embeddings(builder: GraphBuilder) -> str:
    words = builder.embed("input_ids")
    # Every token is of type 0, so that row becomes part of the positions.
    positions = builder.weights["embeddings.position_embeddings.weight"]
    kind = builder.weights["embeddings.token_type_embeddings.weight"][0]
    table = builder.constant("positions", (positions + kind).astype(np.float32))
    shape = builder.node("Shape", ["input_ids"], "shape", start=1, end=2)
    zero = builder.constant("zero", np.array([0], np.int64))
    rows = builder.node("Slice", [table, zero, shape, zero], "position_rows")
    summed = builder.node("Add", [words, rows], "embedding_sum")
    norm = "embeddings.LayerNorm"
    inputs = [summed, builder.parameter(f"{norm}.weight"), builder.parameter(f"{norm}.bias")]
    return builder.node(
        "LayerNormalization", inputs, f"{norm}.out", axis=-1, epsilon=builder.sizes.epsilon
    )


def _layer(builder: GraphBuilder, x: str, mask: str, prefix: str) -> str:
    attended = _attention(builder, x, mask, f"{prefix}attention.")
    wide = builder.linear(attended, f"{prefix}intermediate.dense")
    active = builder.node("BiasGelu", [*wide], f"{prefix}gelu", domain=CONTRIB)
    narrow = builder.linear(active, f"{prefix}output.dense", floor=GELU_FLOOR)
    return builder.add_and_normalise(narrow, attended, f"{prefix}output.LayerNorm")


def _attention(builder: GraphBuilder, x: str, mask: str, prefix: str) -> str:
    stacked = builder.linear(x, f"{prefix}self.query{STACK}key{STACK}value")
    parts = [f"{prefix}{name}" for name in ("query", "key", "value")]
    thirds = builder.constant("thirds", np.array([builder.sizes.hidden] * 3, np.int64))
    builder.nodes.append(
        helper.make_node("Split", [stacked.output, thirds], parts, name=f"{prefix}split", axis=-1)
    )
    heads = builder.node(
        "MultiHeadAttention",
        [*parts, stacked.bias, mask],
        f"{prefix}heads",
        domain=CONTRIB,
        num_heads=builder.sizes.heads,
    )
    projected = builder.linear(heads, f"{prefix}output.dense")
    return builder.add_and_normalise(projected, x, f"{prefix}output.LayerNorm")


def _pool(builder: GraphBuilder, x: str) -> None:
    """Average the tokens that the mask keeps, and scale to unit length."""
    # (n, 1, tokens) x (n, tokens, hidden): the sum over kept tokens. Its direction is that of
    # the mean, so the division by their number is left to the normalisation.
    floats = builder.node("Cast", ["attention_mask"], "mask_floats", to=TensorProto.FLOAT)
    one = builder.constant("one", np.array([1], np.int64))
    row = builder.node("Unsqueeze", [floats, one], "mask_row")
    summed = builder.node("MatMul", [row, x], "token_sum")
    flat = builder.node("Squeeze", [summed, one], "token_sum_flat")
    builder.node("LpNormalization", [flat], VECTOR_OUTPUT, axis=-1, p=2)


def _finish(builder: GraphBuilder) -> onnx.ModelProto:
    hidden = builder.sizes.hidden
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        helper.make_tensor_value_info(VECTOR_OUTPUT, TensorProto.FLOAT, ["n", hidden]),
        helper.make_tensor_value_info(
            "token_embeddings", TensorProto.FLOAT, ["n", "tokens", hidden]
        ),
    ]
    graph = helper.make_graph(
        builder.nodes, "sentence_encoder", ids, outputs, list(builder.initialisers.values())
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="govi")
