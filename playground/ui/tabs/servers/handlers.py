"""The Servers tab's events. What they do is in `playground.app.servers`; here it becomes components."""

import asyncio
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from playground.app.context import Context
from playground.app.form.form import Form
from playground.app.servers.launch_choices import choice_of, write_form
from playground.app.servers.launch_form import FIELDS, read_spec, show_spec
from playground.app.servers.watched import PREFIX
from playground.base_url import read_base_url
from playground.engines.distributed import WrittenLaunch
from playground.engines.distributed.running import run_form, runnable
from playground.engines.kinds.base import Installation
from playground.errors import LaunchOutdated, PlaygroundError
from playground.ui.draw.fit import draw_fit
from playground.ui.draw.forms import draw_form, draw_upstream, draw_upstream_needs
from playground.ui.draw.machine import draw_machine
from playground.ui.draw.recipe import draw_recipe
from playground.ui.handlers.latest import Latest
from playground.ui.handlers.visitor import visitor

RECENT_S = 10.0  # a search takes a few hundred milliseconds
SETTLE_S = 0.02  # a recipe changes twenty fields one after another
RUNS_SERVERS = "launch or stop servers"


class ServerHandlers:
    """Every handler is given the launch form's values in the order of `FIELDS`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._servers = context.servers
        self._latest = Latest()
        self._launches = 0  # begun so far: a preview from before one does not wipe out what it says

    def _refused(self, request: gr.Request) -> bool:
        return not self._context.access.may_run_programs(visitor(request))

    def _refusal(self) -> str:
        """Why nothing of this tab is for whoever asks, and what would make it so."""
        return said(self._context.access.refusal(RUNS_SERVERS), "warn")

    def open(self, request: gr.Request) -> tuple[str, str]:
        """The page was opened: this machine, and what a registration at TheRouter needs."""
        if self._refused(request):
            return self._refusal(), draw_upstream_needs()
        return draw_machine(self._servers.sizing.hardware()), draw_upstream_needs()

    async def installations(self, request: gr.Request, engine: str) -> Any:
        """Where the chosen engine was found; one that was installed meanwhile is found, too."""
        if self._refused(request):
            return gr.skip()
        found = [choice_of(one) for one in await self._servers.installations.of(engine, max_age_s=RECENT_S)]
        return gr.update(choices=found, value=found[0][1] if found else None)

    def use_recipe(self, name: str) -> list[Any]:
        """The form as the recipe has it, and what it says."""
        recipe = next(recipe for recipe in self._context.recipes if recipe.name == name)
        shown = show_spec(recipe.spec)
        return [*(shown[field] for field in FIELDS), draw_recipe(recipe)]

    async def preview(self, request: gr.Request, before: str, where: str | None, *values: Any) -> tuple[Any, ...]:
        """The command that the form stands for, and what is wrong with it; nothing new if the form changed again.

        `before` is the id of what is shown: the same again leaves the command as it stands, edited or not.
        """
        launches = self._launches
        with self._latest.call(request.session_hash) as is_last:
            await asyncio.sleep(SETTLE_S)
            if is_last():
                command, prepared, words = await self._preview(request, where, values, before)
                if is_last():
                    changed = (gr.skip(), gr.skip()) if prepared and prepared == before else (command, prepared)
                    return *changed, words if launches == self._launches else gr.skip()
        return gr.skip(), gr.skip(), gr.skip()

    async def _preview(
        self, request: gr.Request, where: str | None, values: Sequence[Any], before: str = ""
    ) -> tuple[str, str, str]:
        if self._refused(request):
            return "", "", self._refusal()
        typed = dict(zip(FIELDS, values, strict=True))
        if not typed["model"]:
            return "", "", said("Choose a model, or a recipe to fill in the rest.")
        try:
            shown = await self._servers.preview(read_spec(typed), where, before)
        except PlaygroundError as error:
            return "", "", failed(error)
        if shown.obstacle:
            return shown.command, shown.id, failed(shown.obstacle)
        return shown.command, shown.id, "" if where else said(await self._servers.missing(typed["engine"]), "warn")

    async def fit(self, request: gr.Request, _where: str | None, *values: Any) -> str:
        """Whether it fits, with the arithmetic."""
        if self._refused(request):
            return self._refusal()
        try:
            spec = read_spec(dict(zip(FIELDS, values, strict=True)))
            return draw_fit(await self._servers.fit(spec))
        except PlaygroundError as error:
            return failed(error)

    async def launch(
        self, request: gr.Request, command: str, prepared: str, where: str | None, *values: Any
    ) -> tuple[Any, Any, str]:
        """Launch what is shown, or the command as it was edited; what cannot be run as shown is shown anew, not run."""
        if self._refused(request):
            return gr.skip(), gr.skip(), self._refusal()
        self._launches += 1
        try:
            spec = read_spec(dict(zip(FIELDS, values, strict=True)))
            name = await self._servers.launch(spec, where, command, prepared)
        except LaunchOutdated as error:
            anew, shown, _ = await self._preview(request, where, values)
            return anew, shown, failed(error)
        except PlaygroundError as error:
            return gr.skip(), gr.skip(), failed(error)
        ran = self._servers.server(name).prepared
        words = said(f"Launching {name}: follow its progress below.", "good")
        if ran is None or ran.edited:
            return gr.skip(), gr.skip(), words
        return ran.shown, ran.id, words  # it is another where the form was changed too late for a preview

    async def attach(self, request: gr.Request, url: str, key: str) -> tuple[str, Any, str]:
        """Recognise what runs at a URL, and take it among the servers; key and login leave the page."""
        if self._refused(request):
            return self._refusal(), gr.skip(), ""
        try:
            words = said(await self._servers.attach(url, key), "good")
            base = read_base_url(url)
        except PlaygroundError as error:
            return failed(error), gr.skip(), key
        return words, base.url if base.login else gr.skip(), ""

    async def write_form(
        self, request: gr.Request, kind: str | None, addresses: str, count: str, where: str | None, *values: Any
    ) -> tuple[Any, ...]:
        """The distributed form of what the launch form says; whether its tool can be given it here; nothing ran yet."""
        nothing = gr.update(visible=False)
        if self._refused(request):
            return self._refusal(), nothing, ""
        try:
            form, installation = await self._form(kind, addresses, count, where, values)
        except PlaygroundError as error:
            return failed(error), nothing, ""
        own = installation is not None and form.tool == Path(installation.program[0]).name
        here = own or (form.tool != "python" and shutil.which(form.tool) is not None)
        can_run = here and runnable(form) is not None
        return draw_form(form, present=here), gr.update(visible=can_run, value=f"Run {form.tool}"), ""

    async def run_form(
        self, request: gr.Request, kind: str | None, addresses: str, count: str, where: str | None, *values: Any
    ) -> str:
        """Hand the form's file to its tool, and show what that said."""
        if self._refused(request):
            return self._refusal()
        try:
            form, _ = await self._form(kind, addresses, count, where, values)
            return f"<pre tabindex='0'>{escape(await run_form(form, self._servers.forms_folder))}</pre>"
        except PlaygroundError as error:
            return failed(error)

    async def _form(
        self, kind: str | None, addresses: str, count: str, where: str | None, values: Sequence[Any]
    ) -> tuple[WrittenLaunch, Installation | None]:
        spec = read_spec(dict(zip(FIELDS, values, strict=True)))
        installation = await self._servers.installations.choose(spec.engine, where)
        return write_form(kind or "", spec, installation, addresses, count), installation

    async def check_upstream(self, request: gr.Request, url: str, model: str, key: str) -> str:
        """Check an endpoint for what a registration at TheRouter needs; nothing is registered."""
        if self._refused(request):
            return self._refusal()
        try:
            return draw_upstream(await self._servers.check_upstream(url, key, model))
        except PlaygroundError as error:
            return failed(error)

    def use(self, request: gr.Request, name: str) -> Any:
        """Choose that server in the switcher."""
        backends = self._context.backends(Form(), visitor(request))
        titles = [(backend.title, backend.name) for backend in backends]
        return gr.update(choices=titles, value=PREFIX + name)


def said(words: str, shape: str = "") -> str:
    """A line of text."""
    return f"<p class='line {shape}'>{escape(words)}</p>" if words else ""


def failed(error: PlaygroundError) -> str:
    """An error where its answer would stand."""
    advice = f"<small>{escape(error.advice)}</small>" if error.advice else ""
    return f"<div class='error'><strong>{escape(error.message)}</strong>{advice}</div>"
