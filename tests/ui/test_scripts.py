"""The page's modules, put together: each once, in order, and nothing that is not understood."""

from pathlib import Path

import pytest

from playground.ui.scripts import ScriptError, bundle
from playground.ui.theme import STATIC


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_what_is_imported_runs_first_and_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        main="import {one as first} from './a.js';\nimport {\n  $,\n  two,\n} from './b.js';\nfirst(two, $);\n",
        a="import './b.js';\n// a comment\nexport const one = () => 1;\n",
        b="/** @type {number}\n */\nexport const two = 2;\nexport async function $() {}\nexport class C {}\n",
    )
    assert bundle(tmp_path) == (
        "(() => {\n'use strict';\nconst modules = {};\n"
        "modules['b.js'] = (() => {\nconst two = 2;\nasync function $() {}\nclass C {}\nreturn {two, $, C};\n})();\n"
        "modules['a.js'] = (() => {\nconst one = () => 1;\nreturn {one};\n})();\n"
        "modules['main.js'] = (() => {\nconst {one: first} = modules['a.js'];\nconst {$, two} = modules['b.js'];\n"
        "first(two, $);\nreturn {};\n})();\n"
        "})();\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import {a} from './gone.js';\n", "main.js imports gone.js, which is not there"),
        ("import {b} from './a.js';\n", "main.js imports b from a.js, which does not export it"),
        ("import {a-b} from './a.js';\n", "main.js imports a-b, which is not a name"),
        ("import './main.js';\n", "main.js → main.js: modules that import each other in a circle"),
        ("import './round.js';\n", "main.js → round.js → main.js"),
        ("import a from './a.js';\n", "import a from './a.js';: only named imports"),
        ("import * as a from './a.js';\n", "only named imports"),
        ("import {a} from 'https://elsewhere.test/a.js';\n", "only named imports"),
        ("export default 1;\n", "only named imports"),
        ("export let a = 1;\n", "only named imports"),
        ("export {a};\n", "only named imports"),
        ("  const a = await import('./a.js');\n", "only named imports"),
        ("const a = `\n// no comment\n`;\n", "a text over several lines"),
    ],
)
def test_what_is_not_understood_is_told(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, main=text, a="export const a = 1;\n", round="import './main.js';\n")
    with pytest.raises(ScriptError) as told:
        bundle(tmp_path)
    assert said in str(told.value)


def test_the_page_has_every_module_and_no_large_one() -> None:
    text = bundle(STATIC)
    for path in STATIC.glob("*.js"):
        assert text.count(f"modules['{path.name}'] = (") == 1, path.name
        assert path.read_text().count("\n") < 400
    assert "</script" not in text
