"""Error responses in the shapes of TheRouter, vLLM, SGLang and a proxy in between."""

from collections.abc import Mapping
from typing import Any

from tests.upstream.scripts.wire import body, json_body
from tests.upstream.steps import Headers, Script


def router_error(
    code: int,
    message: str,
    *,
    type: str = "invalid_request_error",  # noqa: A002 - the wire's own word
    error_code: str | int | None = None,
    param: str | None = None,
    retry_after: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    headers: Headers = (),
    **fields: Any,
) -> Script:
    """TheRouter's `{"error": {…}}`; `code` in it is the status unless `error_code` says otherwise."""
    error: dict[str, Any] = {
        "message": message,
        "type": type,
        "code": code if error_code is None else error_code,
        "param": param,
    }
    if metadata is not None:
        error["metadata"] = dict(metadata)
    if retry_after is not None:
        headers = (*headers, ("Retry-After", retry_after))
    return json_body({"error": error | fields}, code=code, headers=headers)


def rate_limited(retry_after: str | None = "7") -> Script:
    """429; `retry_after` as the header says it (seconds, or a date)."""
    return router_error(429, "Rate limit exceeded.", type="rate_limit_error", retry_after=retry_after)


def insufficient_credits() -> Script:
    """402 with balance and actions; made-up figures."""
    return json_body(
        {
            "error": {
                "type": "insufficient_credits",
                "message": "Not enough credits for this request.",
                "code": "insufficient_credits",
                "balance": {"current": "0.11", "threshold": "2.22", "currency": "USD"},
                "actions": {
                    "top_up_url": "https://router.example/top-up",
                    "support_url": "https://router.example/support",
                },
            }
        },
        code=402,
    )


def upstream_failed(*, provider: str = "test-provider", retryable: bool = True) -> Script:
    """502 with the metadata of the provider that failed."""
    return router_error(
        502,
        "The provider returned an error.",
        type="upstream_error",
        metadata={"provider": provider, "request_id": "req_provider_1", "retryable": retryable},
    )


def unauthorized() -> Script:
    """TheRouter's 401."""
    return router_error(401, "Invalid API key.", type="authentication_error")


def not_found(what: str) -> Script:
    """TheRouter's 404."""
    return router_error(404, f"{what} does not exist.", type="not_found_error")


def bad_request(message: str, *, param: str | None = None) -> Script:
    """TheRouter's 400."""
    return router_error(400, message, param=param)


def vllm_error(
    code: int = 404,
    message: str = "The model `x` does not exist.",
    *,
    type: str = "NotFoundError",  # noqa: A002 - the wire's own word
    param: str | None = "model",
) -> Script:
    """Shape used by vLLM: `{"error": {message, type, param, code}}`."""
    return json_body({"error": {"message": message, "type": type, "param": param, "code": code}}, code=code)


def sglang_error(
    code: int = 400,
    message: str = "Invalid request.",
    *,
    type: str = "BadRequestError",  # noqa: A002 - the wire's own word
    param: str | None = None,
) -> Script:
    """Shape used by SGLang: flat, `{"object": "error", …}`."""
    flat = {"object": "error", "message": message, "type": type, "param": param, "code": code}
    return json_body(flat, code=code)


def sglang_unauthorized() -> Script:
    """SGLang's 401: `error` is a string."""
    return json_body({"error": "Unauthorized"}, code=401)


def html_error(code: int = 502) -> Script:
    """The page of a proxy."""
    page = f"<html><head><title>{code} Bad Gateway</title></head><body><h1>{code} Bad Gateway</h1></body></html>"
    return body(page.encode(), code=code, content_type="text/html")


def empty_error(code: int = 503) -> Script:
    """A status and nothing else."""
    return body(b"", code=code, content_type="text/plain")
