"""SyntaxGym's formulas: what they compare, and what is no formula."""

from __future__ import annotations

import pytest

from attractor.errors import UserError
from attractor.suites.formula import Operation, Region, comparison, conjuncts, parse

A, B, C = Region("6", "a"), Region("6", "b"), Region("5", "c-1")
TEXTS = {A: "(6;%a%)", B: "( 6 ; %b% )", C: "(5;%c-1%)"}


def op(left: object, sign: str, right: object) -> Operation:
    return Operation(sign, left, right)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("{A}", A),
        ("(*;%a%)", Region("*", "a")),
        ("{A}<{B}", op(A, "<", B)),
        ("[{A} > {B}]", op(A, ">", B)),
        ("({A} = 1.5)", op(A, "=", 1.5)),
        ("{A} + {B} < {C}", op(op(A, "+", B), "<", C)),
        ("{A} - {B} - {C}", op(op(A, "-", B), "-", C)),
        ("{A} - ({B} - {C})", op(A, "-", op(B, "-", C))),
        ("{A} < {B} & {B} < {C}", op(op(A, "<", B), "&", op(B, "<", C))),
        (
            "{A} < {B} | {B} < {C} & {A} < {C}",
            op(op(A, "<", B), "|", op(op(B, "<", C), "&", op(A, "<", C))),
        ),
    ],
)
def test_a_formula_is_read_as_a_tree(text: str, tree: object) -> None:
    assert parse(text.format(A=TEXTS[A], B=TEXTS[B], C=TEXTS[C]), "x.json") == tree


def test_what_a_formula_compares() -> None:
    formula = parse("[(6;%a%) < (6;%b%)] & [(5;%c-1%) > (6;%b%)] & [(6;%a%) = (6;%b%)]", "x.json")
    parts = list(conjuncts(formula))
    assert [comparison(part) for part in parts] == [(A, B), (B, C), None]
    either = parse("(6;%a%) < (6;%b%) | (6;%b%) < (6;%a%)", "x.json")
    assert list(conjuncts(either)) == [either]
    assert comparison(either) is None
    assert comparison(parse("(6;%a%) + (6;%b%) < (5;%c-1%)", "x.json")) is None
    assert comparison(parse("(6;%a%) < 3", "x.json")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it ends where a region like (6;%a%) is due"),
        ("(6;%a%) <", "it ends where a region like"),
        ("(6;%a%) < < (6;%b%)", "`<` stands where a region"),
        ("(6;%a%) (6;%b%)", "goes on after its end"),
        ("[(6;%a%) < (6;%b%)", "`[` is not closed"),
        ("[(6;%a%) < (6;%b%))", "`[` is not closed"),
        ("(6;%a%) < (6;%b%)]", "goes on after its end"),
        ("(6;a) < (6;%b%)", "cannot be read from `;a) < (6;%b%)` on"),
        ("__import__('os')", "cannot be read from `__import__('os')` on"),
    ],
)
def test_what_is_no_formula(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text, "x.json, prediction 1")
    assert str(caught.value).startswith(f"x.json, prediction 1: the formula `{text}`")
    assert message in str(caught.value)
