"""Vector steps that numba does not find by itself: one instruction, many rows.

Each intrinsic emits a few lines of target-independent LLVM code, and LLVM turns them into whatever vectors the
processor has: AVX-512, AVX2, SSE2, NEON. No operation is fused or reordered, so the bits do not depend on which.

They stand at module level because numba caches no kernel that uses an intrinsic built inside a function. They take
whole arrays and indices, check no bounds, and expect C order.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from detector.kernels.compilation import kernel

LANES = 16  # rows that one explaining step handles; two AVX-512 vectors of float64
FACTORS = 8  # numbers of one step at one quadrature point, for two edges
WORDS = 8  # 64-bit words in a mask of 512 rows, the block of the bit scorer

Emitter = tuple[Any, Callable[..., Any]]

_BIT, _BYTE, _INT32, _INT64 = (ir.IntType(width) for width in (1, 8, 32, 64))
_FLOAT32, _FLOAT64 = ir.FloatType(), ir.DoubleType()
_LANE_MASK = ir.IntType(LANES)
_LANE_FLAGS = ir.VectorType(_BIT, LANES)
_LANE_VALUES = ir.VectorType(_FLOAT64, LANES)
_ROW_MASK = ir.VectorType(_INT64, WORDS)


# numba declares no types for these.
_unpack: Callable[..., Any] = cgutils.unpack_tuple
_variable: Callable[..., Any] = cgutils.alloca_once_value
_tuple_of: Callable[..., Any] = types.UniTuple


def _vector_step(emitter: Callable[..., Emitter]) -> Callable[..., Any]:
    """`emitter` as a function that kernels call with all its arguments but the first."""
    step: Callable[..., Any] = intrinsic(emitter)
    return step


class _Array:
    """An array argument inside an intrinsic: pointers to its elements, loads and stores.

    `width`, the length of its last axis, is a constant, which spares multiplications.
    """

    def __init__(self, builder: Any, struct: Any, width: int) -> None:
        self.builder = builder
        self.first = struct.data
        self.shape = [*_unpack(builder, struct.shape)[:-1], ir.Constant(_INT64, width)]

    def pointer(self, kind: Any, *indices: Any) -> Any:
        """The element at `indices` (the last ones 0 if left out), as a pointer to `kind`."""
        position = ir.Constant(_INT64, 0)
        for axis, length in enumerate(self.shape):
            position = self.builder.mul(position, length)
            if axis < len(indices):
                position = self.builder.add(position, indices[axis])
        return self.builder.bitcast(self.builder.gep(self.first, [position]), kind.as_pointer())

    def load(self, kind: Any, *indices: Any) -> Any:
        value = self.builder.load(self.pointer(kind, *indices))
        value.align = 1  # as fast as an aligned load where the address is aligned, and right where it is not
        return value

    def store(self, value: Any, *indices: Any) -> None:
        self.builder.store(value, self.pointer(value.type, *indices)).align = 1


def _array(context: Any, builder: Any, kind: Any, value: Any, width: int) -> _Array:
    return _Array(builder, context.make_array(kind)(context, builder, value=value), width)


def _spread(builder: Any, scalar: Any, lanes: int) -> Any:
    """A vector with the scalar in every lane."""
    kind = ir.VectorType(scalar.type, lanes)
    undefined = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(_INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INT32, lanes), [0] * lanes))


def _spread_from(array: _Array, lanes: int, *indices: Any) -> Any:
    return _spread(array.builder, array.load(_FLOAT64, *indices), lanes)


def _constant(value: int) -> Any:
    return ir.Constant(_INT64, value)


@_vector_step
def goes_left(typing_context: Any, columns: Any, column: Any, threshold: Any, missing_left: Any) -> Emitter:
    """Bit r: row r of LANES goes left by its float32 in `columns[column]`; `missing_left` is all bits or none."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        column_values = _array(context, builder, columns, arguments[0], LANES)
        values = column_values.load(ir.VectorType(_FLOAT32, LANES), arguments[1])
        met = builder.fcmp_ordered("<=", values, _spread(builder, arguments[2], LANES))
        missing = builder.bitcast(builder.fcmp_unordered("uno", values, values), _LANE_MASK)
        return builder.or_(builder.bitcast(met, _LANE_MASK), builder.and_(missing, arguments[3]))

    return types.uint16(columns, types.int64, types.float32, types.uint16), emit


