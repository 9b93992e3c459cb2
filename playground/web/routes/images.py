"""`POST /gradio_api/images`: a picture for the next message, as the bytes of the request; nothing touches the disk.

The type is told from the first bytes, whatever the name or the header says: the formats that OpenAI's API takes,
<https://platform.openai.com/docs/guides/images-vision>.
"""

import base64

from fastapi import APIRouter, HTTPException, Request

from playground.app.context import Context
from playground.app.conversations import Conversation
from playground.errors import PlaygroundError
from playground.web.guard.scope import visitor_of

MIB = 2**20
MAX_IMAGE_BYTES = 20 * MIB  # what OpenAI's API took at most when this was written
MAX_IMAGES = 16  # that wait at a time
MAX_WAITING_BYTES = 40 * MIB  # of all that wait, as the data URLs that are sent
CONVERSATION = "x-conversation"  # a header, for the id is a secret and addresses stand in logs


def image_routes(context: Context) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/gradio_api")

    @router.post("/images")
    async def attach(request: Request) -> dict[str, int]:
        """Keep an image to go with the conversation's next message."""
        try:
            name, visitor = request.headers.get(CONVERSATION, ""), visitor_of(request.scope)
            conversation = context.claim(name, visitor)
            add_image(conversation, await request.body())
            context.note(conversation, name, visitor)
        except PlaygroundError as error:
            raise HTTPException(403, f"{error.message} {error.advice}") from None
        except ValueError as error:
            raise HTTPException(415, str(error)) from None
        return {"images": len(conversation.images)}

    return router


def add_image(conversation: Conversation, data: bytes) -> None:
    """Keep an image as a data URL.

    Raises:
        ValueError: it is not an image of a known format, or too much; in words for a person.
    """
    kind = kind_of(data)
    if kind is None:
        raise ValueError("This is not a PNG, JPEG, GIF or WebP image. Convert it to one of these.")
    if len(data) > MAX_IMAGE_BYTES:
        raise ValueError(f"This image is larger than {MAX_IMAGE_BYTES // MIB} MiB. Make it smaller.")
    if len(conversation.images) >= MAX_IMAGES:
        raise ValueError(f"{MAX_IMAGES} images are attached already, which is the limit. Remove one first.")
    waiting = sum(map(len, conversation.images)) + len(data) * 4 // 3
    if waiting > MAX_WAITING_BYTES:
        raise ValueError(
            f"The images of a message may take at most {MAX_WAITING_BYTES // MIB} MiB together. Remove one first."
        )
    conversation.images.append(f"data:{kind};base64,{base64.b64encode(data).decode()}")


def kind_of(data: bytes) -> str | None:
    """The image's media type, by its signature; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None
