"""What the routes and the page share, made once by the app's factory; nothing is global."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from playground.addresses import is_public
from playground.app.building import Source, build_apart
from playground.app.conversation_store import Conversations
from playground.app.conversations import Built, Conversation
from playground.app.form.form import Form
from playground.app.rendering import Rendering
from playground.app.servers.servers import Servers
from playground.auth.access import Access
from playground.auth.visitors import Visitors
from playground.backends import CUSTOM, Backend, BackendState, ModelEntry, Phase, list_backends, probe
from playground.backends.base import EMBEDDED, choose_custom_url
from playground.backends.catalogue import weight
from playground.base_url import without_login
from playground.client import Client
from playground.engines.recipes import Recipe
from playground.errors import InvalidRequest, InvalidUrl, UnknownBackend
from playground.presets import Preset
from playground.settings import Settings
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest
from playground.workers import Workers

MAX_CATALOGUES = 100
MAX_LISTED_BYTES = 32 * 2**20  # of all of them
# What a worker has imported before its first work.
PRELOAD = (
    "playground.markup.markdown",
    "playground.app.live_rules",
    "playground.tools.checks",
    "playground.ui.draw.wire",
    "playground.schema.beginnings",
    "playground.app.saved_preset",
    "playground.tools.edits",
    "playground.tools.importers.sources",
    "playground.tools.mock",
    "playground.ui.draw.turns",
)


class EmbeddedModel(Protocol):
    """What the app needs of the embedded engine."""

    async def start(self) -> None:
        """Begin to start it, and return at once."""

    async def stop(self) -> None:
        """End it and all it started."""

    def backend_state(self) -> BackendState:
        """How it is."""

    @property
    def base_url(self) -> str | None:
        """Where it answers; None until it does."""


@dataclass(slots=True)
class Context:
    """Settings, the clients, the conversations, the keys, the presets and the embedded model.

    `catalogues`: each base URL's models as it last listed them, for prices. `public_client` reaches no inside
    address; it has connections of its own, so that it cannot take over one that an administrator's request opened.
    `workers` do what text from outside may make slow; `rendering` has them draw it.

    Raises:
        InvalidSetting: the app would be open to others with no login.
    """

    settings: Settings
    client: Client
    embedded: EmbeddedModel | None = None
    presets: tuple[Preset, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    conversations: Conversations = field(default_factory=Conversations)
    visitors: Visitors = field(default_factory=Visitors)
    catalogues: dict[str, tuple[ModelEntry, ...]] = field(default_factory=dict)
    public_client: Client = field(default_factory=lambda: Client(allow_address=is_public))
    workers: Workers = field(default_factory=lambda: Workers(preload=PRELOAD))
    rendering: Rendering = field(init=False)
    access: Access = field(init=False)
    servers: Servers = field(init=False)

    def __post_init__(self) -> None:
        """Decide who may use the app; no server runs yet."""
        self.access = Access.from_settings(self.settings)
        self.rendering = Rendering(self.workers)
        self.access.sessions.ended = self.visitors.forget
        self.servers = Servers(self.settings, self.client)
        self.client.is_own = self._is_own

    def backends(self, form: Form, visitor: str | None = None) -> tuple[Backend, ...]:
        """The switcher's list, for what this visitor typed."""
        settings = self.settings
        if form.custom_url and self._was_chosen(form, visitor):
            # the operator's key does not go to an address that a visitor chose
            settings = settings.model_copy(update={"custom_api_key": None})
        return (
            *list_backends(
                settings,
                embedded_url=self.embedded.base_url if self.embedded else None,
                custom_url=form.custom_url or None,
                custom_key=self.visitors.key(visitor, "custom") is not None,
            ),
            *self.servers.backends(),
        )

    def backend(self, form: Form, visitor: str | None = None) -> Backend:
        """The chosen backend.

        Raises:
            UnknownBackend: no such name.
        """
        for backend in self.backends(form, visitor):
            if backend.name == form.backend:
                return backend
        name = without_login(form.backend)  # a setting may hold a URL in its place
        raise UnknownBackend(f"There is no backend {name!r}.", advice="Choose one from the list.")

    def _was_chosen(self, form: Form, visitor: str | None) -> bool:
        """Whether a visitor, not the operator or an administrator, chose the Custom URL."""
        if self.access.may_run_programs(visitor):
            return False
        try:
            is_default = choose_custom_url(form.custom_url, self.settings) == self.settings.custom_url
        except InvalidUrl:
            return True
        # the default is nobody's choice; on a machine of one's own it is where one's own server is
        return not is_default or (self.access.opened and "custom_base_url" not in self.settings.model_fields_set)

    def client_for(self, form: Form, visitor: str | None = None) -> Client:
        """The client for the chosen backend: who sends what a visitor chose, sends it with this one."""
        if form.backend != CUSTOM or self.access.reaches_inside(visitor) or not self._was_chosen(form, visitor):
            return self.client
        url = self.backend(form, visitor).target.base_url
        return self.client if self.access.internal.holds_name(url) else self.public_client

    def _is_own(self, url: str) -> bool:
        """Whether a URL is of the embedded model or of a server that was launched here."""
        base = self.embedded.base_url if self.embedded else None
        return any(url.startswith(f"{origin}/") for origin in (*([base] if base else []), *self.servers.origins()))

    def conversation(self, conversation_id: str, visitor: str | None) -> Conversation:
        """The visitor's own conversation of that id."""
        return self.conversations.get(conversation_id, self.access.owner(visitor))

    def claim(self, conversation_id: str, visitor: str | None) -> Conversation:
        """The same, for something that is to be added to it.

        Raises:
            UnknownVisitor: this app does not know the visitor.
            NoRoom: the visitor, or all together, have too much already.
        """
        return self.conversations.claim(conversation_id, self.access.owner(visitor))

    def note(self, conversation: Conversation, conversation_id: str, visitor: str | None) -> None:
        """Something was added to a conversation that was claimed."""
        self.conversations.note(conversation, conversation_id, self.access.owner(visitor))

    def set_key(self, visitor: str, backend: str, key: str) -> None:
        """Keep a visitor's key for a backend; an empty one forgets it.

        Raises:
            UnknownBackend: there is none of that name.
            NoRoom: too many visitors have keys at the moment.
        """
        if key and backend not in {one.name for one in self.backends(Form(), visitor)}:
            raise UnknownBackend("There is no such backend.", advice="Choose one from the list, then give its key.")
        self.visitors.set_key(visitor, backend, key)

    def prepare(self, form: Form, visitor: str | None = None) -> PreparedRequest:
        """Its bytes: for the snippet and for sending alike.

        Raises:
            InvalidInput: a field that cannot be read, or no such backend.
        """
        return self.build(form, visitor).prepared

    def build(self, form: Form, visitor: str | None = None) -> Built:
        """The request with its bytes: built for the snippet, and what is sent is that same object.

        Raises:
            InvalidInput: a field that cannot be read, or no such backend.
        """
        conversation = self.conversation(form.conversation, visitor)
        source = self.source(form, visitor)
        return source.built_before(conversation) or source.keep(conversation, *source.build())

    async def build_apart(self, form: Form, visitor: str | None = None) -> Built:
        """The same; large texts are read in a worker, so that nobody waits for it.

        Raises:
            InvalidInput: a field that cannot be read, or no such backend.
            TooMuchWork: it took too long, or too much memory.
        """
        conversation = self.conversation(form.conversation, visitor)
        return await build_apart(self.source(form, visitor), conversation, self.workers, visitor or "")

    def source(self, form: Form, visitor: str | None = None) -> Source:
        """What the request is built from now.

        Raises:
            UnknownBackend: no such backend. InvalidUrl: its base URL cannot be used.
        """
        conversation = self.conversation(form.conversation, visitor)
        backend = self.backend(form, visitor)
        if backend.fault:
            raise backend.fault
        return Source(form, conversation.messages(form.send_reasoning), list(conversation.images), backend.target)

    def key(self, form: Form, visitor: str | None) -> str | None:
        """The key to send with.

        Raises:
            MissingKey: the backend needs one and there is none.
            InvalidUrl: its base URL cannot be used. InvalidRequest: the backend has no address yet.
        """
        backend = self.backend(form, visitor)
        if backend.fault:
            raise backend.fault
        if not backend.target.base_url:
            state = self._own_state(backend)
            raise InvalidRequest(
                f"{backend.title} cannot answer: {state.words if state else 'it has no address'}.",
                advice="Wait until the header says ready, or choose another backend.",
            )
        return backend.key_to_send(self.visitors.key(visitor, backend.name))

    def secrets(self) -> list[str]:
        """All that no log may hold: keys from the settings, of visitors, and of servers."""
        return [*self.settings.secrets(), *self.visitors.secrets(), *self.servers.secrets()]

    async def state(self, form: Form, visitor: str | None = None) -> BackendState:
        """How the chosen backend is now; never raises."""
        try:
            backend = self.backend(form, visitor)
        except UnknownBackend:
            return BackendState(Phase.UNREACHABLE, "gone: choose another backend")
        own = self._own_state(backend)
        if own is not None and own.phase is not Phase.READY:
            return own
        state = await probe(backend, self.client_for(form, visitor), key=self.visitors.key(visitor, backend.name))
        if state.models:
            self.catalogues[backend.target.base_url] = state.models
            # a visitor may type any number of URLs
            while len(self.catalogues) > 1 and (
                len(self.catalogues) > MAX_CATALOGUES or sum(map(weight, self.catalogues.values())) > MAX_LISTED_BYTES
            ):
                self.catalogues.pop(next(iter(self.catalogues)))
        return state

    def _own_state(self, backend: Backend) -> BackendState | None:
        """The state of a backend that this app runs; None where it has to be asked."""
        if backend.name != EMBEDDED:
            return self.servers.state(backend.name)
        if self.embedded is None:
            return BackendState(Phase.UNREACHABLE, "off: PLAYGROUND_EMBEDDED is false")
        return self.embedded.backend_state()

    def entries(self, form: Form, visitor: str | None = None) -> tuple[ModelEntry, ...]:
        """The chosen backend's models, as it last listed them; none before it has."""
        try:
            return self.catalogues.get(self.backend(form, visitor).target.base_url, ())
        except UnknownBackend:
            return ()

    def cost(self, form: Form, exchange: Exchange) -> Decimal | None:
        """What the exchange cost in US dollars; None where the backend lists no prices or there was no usage."""
        usage = exchange.usage or {}
        tokens = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
        entries = {entry.id: entry for entry in self.entries(form)}
        entry = entries.get(exchange.model or "") or entries.get(form.model)  # first the one that really answered
        prompt, completion = (count if isinstance(count, int) else None for count in tokens)
        return entry.cost(prompt, completion) if entry and prompt is not None and completion is not None else None
