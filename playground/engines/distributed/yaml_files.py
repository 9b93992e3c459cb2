"""YAML as people write it: scripts as blocks, nothing by reference."""

from typing import Any

import yaml


def yaml_of(*documents: dict[str, Any]) -> str:
    """The text of a file of one or several documents; keys stay in order."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """`&id001` and `*id001` are hard to read, and some tools refuse them."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
