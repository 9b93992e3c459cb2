"""`lookup_region`: an AWS region's name and S3 endpoint, by the table in `aws_regions.json`, which names its source."""

import difflib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from playground.tools.builtin.base import Builtin, ToolFailed, text_argument
from playground.tools.definitions import make_tool

NEAR = 3


def make_lookup_region() -> Builtin:
    """The function; it reads its table when it is called first."""
    parameters = {
        "type": "object",
        "properties": {"code": {"type": "string", "description": "The region's code, such as eu-central-1"}},
        "required": ["code"],
    }
    about = "Look up an AWS region by its code: its name, partition and S3 endpoint."
    return Builtin(make_tool("lookup_region", about, parameters), _call)


@cache
def region_table() -> dict[str, Any]:
    """`{source, date, partitions: {id: {name, dns_suffix}}, regions: {code: {name, partition}}}`."""
    table: dict[str, Any] = json.loads(files(__package__).joinpath("aws_regions.json").read_text(encoding="utf-8"))
    return table


async def _call(arguments: dict[str, Any]) -> dict[str, str]:
    code = text_argument(arguments, "code")
    regions = region_table()["regions"]
    region = regions.get(code.lower())
    if region is None:
        near = difflib.get_close_matches(code.lower(), regions, NEAR)
        raise ToolFailed(f"There is no AWS region {code[:100]!r}." + (f" Near: {', '.join(near)}." if near else ""))
    code = code.lower()
    suffix = region_table()["partitions"][region["partition"]]["dns_suffix"]
    return {
        "code": code,
        "name": region["name"],
        "partition": region["partition"],
        "s3_endpoint": f"s3.{code}.{suffix}",
    }
