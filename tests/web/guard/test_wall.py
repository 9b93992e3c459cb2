"""The whole app: the headers of every response, and of Gradio's routes only those that the page uses."""

from collections.abc import Iterator
from http.client import HTTPConnection

import httpx
import pytest

from playground.web.guard.headers import digest_of, inline_scripts
from playground.web.guard.wall import is_open
from tests.web.opened import ROOT, App, app_process

SECRET = "made-up-content-of-a-file-nobody-may-read"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    (folder / "uploads").mkdir()
    with app_process(folder / "log", GRADIO_TEMP_DIR=str(folder / "uploads")) as running:
        yield running


@pytest.fixture
def client(app: App) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/config"),
        ("GET", "/theme.css"),
        ("GET", "/nothing"),
        ("GET", "/gradio_api/nothing"),
        ("POST", "/gradio_api/key"),
        ("POST", "/gradio_api/exchange"),
        ("PUT", "/gradio_api/key"),
        ("GET", "/favicon.ico"),
    ],
)
def test_every_response_has_the_headers(client: httpx.Client, method: str, path: str) -> None:
    headers = client.request(method, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert ("default-src 'none'" in headers["content-security-policy"]) is (path != "/")


def test_a_refusal_has_them_too(client: httpx.Client) -> None:
    refused = client.get("/", headers={"host": "evil.example"})
    assert refused.status_code == 403
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]


def test_the_pages_policy_names_its_inline_scripts_and_no_others(client: httpx.Client) -> None:
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    scripts = inline_scripts(page.text)
    assert len(scripts) >= 4
    for script in scripts:
        assert digest_of(script) in directives["script-src"]
    assert "unsafe-inline" not in directives["script-src"]
    assert directives["connect-src"] == "'self'"
    assert directives["img-src"] == "'self' data: blob:"
    assert "http" not in policy


def test_inline_scripts_are_found_as_a_browser_finds_them() -> None:
    html = (
        '<script>a<b&&"</p>"</script><SCRIPT type=module>\n c</ScRiPt><script src=x></script><p>d</p><script></script>'
    )
    assert inline_scripts(html) == ['a<b&&"</p>"', "\n c", ""]


@pytest.mark.parametrize(
    "path",
    [
        "deep_link?session_hash=x",
        "proxy=https://example.org/",
        "proxy=http://127.0.0.1:1/",
        "file=https://example.org/x",
        "file=HTTP://127.0.0.1:1/x",
        "file=file:///etc/passwd",
        "api/predict",
        "call/predict",
        "run/other",
        "openapi.json",
        "runs",
        "run-history/connect",
        "vibe-edit",
        "vibe-code/",
        "dev/reload",
        "component_server",
        "stream/x",
        "token",
        "mcp",
        "upload",
        "upload_progress?upload_id=x",
        "queue/join",
        "queue/data?session_hash=x",
        "heartbeat/x",
        "info",
        "cancel",
        "reset",
        "startup-events",
        "file=/proc/self/environ",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_page_does_not_use_does_not_exist(client: httpx.Client, path: str, method: str) -> None:
    answer = client.request(method, f"/gradio_api/{path}")
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing at this address."}


@pytest.mark.parametrize(
    "path",
    ["/config", "/svelte/a.js", "/monitoring", "/docs", "/redoc", "/openapi.json", "/login", "/logout", "/user", "/x"],
)
def test_nor_does_this(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "there"),
    [
        ("GET", "/assets/a-1.js", True),
        ("HEAD", "/", True),
        ("POST", "/gradio_api/run/predict", True),
        ("POST", "/assets/a.js", False),
        ("GET", "/assets/a/b.js", False),
        ("GET", "/assets/../a.js", False),
        ("GET", "/assets/.env", False),
        ("POST", "/", False),
        ("GET", "/gradio_api/run/predict", False),
        ("POST", "/gradio_api/run/predict/", False),
    ],
)
def test_what_it_uses_is_open_and_nothing_beside_it(method: str, path: str, there: bool) -> None:  # noqa: FBT001 - a case
    assert is_open(path, method) is there


def test_no_file_outside_the_uploads_is_given(app: App) -> None:
    outside = app.log.parent / "outside.txt"
    outside.write_text(SECRET)
    up = "../" * 12
    files = [str(outside), str(ROOT / "README.md"), str(ROOT / "app.py"), "README.md", "app.py", ".env"]
    spellings = [
        *(f"/gradio_api/file={file}" for file in files),
        *(f"/{folder}/{up}{outside}" for folder in ("assets", "static", "svelte")),
        *(f"/{folder}/{up.replace('/', '%2f')}{outside}" for folder in ("assets", "static", "svelte")),
        f"/gradio_api/file={app.log.parent}/uploads/../outside.txt",
        f"/gradio_api/file={app.log.parent}/uploads/%2e%2e/outside.txt",
        f"/gradio_api/file={app.log.parent}/uploads/..%2foutside.txt",
        f"/gradio_api/file=/proc/self/environ{up}",
        "/gradio_api/file=/proc/self/environ",
    ]
    for path in spellings:
        raw = HTTPConnection(app.url.removeprefix("http://"), timeout=30)  # it sends the path as it stands
        raw.request("GET", path)
        answer = raw.getresponse()
        assert answer.status == 404, path
        assert SECRET.encode() not in answer.read()
        raw.close()
