import re

import pytest

from playground.schema.check import check_value
from playground.schema.strict import lint
from playground.schema.strict_fix import fix
from playground.schema.templates import TEMPLATES, Template


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_each_is_usable_and_fit_for_strict_mode(template: Template) -> None:
    assert check_value(template.schema) == ()
    assert lint(template.schema) == ()
    assert fix(template.schema) == template.schema
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", template.name)
    assert template.title
    assert template.about.endswith(".")


def test_names_are_unique() -> None:
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES) >= 6


def test_the_action_takes_the_seed_s_answer() -> None:
    from playground.schema.verdict import judge

    answer = '{"action": "restart_container", "args": {"host": "web-03", "container": "nginx"}}'
    assert judge(answer, schema=TEMPLATES[0].schema).outcome == "valid"
