"""What the names in type hints stand for in JSON Schema, as pydantic writes it."""

from collections.abc import Iterable, Mapping
from typing import Any

_STRING: dict[str, Any] = {"type": "string"}
_NUMBERS = ("integer", "number")
_URL = _STRING | {"format": "uri", "minLength": 1}
_SECRET = _STRING | {"format": "password", "writeOnly": True}


def _texts(**formats: str) -> dict[str, dict[str, Any]]:
    """Types that are texts of a format, whose hyphens are written as `_`."""
    return {name: _STRING | {"format": format_.replace("_", "-")} for name, format_ in formats.items()}


PLAIN: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def type_of(values: Iterable[Any], types: Mapping[type, str] = PLAIN) -> dict[str, str]:
    """The keyword `type` for values that are all of one plain type; {} for others."""
    kinds = {type(value) for value in values}
    kind = types.get(kinds.pop()) if len(kinds) == 1 else None
    return {"type": kind} if kind else {}


SIMPLE: dict[str, dict[str, Any]] = {
    "str": _STRING,
    "Text": _STRING,
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "complex": _STRING,
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "Any": {},
    "object": {},
    "Decimal": {"anyOf": [{"type": "number"}, _STRING]},
    "AnyUrl": _URL,
    "AnyHttpUrl": _URL,
    "AnyWebsocketUrl": _URL,
    "FileUrl": _URL,
    "FtpUrl": _URL,
    "HttpUrl": _URL | {"maxLength": 2083},
    "WebsocketUrl": _URL | {"maxLength": 2083},
    "SecretStr": _SECRET,
    "SecretBytes": _SECRET,
    "StrictStr": _STRING,
    "StrictInt": {"type": "integer"},
    "StrictFloat": {"type": "number"},
    "StrictBool": {"type": "boolean"},
    "FiniteFloat": {"type": "number"},
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0},
    "NegativeInt": {"type": "integer", "exclusiveMaximum": 0},
    "NonNegativeInt": {"type": "integer", "minimum": 0},
    "NonPositiveInt": {"type": "integer", "maximum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0},
    "NegativeFloat": {"type": "number", "exclusiveMaximum": 0},
    "NonNegativeFloat": {"type": "number", "minimum": 0},
    "NonPositiveFloat": {"type": "number", "maximum": 0},
} | _texts(
    bytes="binary",
    StrictBytes="binary",
    Base64Str="base64",
    Base64Bytes="base64",
    datetime="date_time",
    AwareDatetime="date_time",
    NaiveDatetime="date_time",
    PastDatetime="date_time",
    FutureDatetime="date_time",
    date="date",
    PastDate="date",
    FutureDate="date",
    time="time",
    timedelta="duration",
    UUID="uuid",
    UUID1="uuid1",
    UUID3="uuid3",
    UUID4="uuid4",
    UUID5="uuid5",
    Path="path",
    PurePath="path",
    NewPath="path",
    FilePath="file_path",
    DirectoryPath="directory_path",
    EmailStr="email",
    NameEmail="name_email",
    Pattern="regex",
    IPv4Address="ipv4",
    IPv6Address="ipv6",
    IPv4Network="ipv4network",
    IPv6Network="ipv6network",
    IPv4Interface="ipv4interface",
    IPv6Interface="ipv6interface",
    IPvAnyAddress="ipvanyaddress",
    IPvAnyNetwork="ipvanynetwork",
    IPvAnyInterface="ipvanyinterface",
)
ARRAYS = frozenset("list List Sequence Iterable MutableSequence deque Deque".split())
SETS = frozenset("set Set frozenset FrozenSet AbstractSet MutableSet".split())
TUPLES = frozenset(("tuple", "Tuple"))
MAPPINGS = frozenset("dict Dict Mapping MutableMapping OrderedDict".split())
CALLS = {  # `conint(ge=1)` is `Annotated[int, Field(ge=1)]`
    "conint": "int",
    "confloat": "float",
    "condecimal": "Decimal",
    "constr": "str",
    "conbytes": "bytes",
    "conlist": "list",
    "conset": "set",
    "confrozenset": "frozenset",
}
CONSTRAINTS: dict[str, dict[str, str]] = {
    "ge": dict.fromkeys(_NUMBERS, "minimum"),
    "gt": dict.fromkeys(_NUMBERS, "exclusiveMinimum"),
    "le": dict.fromkeys(_NUMBERS, "maximum"),
    "lt": dict.fromkeys(_NUMBERS, "exclusiveMaximum"),
    "multiple_of": dict.fromkeys(_NUMBERS, "multipleOf"),
    "min_length": {"string": "minLength", "array": "minItems", "object": "minProperties"},
    "max_length": {"string": "maxLength", "array": "maxItems", "object": "maxProperties"},
    "pattern": {"string": "pattern"},
}
