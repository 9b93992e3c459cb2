"""Launches as the page goes through them: prepared and shown, then that very one is run, or one that was edited."""

from collections import OrderedDict
from dataclasses import dataclass

from playground.app.servers.launch_choices import Installations, command_of
from playground.app.servers.launch_form import port_of, read_command
from playground.engines.kinds import ENGINES, find_engine
from playground.engines.kinds.base import Installation
from playground.engines.launch.prepared import PreparedLaunch
from playground.engines.launch.supervisor import Supervisor
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

KEPT = 100  # of all pages together; one that was dropped is prepared again


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown before a launch.

    Attributes:
        command: one line for a POSIX shell, without keys.
        id: of the prepared launch; "" where the engine is not on this machine, and the command is for one that has it.
        obstacle: why it could not be launched now; None where it could.
    """

    command: str
    id: str = ""
    obstacle: InvalidLaunch | None = None


class Launches:
    """What was prepared for a page, until it is launched.

    Args:
        installations: where the engines are.
    """

    def __init__(self, installations: Installations) -> None:
        self._installations = installations
        self._kept: OrderedDict[str, PreparedLaunch] = OrderedDict()

    async def show(self, supervisor: Supervisor, spec: LaunchSpec, where: str | None, before: str = "") -> Shown:
        """Prepare a launch, and keep it under its id.

        Args:
            supervisor: prepares it.
            spec: what the form says.
            where: the installation, as the form names it; None for the first.
            before: the id of what is shown already. It stays where the form says the same, so that a command that
                was edited meanwhile is not written over.

        Raises:
            InvalidLaunch: it cannot be launched so.
        """
        installation = await self._installations.choose(spec.engine, where)
        if installation is None or not find_engine(spec.engine).launchable:
            return Shown(command_of(spec, installation).shown())
        prepared = await self._prepare(supervisor, spec, installation, before)
        return Shown(prepared.shown, prepared.id, await supervisor.obstacle(prepared))

    async def choose(
        self, supervisor: Supervisor, spec: LaunchSpec, where: str | None, command: str = "", shown: str = ""
    ) -> PreparedLaunch:
        """What a press on Launch stands for: what was shown, unless the form or the command is another by now.

        Args:
            supervisor: prepares what was not shown.
            spec: what the form says.
            where: the installation, as the form names it; None for the first.
            command: the command as it stands there; "" for the form's own.
            shown: the `id` of what was shown.

        Raises:
            InvalidLaunch: it cannot be launched so, or the engine is not on this machine.
        """
        installation = await self._installation(spec, where)
        kept = self._kept.get(shown)
        made = await self._prepare(supervisor, spec, installation, shown)
        if command.strip() in {"", made.shown, kept.shown if kept else ""}:
            return made
        edited = read_command(command, made.command, made.masked_words())
        port = port_of(edited.argv, made.engine.default_port)
        return await supervisor.prepare(spec.changed(port=port), installation, edited)

    async def _prepare(
        self, supervisor: Supervisor, spec: LaunchSpec, installation: Installation, before: str
    ) -> PreparedLaunch:
        """What was kept under the id `before`, if it was made of the same; else a new one, which is kept."""
        kept = self._kept.get(before)
        if kept is not None and (kept.spec, kept.installation) == (spec, installation):
            return kept
        prepared = await supervisor.prepare(spec, installation)
        self._kept[prepared.id] = prepared
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return prepared

    async def _installation(self, spec: LaunchSpec, where: str | None) -> Installation:
        found = await self._installations.choose(spec.engine, where)
        engine = ENGINES.get(spec.engine)
        if found is not None and engine is not None and engine.launchable:
            return found
        title, needs = (engine.title, engine.needs) if engine else (spec.engine, "an engine that the app knows")
        raise InvalidLaunch(
            f"{title} was not found on this machine, so it cannot be launched here.",
            field="engine",
            advice=f"It needs {needs}. Name its environment in PLAYGROUND_ENGINE_ENVIRONMENTS, or copy the "
            "command to a machine that has it, and attach to it there.",
        )