@_vector_step
def push_down(typing_context: Any, products: Any, factors: Any, place: Any, masks: Any) -> Emitter:
    """Products of the two children of a node from its own, at every quadrature point and for LANES rows.

    `products[node, point, lane]`; `factors[step, point]` starts with: left met, right met, missed.
    `place` is (node, left, right, step); `masks` is (met all splits on the column above, goes left).
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = _array(context, builder, products, arguments[0], LANES)
        factor = _array(context, builder, factors, arguments[1], FACTORS)
        node, left, right, step = _unpack(builder, arguments[2])
        met, lefts = (builder.bitcast(mask, _LANE_FLAGS) for mask in _unpack(builder, arguments[3]))
        same = ir.Constant(_LANE_VALUES, [1.0] * LANES)
        with cgutils.for_range(builder, product.shape[1]) as loop:
            to_left, to_right, missed = (
                _spread_from(factor, LANES, step, loop.index, _constant(k)) for k in range(3)
            )
            to_left = builder.select(met, builder.select(lefts, to_left, missed), same)
            to_right = builder.select(met, builder.select(lefts, missed, to_right), same)
            above = product.load(_LANE_VALUES, node, loop.index)
            product.store(builder.fmul(above, to_left), left, loop.index)
            product.store(builder.fmul(above, to_right), right, loop.index)
        return context.get_dummy_value()

    return types.void(products, factors, _tuple_of(types.int64, 4), _tuple_of(types.uint16, 2)), emit


@_vector_step
def pull_up(
    typing_context: Any, products: Any, factors: Any, charges: Any, place: Any, masks: Any
) -> Emitter:
    """Sum of the two children of a node into the node, and what its two edges add to `charges[column]`.

    `factors[step, point]` goes on with: charge of left met, right met, missed; scale of the left child, the right.
    `place` is (node, left, right, step, column); `masks` as in `push_down`.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = _array(context, builder, products, arguments[0], LANES)
        factor = _array(context, builder, factors, arguments[1], FACTORS)
        charge = _array(context, builder, charges, arguments[2], LANES)
        node, left, right, step, column = _unpack(builder, arguments[3])
        met, lefts = (builder.bitcast(mask, _LANE_FLAGS) for mask in _unpack(builder, arguments[4]))
        nothing = ir.Constant(_LANE_VALUES, [0.0] * LANES)
        total = _variable(builder, nothing)
        scale_left, scale_right = (
            _spread_from(factor, LANES, step, _constant(0), _constant(k)) for k in (6, 7)
        )
        with cgutils.for_range(builder, product.shape[1]) as loop:
            from_left, from_right, missed = (
                _spread_from(factor, LANES, step, loop.index, _constant(k)) for k in (3, 4, 5)
            )
            below_left = builder.fmul(product.load(_LANE_VALUES, left, loop.index), scale_left)
            below_right = builder.fmul(product.load(_LANE_VALUES, right, loop.index), scale_right)
            change = builder.fadd(
                builder.fmul(below_left, builder.select(lefts, from_left, missed)),
                builder.fmul(below_right, builder.select(lefts, missed, from_right)),
            )
            builder.store(builder.fadd(builder.load(total), change), total)
            product.store(builder.fadd(below_left, below_right), node, loop.index)
        change = builder.select(met, builder.load(total), nothing)
        charge.store(builder.fadd(charge.load(_LANE_VALUES, column), change), column)
        return context.get_dummy_value()

    return types.void(products, factors, charges, _tuple_of(types.int64, 5), _tuple_of(types.uint16, 2)), emit


