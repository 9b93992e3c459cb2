"""The supervisor as all of the app wires it: the page, and `launch` on the command line."""

from functools import partial

from playground.backends.metrics import parse_metrics
from playground.client import Client
from playground.engines.kinds import ENGINES
from playground.engines.kinds.failures import diagnose, is_fatal
from playground.engines.launch.hooks import Timing
from playground.engines.launch.prepared import PreparedLaunch
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor, default_folder
from playground.engines.spec import LaunchSpec
from playground.errors import LaunchOutdated, PlaygroundError
from playground.settings import Settings

ANSWER_S = 2.0  # what a server's metrics, or its list of models, may take


def make_supervisor(settings: Settings, client: Client) -> Supervisor:
    """The supervisor of this app's servers; it belongs to the running event loop. Close it in the end.

    Args:
        settings: where records and logs are kept, and how long running requests are waited for.
        client: asks servers for their metrics.
    """
    return Supervisor(
        default_folder(settings.cache_dir),
        ENGINES,
        diagnose=diagnose,
        is_fatal=is_fatal,
        running=partial(running_requests, client),
        timing=Timing(drain_s=settings.drain_s),
    )


async def launch_as_shown(supervisor: Supervisor, prepared: PreparedLaunch) -> LaunchedServer:
    """Start what was prepared; prepared anew where it is outdated, as long as the command stays the one that was shown.

    Raises:
        LaunchOutdated: the command would be another: its port was taken meanwhile.
        InvalidLaunch: what was asked for cannot be had.
        EngineUnavailable: the program is not there.
    """
    try:
        return await supervisor.launch(prepared)
    except LaunchOutdated:
        edited = prepared.command if prepared.edited else None
        anew = await supervisor.prepare(prepared.spec, prepared.installation, edited)
        if anew.shown != prepared.shown:
            raise
    return await supervisor.launch(anew)


async def running_requests(client: Client, spec: LaunchSpec, origin: str) -> float | None:
    """How many requests a server works on, from its metrics; None where they do not tell."""
    key = spec.api_key.get_secret_value() if spec.api_key else None
    try:
        text = await client.get_text(f"{origin}/metrics", key=key, timeout_s=ANSWER_S)
    except PlaygroundError:
        return None
    return parse_metrics(text).running
