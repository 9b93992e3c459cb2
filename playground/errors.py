"""One tree of exceptions; every message says what happened, where, and what to do next.

PlaygroundError
 ├─ InvalidInput                  what the user gave cannot be used
 │   ├─ InvalidRequest            a request that is not a Chat Completions request
 │   ├─ InvalidPreset             a preset file, with its path and field
 │   ├─ InvalidTools              a text of tools, or what tools are to be made of
 │   ├─ InvalidMock               a table of mock results, with its file and field
 │   ├─ InvalidSetting            an environment variable
 │   ├─ InvalidLaunch             a server that cannot be launched so, with the field at fault
 │   │   └─ LaunchOutdated        what was prepared can no longer be run as it was shown
 │   ├─ InvalidUrl                a base URL that cannot be used
 │   ├─ InvalidRecord             a recorded exchange that cannot be read
 │   ├─ UnknownBackend            a name that is in no list, and no URL either
 │   └─ MissingKey                the backend wants a key and there is none
 ├─ TransportError                no complete HTTP response
 │   ├─ AddressRefused            an inside address, asked for by a visitor
 │   ├─ ConnectFailed             refused, unreachable, reset
 │   ├─ NameResolutionFailed      DNS
 │   ├─ TLSFailed                 certificate or handshake
 │   └─ RequestTimeout            phase: connect, first_byte, between_chunks
 ├─ APIStatusError                the server answered with an error status
 ├─ StreamError                   the status was fine, the body was not
 │   ├─ StreamProtocolError       not what the protocol allows
 │   ├─ StreamFailed              the server sent an `error` inside the stream
 │   └─ StreamInterrupted         it ended without `finish_reason` or `[DONE]`
 ├─ TooMuchWork                   reading what was given took more time or memory than one visitor may have
 ├─ NoRoom                        what one visitor, or all together, may keep here is used up
 ├─ UnknownVisitor                the page's session is none of this app's
 ├─ ToolServerFailed              an MCP server that cannot be reached, or answers with what is none of its protocol
 └─ EngineError                   a server that this app starts
     ├─ EngineUnavailable         the program or the model file is not there
     └─ EngineExited              it stopped by itself, with its exit code and the end of its log
"""

from collections.abc import Mapping
from typing import Any, Self


class PlaygroundError(Exception):
    """The root of the tree.

    Attributes:
        message: one or two sentences: what happened and where.
        advice: what to do next, or "".
    """

    kind = "error"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields: a subclass may be made from other words than its message."""
        return type(self).restored, (dict(self.__dict__),)

    @classmethod
    def restored(cls, fields: Mapping[str, Any]) -> Self:
        """An error made of its fields, `message` among them: as one that was pickled, or written to a file."""
        error = cls.__new__(cls, fields["message"])
        error.__dict__.update(fields)
        return error

    def details(self) -> dict[str, Any]:
        """The fields beyond message and advice that are worth showing; values are JSON."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """The error as JSON: `{type, message, advice?, …}`, without fields that are None."""
        fields: dict[str, Any] = {"type": type(self).__name__, "message": self.message}
        if self.advice:
            fields["advice"] = self.advice
        return fields | {key: value for key, value in self.details().items() if value is not None}


class InvalidInput(PlaygroundError):
    """What the user gave cannot be used."""


class InvalidRequest(InvalidInput):
    """A request that is not a Chat Completions request; `field` is the path to the fault: `messages.0.role`."""

    def __init__(self, message: str, *, field: str | None = None, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.field = field

    def details(self) -> dict[str, Any]:
        """The path to the fault."""
        return {"field": self.field}


class InvalidPreset(InvalidInput):
    """A preset file that cannot be used, with its path and, where one is at fault, its field."""

    def __init__(self, message: str, *, file: str, field: str | None = None) -> None:
        where = f"{file}: {field}" if field else file
        advice = "Correct the file, or move it out of the presets folder."
        super().__init__(f"{where}: {message}", advice=advice)
        self.file = file
        self.field = field

    def details(self) -> dict[str, Any]:
        """The file and the field."""
        return {"file": self.file, "field": self.field}


class InvalidTools(InvalidInput):
    """A text of tools, or what tools are to be made of, that cannot be used."""


class InvalidMock(InvalidInput):
    """A table of mock results that cannot be used, with its file and, where one is at fault, its row and field."""

    def __init__(self, message: str, *, file: str, field: str | None = None) -> None:
        where = f"{file}: {field}" if field else file
        super().__init__(
            f"{where}: {message}", advice="A row has tool, result or error, and optionally arguments and delay_s."
        )
        self.file = file
        self.field = field

    def details(self) -> dict[str, Any]:
        """The file and the field."""
        return {"file": self.file, "field": self.field}


class InvalidSetting(InvalidInput):
    """An environment variable with a value that cannot be used."""


class InvalidLaunch(InvalidInput):
    """A server that cannot be launched as asked; `field` is the field of `LaunchSpec` at fault, if one is."""

    def __init__(self, message: str, *, field: str | None = None, advice: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message, advice=advice)
        self.field = field

    def details(self) -> dict[str, Any]:
        """The field."""
        return {"field": self.field}


class InvalidUrl(InvalidInput):
    """A base URL that cannot be used; the message has no password in it."""


class InvalidRecord(InvalidInput):
    """A recorded exchange that cannot be read."""


class LaunchOutdated(InvalidLaunch):
    """A prepared launch that cannot be run as it was shown any more: the port chosen for it was taken meanwhile."""


class UnknownBackend(InvalidInput):
    """A backend name that is in no list, and no URL either."""


class MissingKey(InvalidInput):
    """The backend wants a key, and neither the environment nor the visitor gave one."""

    def __init__(self, backend: str, key_name: str) -> None:
        super().__init__(
            f"{backend} needs an API key, and none is set.",
            advice=f"Paste one into the API key field, or set {key_name} before the app starts.",
        )
        self.key_name = key_name


class TransportError(PlaygroundError):
    """There was no complete HTTP response. `url` is where the request went."""

    def __init__(self, message: str, *, url: str, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.url = url

    def details(self) -> dict[str, Any]:
        """The URL."""
        return {"url": self.url}


class AddressRefused(TransportError):
    """The URL leads to an address that this client may not connect to."""


class ConnectFailed(TransportError):
    """Nothing accepted the connection, or it was reset before a response."""


class NameResolutionFailed(TransportError):
    """The host's name has no address."""


