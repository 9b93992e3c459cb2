"""JSON values and schemas for property tests."""

from typing import Any

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
NAMES = st.sampled_from(["a", "b", "c", "d/e", "f~g", "$ref", "é"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
SMALL: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 0, 1, 2.5, "", "x", "long text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


def _scalar_schemas() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "minimum": 1},
            {"type": ["number", "null"]},
            {"type": "boolean"},
            {"enum": ["x", 1, None]},
            {"type": "string", "enum": ["x", "y"]},
            {"const": 1},
            {"type": "string", "minLength": 2},
            {"$ref": "#/$defs/leaf"},
            {"$ref": "#/$defs/tree"},
        ]
    )


def _object(inner: st.SearchStrategy[Any], *, strict: bool) -> st.SearchStrategy[dict[str, Any]]:
    required = st.lists(NAMES, max_size=2, unique=True)
    rest = st.sampled_from([True, False]) if strict else st.sampled_from([True, False]) | inner

    def build(properties: dict[str, Any], names: list[str], additional: Any, told: Any) -> dict[str, Any]:
        found = {"type": "object", "properties": properties}
        found["required"] = [name for name in names if name in properties or not strict]
        if told:
            found["additionalProperties"] = additional
        return found

    return st.builds(build, st.dictionaries(NAMES, inner, max_size=3), required, rest, st.booleans())


def schemas(*, strict: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas with two definitions; `strict` leaves out what `fix` cannot make right without more to say."""

    def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        kinds = [
            _object(inner, strict=strict),
            st.builds(lambda items: {"type": "array", "items": items}, inner),
            st.builds(lambda found: {"anyOf": found}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda found: {"allOf": [found]}, inner),
        ]
        if not strict:
            kinds += [
                st.builds(lambda found: {"allOf": found}, st.lists(inner, min_size=1, max_size=2)),
                st.builds(lambda found: {"oneOf": found}, st.lists(inner, min_size=1, max_size=3)),
                st.builds(lambda a, b: {"prefixItems": [a], "items": b, "minItems": 1}, inner, inner),
                st.builds(lambda found: {"not": found}, inner),
                st.builds(lambda found: {"patternProperties": {"^a": found}, "minProperties": 1}, inner),
                st.just({"uniqueItems": True, "maxItems": 2}),
                st.just({"allOf": [True]}),
                st.just({"not": True}),
            ]
        return st.one_of(kinds)

    body = st.recursive(_scalar_schemas(), extend, max_leaves=8)
    leaf = st.sampled_from([{"type": "integer"}, {"type": ["string", "null"]}])
    tree = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/leaf"}, "b": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        "required": ["a"],
        "additionalProperties": False,
    }
    defined = st.builds(lambda found: {"leaf": found, "tree": tree}, leaf)
    if strict:
        return st.builds(lambda found, defs: found | {"$defs": defs}, _object(body, strict=True), defined)
    return st.builds(lambda found, defs: found | {"$defs": defs}, body, defined)
