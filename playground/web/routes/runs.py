"""`POST /gradio_api/repeat`: the same request several times; a frame with all results so far as each one ends."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from playground.app.context import Context
from playground.app.form.form import Form
from playground.app.runs import FEWEST, MOST, Run, run_many
from playground.errors import PlaygroundError
from playground.web.frames import Frame, stream
from playground.web.guard.scope import visitor_of

Draw = Callable[[Sequence[Run], int], str]


class Wanted(Form):
    """The form, and how often."""

    count: int = Field(ge=FEWEST, le=MOST)


def run_routes(context: Context, draw: Draw) -> APIRouter:
    """The route; `draw` makes the HTML of the results."""
    router = APIRouter(prefix="/gradio_api")

    @router.post("/repeat")
    async def runs(wanted: Wanted, request: Request) -> StreamingResponse:
        """Send the same request several times, each answer judged."""
        return stream(_frames(context, wanted, visitor_of(request.scope), draw))

    return router


async def _frames(context: Context, wanted: Wanted, visitor: str | None, draw: Draw) -> AsyncGenerator[Frame, None]:
    done = list[Run]()
    try:
        prepared, key = (await context.build_apart(wanted, visitor)).prepared, context.key(wanted, visitor)
        client = context.client_for(wanted, visitor)
        context.servers.touch(wanted.backend)
    except PlaygroundError as error:
        yield {"problem": f"{error.message} {error.advice}".strip()}
        return
    yield {"html": draw((), wanted.count)}
    async with aclosing(
        run_many(prepared, wanted.count, client=client, key=key, workers=context.workers, who=visitor or "")
    ) as ended:
        async for run in ended:
            done.append(run)
            yield {"html": draw(done, wanted.count)}
