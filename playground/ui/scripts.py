"""The page's script: the modules in `static/`, put together into one, so that the page asks for no file of its own.

The modules are plain ES modules, which editors, the linter and the type checker read as they are. Each becomes a
function that runs once and returns what it exports; one that is imported runs before the one that imports it. This
takes a part of the language only, and refuses the rest: named imports from `./name.js`, and declarations with `export`
before them. A module that changes an exported variable would not be seen to, so `export let` is refused too. Comments
that have lines to themselves, types among them, stay here: they are a quarter of the text. A text over several lines
could hold what looks like one, and is refused.
"""

import re
from pathlib import Path

ENTRY = "main.js"

_IMPORT = re.compile(r"^import (?:\{([^{}]*)\} from )?'\./([\w-]+\.js)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) ([\w$]+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|.*\bimport(?:\(|\.meta).*", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*|//.*)\n", re.MULTILINE)
_NAME = re.compile(r"[\w$]+(?: as [\w$]+)?")


class ScriptError(ValueError):
    """A module that cannot be put together with the others; says which, and why."""


def bundle(folder: Path, entry: str = ENTRY) -> str:
    """One classic script that does what `<script type="module">` would do with `entry`.

    Raises:
        ScriptError: a module imports what is not there, or itself by way of others, or uses what is not known here.
    """
    done: dict[str, frozenset[str]] = {}
    parts: list[str] = []
    _add(folder, entry, (), done, parts)
    return "(() => {\n'use strict';\nconst modules = {};\n" + "".join(parts) + "})();\n"


def _add(folder: Path, name: str, above: tuple[str, ...], done: dict[str, frozenset[str]], parts: list[str]) -> None:
    if name in above:
        raise ScriptError(f"{' → '.join((*above, name))}: modules that import each other in a circle.")
    if name in done:
        return
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ScriptError(f"{above[-1] if above else 'The page'} imports {name}, which is not there.") from None
    text = _COMMENT.sub("", text)
    if open_text := next((line for line in text.splitlines() if line.count("`") % 2), ""):
        raise ScriptError(f"{name}: {open_text.strip()}: a text over several lines is not understood.")
    for found in _IMPORT.finditer(text):
        _add(folder, found[2], (*above, name), done, parts)
        for asked in _names(found[1], name):
            if asked.split(" as ")[0] not in done[found[2]]:
                raise ScriptError(f"{name} imports {asked} from {found[2]}, which does not export it.")
    exported = tuple(found[1] for found in _EXPORT.finditer(text))
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _const(found[1], found[2], name), text))
    if other := _OTHER.search(body):
        raise ScriptError(f"{name}: {other[0].strip()}: only named imports and exported declarations are understood.")
    done[name] = frozenset(exported)
    parts.append(f"modules['{name}'] = (() => {{\n{body}return {{{', '.join(exported)}}};\n}})();\n")


def _const(names: str | None, source: str, name: str) -> str:
    """What stands in an import's place."""
    asked = ", ".join(_names(names, name)).replace(" as ", ": ")
    return f"const {{{asked}}} = modules['{source}'];\n" if asked else ""


def _names(names: str | None, name: str) -> list[str]:
    asked = [" ".join(part.split()) for part in (names or "").split(",")]
    wrong = [part for part in asked if part and not _NAME.fullmatch(part)]
    if wrong:
        raise ScriptError(f"{name} imports {wrong[0]}, which is not a name.")
    return [part for part in asked if part]
