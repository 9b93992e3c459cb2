"""Servers as the page shows them: launched ones, attached ones, and what an app that was killed has left."""

from collections.abc import Mapping

from playground.app.servers.views import Action, Load, Problem, ServerView
from playground.app.servers.watched import Attached, Launched
from playground.backends.metrics import MetricsHistory
from playground.engines.kinds.base import Capabilities
from playground.engines.launch.download import Download
from playground.engines.launch.registry import Survivor
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.state import ServerState
from playground.phases import Phase

GIB = 2**30
SILENT_S = 6.0  # three looks
_BEFORE_WEIGHTS = (Phase.STARTING, Phase.DOWNLOADING, Phase.LOADING)
_TOOLS = {True: "tool calls", False: "no tool calls (no parser)", None: "tool calls as the chat template defines them"}


def view_launched(launched: Launched) -> ServerView:
    """A server of this app."""
    server, download = launched.server, launched.download
    state = server.state
    shape = state.phase.shape
    fetches = download is not None and state.fraction is None and state.phase in _BEFORE_WEIGHTS
    diagnosis = state.diagnosis
    problem = None
    if diagnosis is not None:
        problem = Problem(diagnosis.title, diagnosis.cause, diagnosis.advice, diagnosis.fix_words)
    elif state.is_ready and launched.silent_s > SILENT_S:
        problem = Problem(
            "Not responding",
            f"GET /v1/models has had no response for {launched.silent_s:.0f} s; the process is still running.",
            "It may be busy or hung. Check its log; if this persists, stop it and start it again.",
        )
    return ServerView(
        name=server.name,
        kind="launched",
        engine=server.engine.title,
        model=server.spec.model,
        shape=shape,
        words=_fetching(download) if download and fetches else _words(state),
        fraction=download.fraction if download and fetches else state.fraction,
        elapsed_s=state.seconds,
        typical_s=state.typical_s,
        base_url=state.base_url or "",
        facts=(
            *_abilities(server.engine.capabilities(server.spec)),
            *_figures(state.figures, launched.estimate),
            *_note(state),
        ),
        command=server.command,
        problem=problem,
        load=view_load(launched.history),
        actions=_actions(server, shape, can_fix=bool(diagnosis and diagnosis.fix)),
    )


def view_attached(attached: Attached) -> ServerView:
    """A server that was attached to; it is never stopped from here."""
    found, fault = attached.found, attached.fault
    context = (("context", f"{found.context:,} tokens"),) if found.context else ()
    refused = (("models", found.refused),) if found.refused else ()
    how = (("detected by", found.by),) if found.by else ()
    told = Capabilities(found.told.tools, found.told.reasoning, found.told.json_schema)
    abilities = _abilities(told) if found.told != type(found.told)() else ()
    return ServerView(
        name=attached.name,
        kind="attached",
        engine=f"{found.engine} {found.version}".strip(),
        model=", ".join(model.id for model in found.models[:3]) or "not reported",
        shape="failed" if fault else "ready",
        words=f"unreachable: {fault}" if fault else "ready",
        base_url=found.base_url,
        facts=(*context, *abilities, *(fact for fact in found.facts if fact[0] != "model"), *refused, *how),
        load=view_load(attached.history),
        actions=("use", "forget"),
    )


def view_survivor(survivor: Survivor) -> ServerView:
    """What an app that was killed has left."""
    record = survivor.record
    memory = f"{survivor.memory_bytes / GIB:.1f} GiB in {len(survivor.processes)} processes"
    return ServerView(
        name=record.name,
        kind="left",
        engine=record.engine,
        model=record.model,
        shape="stopped",
        words="left behind",
        base_url=record.base_url,
        facts=(("holds", memory), ("processes", ", ".join(sorted(set(survivor.titles))))),
        command=record.command,
        actions=("adopt", "end") if survivor.can_adopt else ("end",),
    )


def view_load(history: MetricsHistory) -> Load | None:
    """What its metrics told last; None before they have told anything."""
    last = history.last
    if last is None:
        return None
    rates = tuple(rate or 0.0 for rate in history.rates())
    now = next((rate for rate in reversed(history.rates()) if rate is not None), None)
    return Load(last.running, last.waiting, last.cache_usage, now, rates)


def _words(state: ServerState) -> str:
    share = f" {100 * state.fraction:.0f} %" if state.fraction is not None and not state.is_ready else ""
    more = f": {state.words}" if state.words and state.phase is not Phase.READY else ""
    return f"{state.phase}{share}{more}"


def _fetching(download: Download) -> str:
    share = f" {100 * download.fraction:.0f} %" if download.fraction is not None else ""
    of = f" of {download.total / GIB:.2f}" if download.total else ""
    return f"downloading{share}: {download.done / GIB:.2f}{of} GiB"


def _actions(server: LaunchedServer, shape: str, *, can_fix: bool) -> tuple[Action, ...]:
    if shape == "ready":
        return "use", "stop", "log"
    if shape == "loading":
        return ("log",) if server.state.phase is Phase.STOPPING else ("stop", "log")
    again: tuple[Action, ...] = ("again",) if server.prepared is not None else ()
    fix: tuple[Action, ...] = ("fix",) if can_fix and again else ()
    return *fix, *again, "log", "forget"


def _abilities(able: Capabilities) -> tuple[tuple[str, str], ...]:
    words = [_TOOLS[able.tools]]
    if able.reasoning is not None:
        words.append("separate reasoning" if able.reasoning else "no separate reasoning (no parser)")
    if able.json_schema:
        words.append("JSON schema")
    return (("supports", ", ".join(words)),)


def _figures(figures: Mapping[str, float], estimate: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    """The engine's own figures, the estimate beside each."""
    rows = []
    for name, label, unit in (
        ("weights_gib", "weights", "GiB"),
        ("kv_gib", "KV cache", "GiB"),
        ("kv_tokens", "KV cache", "tokens"),
        ("context_length", "context", "tokens"),
    ):
        measured, before = figures.get(name), estimate.get(name)
        if measured is None and before is None:
            continue
        guess = f"{_number(before, unit)} {unit} estimated" if before is not None else ""
        own = f"{_number(measured, unit)} {unit}" if measured is not None else ""
        rows.append((label, ", ".join(filter(None, (own, guess)))))
    return tuple(rows)


def _number(value: float, unit: str) -> str:
    return f"{value:,.2f}" if unit == "GiB" else f"{value:,.0f}"


def _note(state: ServerState) -> tuple[tuple[str, str], ...]:
    return (("log", state.log_note),) if state.log_note else ()
