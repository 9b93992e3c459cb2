"""`calculate`: arithmetic, read by Python's parser and worked out here step by step; nothing is ever evaluated as code.

What a model writes may be meant to cost a lot (`9**9**9`), so lengths, exponents and digits have limits.
"""

import ast
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

from playground.tools.builtin.base import Builtin, ToolFailed, text_argument
from playground.tools.definitions import make_tool

MAX_CHARACTERS = 500
MAX_BITS = 4096  # of a whole number: about 1,200 digits
MAX_ROUND = 1000

Number = int | float
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}


def make_calculate() -> Builtin:
    """The function."""
    about = (
        f"Work out an arithmetic expression. Operators + - * / // % ** and ( ); {', '.join(_FUNCTIONS)}; pi, e, tau."
    )
    parameters = {
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "Such as (2 + 3) * sqrt(16) / 2**10"}},
        "required": ["expression"],
    }

    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        return {"result": calculate(text_argument(arguments, "expression"))}

    return Builtin(make_tool("calculate", about, parameters), call)


def calculate(expression: str) -> Number:
    """The value; whole numbers stay whole and exact.

    Raises:
        ToolFailed: it is no arithmetic, has no value, or is too large.
    """
    if len(expression) > MAX_CHARACTERS:
        raise ToolFailed(f"The expression has more than {MAX_CHARACTERS} characters.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's own, as of "1if 2 else 3"
            tree = ast.parse(expression, mode="eval")
        value = _value(tree.body)
    except ZeroDivisionError:
        raise ToolFailed("Division by zero.") from None
    except (SyntaxError, MemoryError, RecursionError):
        raise ToolFailed(f"{expression!r} is not an arithmetic expression.") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise ToolFailed(f"It has no value: {error}.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ToolFailed("The value is too large for a number.")
    return value


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _bounded(_UNARY[type(sign)](_value(operand)))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _bounded(_BINARY[type(sign)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _apply(name, [_value(argument) for argument in arguments])
    raise ToolFailed(f"{ast.unparse(node)[:100]!r} is not arithmetic that is known here.")


def _apply(name: str, values: list[Number]) -> Number:
    if name == "round" and len(values) == 2 and abs(values[1]) > MAX_ROUND:  # noqa: PLR2004 - value and digits
        raise ToolFailed("It rounds to too many digits.")
    return _bounded(_FUNCTIONS[name](*values))


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MAX_BITS:
        if abs(base) > 1:
            raise ToolFailed("The power is too large a number.")
        exponent = 2 + exponent % 2  # of 1, 0 and -1 only the parity counts
    return _bounded(base**exponent)


def _bounded(value: Any) -> Number:
    if isinstance(value, int | float):
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise ToolFailed("The numbers grow too large.")
        return value
    raise ToolFailed("The value is not a real number.")