@_vector_step
def count_below(typing_context: Any, table: Any, line: Any, value: Any) -> Emitter:
    """How many of the 16 float32 of `table[line]` are below the value; 0 for a missing value."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lines = _array(context, builder, table, arguments[0], 16)
        values = lines.load(ir.VectorType(_FLOAT32, 16), arguments[1])
        below = builder.fcmp_ordered("<", values, _spread(builder, arguments[2], 16))
        return builder.zext(builder.ctpop(builder.bitcast(below, ir.IntType(16))), _INT64)

    return types.int64(table, types.int64, types.float32), emit


@_vector_step
def compare_codes(typing_context: Any, met: Any, node: Any, codes: Any, column: Any, code: Any) -> Emitter:
    """`met[node]`, a mask of 512 rows, from `codes[column]` <= code."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        masks = _array(context, builder, met, arguments[0], WORDS)
        bytes_ = _array(context, builder, codes, arguments[2], 64 * WORDS)
        limit = _spread(builder, arguments[4], 64)
        for word in range(WORDS):
            values = bytes_.load(ir.VectorType(_BYTE, 64), arguments[3], _constant(64 * word))
            mask = builder.bitcast(builder.icmp_unsigned("<=", values, limit), _INT64)
            masks.store(mask, arguments[1], _constant(word))
        return context.get_dummy_value()

    return types.void(met, types.int64, codes, types.int64, types.uint8), emit


@_vector_step
def split_rows(typing_context: Any, met: Any, reached: Any, turns: Any, place: Any) -> Emitter:
    """Send the 512 rows that reached a node to its children; note in `turns[depth]` which of them turned right.

    `place` is (node, left, right, depth).
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        masks = _array(context, builder, met, arguments[0], WORDS)
        rows = _array(context, builder, reached, arguments[1], WORDS)
        right_turns = _array(context, builder, turns, arguments[2], WORDS)
        node, left, right, depth = _unpack(builder, arguments[3])
        here = rows.load(_ROW_MASK, node)
        to_left = builder.and_(here, masks.load(_ROW_MASK, node))
        to_right = builder.xor(here, to_left)
        rows.store(to_left, left)
        rows.store(to_right, right)
        right_turns.store(builder.or_(right_turns.load(_ROW_MASK, depth), to_right), depth)
        return context.get_dummy_value()

    return types.void(met, reached, turns, _tuple_of(types.int64, 4)), emit


@_vector_step
def number_leaves(typing_context: Any, turns: Any, leaves: Any, row: Any) -> Emitter:
    """`leaves[row]`: for each of 512 rows the byte whose bit k is its turn at depth k."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        right_turns = _array(context, builder, turns, arguments[0], WORDS)
        numbers = _array(context, builder, leaves, arguments[1], 64 * WORDS)
        kind = ir.VectorType(_BYTE, 64)
        nothing = ir.Constant(kind, [0] * 64)
        for word in range(WORDS):
            number = nothing
            for depth in range(8):
                turned = right_turns.load(_INT64, _constant(depth), _constant(word))
                flags = builder.bitcast(turned, ir.VectorType(_BIT, 64))
                bit = ir.Constant(kind, [(1 << depth) if depth < 7 else -128] * 64)
                number = builder.or_(number, builder.select(flags, bit, nothing))
            numbers.store(number, arguments[2], _constant(64 * word))
        return context.get_dummy_value()

    return types.void(turns, leaves, types.int64), emit


@kernel
def aligned(size: int) -> NDArray[np.uint8]:
    """Zero bytes that start on a cache line: a vector that straddles two lines costs twice."""
    room = np.zeros(size + 64, np.uint8)
    skip = (-room.ctypes.data) % 64
    return room[skip : skip + size]
