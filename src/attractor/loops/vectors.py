"""Vectors of numbers inside compiled loops, for where the compiler does not find them by itself.

To numba a `Vector` is one value of LANES float32 numbers: sums and products of two are taken lane
by lane, and stay in registers. It reads rows and writes rows, and no index is checked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

Vector: TypeAlias = Any
LANES = 16  # of AVX-512; elsewhere the compiler makes two or four registers of it
_FLOAT, _NUMBER, _BIT = ir.FloatType(), ir.IntType(32), ir.IntType(1)
_VECTOR, _NUMBERS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_NUMBER, LANES)
_MASK = ir.VectorType(_BIT, LANES)
# A product and a sum may be one instruction, and no more: the parts of ln 2 in exponential.py
# would not bear another order.
_FREEDOM = ("contract",)


class _VectorType(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="Vector")


VECTOR = _VectorType()


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _instruction(function: Callable[..., Any]) -> Any:
    """A function that tells numba the type of an instruction's result, and how it is written; typed
    for mypy, which takes what it makes for anything.
    """
    return intrinsic(function)


def _lane_by_lane(sign: Any, name: str) -> None:
    """Teach numba an operation on two vectors."""

    def kind(context: Any) -> Any:
        return lambda a, b: VECTOR if a == VECTOR and b == VECTOR else None

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return getattr(builder, name)(*operands, flags=_FREEDOM)

    type_callable(sign)(kind)
    lower_builtin(sign, VECTOR, VECTOR)(emit)


_lane_by_lane(operator.add, "fadd")
_lane_by_lane(operator.sub, "fsub")
_lane_by_lane(operator.mul, "fmul")
_lane_by_lane(operator.truediv, "fdiv")


@_instruction
def splat(context: Any, x: Any) -> Any:
    """A vector whose lanes are all the number x."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return _splat(builder, operands[0], _VECTOR)

    return VECTOR(types.float32), emit


@_instruction
def load(context: Any, row: Any, n: Any) -> Any:
    """The numbers row[n], row[n + 1], …"""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.load(_place(context, builder, signature, operands), align=4)

    return VECTOR(row, n), emit


@_instruction
def store(context: Any, row: Any, n: Any, vector: Any) -> Any:
    """Put a vector at row[n], row[n + 1], …"""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        builder.store(operands[2], _place(context, builder, signature, operands), align=4)
        return context.get_dummy_value()

    return types.void(row, n, vector), emit


@_instruction
def load_until(context: Any, row: Any, n: Any, end: Any) -> Any:
    """The numbers row[n], … before row[end], and 0 in the lanes that are left."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        place = _place(context, builder, signature, operands)
        kind = ir.FunctionType(_VECTOR, [place.type, _NUMBER, _MASK, _VECTOR])
        call = builder.module.declare_intrinsic("llvm.masked.load.v16f32.p0", (), kind)
        mask = _before(builder, operands[1], operands[2])
        return builder.call(call, [place, _NUMBER(4), mask, ir.Constant(_VECTOR, [0.0] * LANES)])

    return VECTOR(row, n, end), emit


@_instruction
def store_until(context: Any, row: Any, n: Any, end: Any, vector: Any) -> Any:
    """Put the lanes of a vector that belong before row[end] at row[n], row[n + 1], …"""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        place = _place(context, builder, signature, operands)
        kind = ir.FunctionType(ir.VoidType(), [_VECTOR, place.type, _NUMBER, _MASK])
        call = builder.module.declare_intrinsic("llvm.masked.store.v16f32.p0", (), kind)
        mask = _before(builder, operands[1], operands[2])
        builder.call(call, [operands[3], place, _NUMBER(4), mask])
        return context.get_dummy_value()

    return types.void(row, n, end, vector), emit


@_instruction
def clamp(context: Any, vector: Any, most: Any) -> Any:
    """What is beyond -most … most of a vector at those; what is no number stays none."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        x, most = operands
        least = builder.fsub(ir.Constant(_VECTOR, [-0.0] * LANES), most)
        x = builder.select(builder.fcmp_ordered(">", x, most), most, x)
        return builder.select(builder.fcmp_ordered("<", x, least), least, x)

    return VECTOR(vector, most), emit


@_instruction
def maximum(context: Any, one: Any, other: Any) -> Any:
    """The larger of two numbers, lane by lane; where one of them is no number, that."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        a, b = operands
        larger = builder.fcmp_unordered(">", a, b)
        return builder.select(builder.fcmp_unordered("uno", b, b), b, builder.select(larger, a, b))

    return VECTOR(one, other), emit


@_instruction
def rounded(context: Any, vector: Any) -> Any:
    """The nearest whole numbers."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        call = builder.module.declare_intrinsic("llvm.rint.v16f32", (), kind)
        return builder.call(call, operands)

    return VECTOR(vector), emit


@_instruction
def power_of_two(context: Any, vector: Any) -> Any:
    """2 to the power of whole numbers from -126 to 127, put together from its exponent's bits."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        whole = builder.fptosi(operands[0], _NUMBERS)
        biased = builder.add(whole, ir.Constant(_NUMBERS, [127] * LANES))
        return builder.bitcast(builder.shl(biased, ir.Constant(_NUMBERS, [23] * LANES)), _VECTOR)

    return VECTOR(vector), emit


def _place(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
    """Where a row's number n stands, as an address of a vector."""
    row = context.make_array(signature.args[0])(context, builder, operands[0])
    return builder.bitcast(builder.gep(row.data, [operands[1]]), _VECTOR.as_pointer())


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _NUMBER(0))
    return builder.shuffle_vector(one, one, ir.Constant(_NUMBERS, [0] * LANES))


def _before(builder: Any, n: Any, end: Any) -> Any:
    """Which lanes of a vector at n stand before end."""
    left = builder.trunc(builder.sub(end, n), _NUMBER)
    lanes = ir.Constant(_NUMBERS, list(range(LANES)))
    return builder.icmp_signed("<", lanes, _splat(builder, left, _NUMBERS))
