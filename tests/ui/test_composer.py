"""The composer has a field for each parameter, with its help; also for one that was added a moment ago."""

from typing import Annotated

import pytest
from pydantic import StrictInt

from playground.app.form.parameters import PARAMETERS
from playground.ui import composer
from playground.ui.page import build_page
from playground.wire.parameters import Dialect, Parameter, parameters_of
from playground.wire.request import ChatRequest
from tests.web.opened import context_of


class Later(ChatRequest):
    added: Annotated[StrictInt | None, Parameter("from 1", "Is new", not_by=frozenset({Dialect.SGLANG}))] = None


def shown() -> list[tuple[str, str]]:
    """Label and help of each field of the grid."""
    fields = [one["props"] for one in build_page(context_of()).get_config_file()["components"]]
    return [(one["label"], one["info"]) for one in fields if (one.get("elem_id") or "").startswith("param-")]


async def test_each_parameter_has_its_field_and_its_help(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown() == [(one.name, one.info) for one in PARAMETERS]
    monkeypatch.setattr(composer, "PARAMETERS", parameters_of(Later))
    assert shown()[-1] == ("added", "Is new; from 1; not known to SGLang")