class TLSFailed(TransportError):
    """The certificate was refused, or the handshake failed."""


class RequestTimeout(TransportError):
    """A deadline passed. `phase` is connect, first_byte or between_chunks; `timeout_s` its length."""

    def __init__(self, message: str, *, url: str, phase: str, timeout_s: float, advice: str = "") -> None:
        super().__init__(message, url=url, advice=advice)
        self.phase = phase
        self.timeout_s = timeout_s

    def details(self) -> dict[str, Any]:
        """URL, phase and limit."""
        return {"url": self.url, "phase": self.phase, "timeout_s": self.timeout_s}


class APIStatusError(PlaygroundError):
    """The server answered with an error status.

    Attributes:
        status_code: the HTTP status.
        code, param, type: as the server's error object gives them; `code` may be a number or a word.
        request_id: from `x-request-id` or the error's metadata.
        retry_after_s: from `Retry-After`, in seconds.
        body: the response body as text, at most 64 KiB of it.
        metadata: what else the error object says (balance, actions, provider, retryable), untouched.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str | int | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 - the wire's own word
        request_id: str | None = None,
        retry_after_s: float | None = None,
        body: str = "",
        metadata: Mapping[str, Any] | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(message, advice=advice)
        self.status_code = status_code
        self.code = code
        self.param = param
        self.type = type
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.body = body
        self.metadata = dict(metadata or {})

    @property
    def is_redirect(self) -> bool:
        """Whether the server names another address; the advice says which base URL leads there."""
        return 300 <= self.status_code < 400  # noqa: PLR2004 - the class of redirects

    def details(self) -> dict[str, Any]:
        """All that the server said."""
        return {
            "status_code": self.status_code,
            "code": self.code,
            "param": self.param,
            "error_type": self.type,
            "request_id": self.request_id,
            "retry_after_s": self.retry_after_s,
            "body": self.body or None,
            "metadata": self.metadata or None,
        }


class StreamError(PlaygroundError):
    """The status was fine, the body was not. What had arrived by then is kept by the exchange."""


class StreamProtocolError(StreamError):
    """The body is not what the protocol allows; `excerpt` is the offending part, at most 400 characters."""

    def __init__(self, message: str, *, excerpt: str = "", advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.excerpt = excerpt[:400]

    def details(self) -> dict[str, Any]:
        """The offending part."""
        return {"excerpt": self.excerpt or None}


class StreamFailed(StreamError):
    """The server sent an `error` object inside a stream that had begun well."""

    def __init__(
        self,
        message: str,
        *,
        code: str | int | None = None,
        type: str | None = None,  # noqa: A002 - the wire's own word
        metadata: Mapping[str, Any] | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.type = type
        self.metadata = dict(metadata or {})

    def details(self) -> dict[str, Any]:
        """What the error object said."""
        return {"code": self.code, "error_type": self.type, "metadata": self.metadata or None}


class StreamInterrupted(StreamError):
    """The stream ended with neither a `finish_reason` nor `[DONE]`."""


class TooMuchWork(PlaygroundError):
    """Reading what was given took more time or memory than one visitor may have."""


class NoRoom(PlaygroundError):
    """What one visitor, or all together, may keep here is used up."""


class UnknownVisitor(PlaygroundError):
    """The page's session is none of this app's: it was started again, or the browser sends no cookie."""


class ToolServerFailed(PlaygroundError):
    """An MCP server cannot be reached or started, or does not speak the protocol."""


class EngineError(PlaygroundError):
    """A server that this app starts did not come up, or went away."""


class EngineUnavailable(EngineError):
    """The program, the Python package or the model file is not there."""


class EngineExited(EngineError):
    """The engine's process ended by itself; `log_tail` is the end of what it printed."""

    def __init__(self, message: str, *, returncode: int | None, log_tail: str, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.returncode = returncode
        self.log_tail = log_tail

    def details(self) -> dict[str, Any]:
        """Exit code and the end of the log."""
        return {"returncode": self.returncode, "log_tail": self.log_tail}
