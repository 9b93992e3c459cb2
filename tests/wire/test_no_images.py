"""A model that takes no images: the words of many servers, and words that mean something else."""

import pytest

from playground.wire.error_body import parse_error
from playground.wire.no_images import NO_IMAGES, says_no_images
from tests.effort import effort
from tests.upstream import scripts
from tests.wire.test_error_body import parse


@pytest.mark.parametrize(
    "message",
    [
        "SmolLM2-135M-Instruct is not a multimodal model",
        "At most 0 image(s) may be provided in one prompt.",
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        "image input is not supported by this server",
        "Invalid content type. image_url is only supported by certain models.",
        "No endpoints found that support image input",
        "this model does not support image input (ref: b8bd630e)",
        "This model does not support images.",
        "The model m doesn't support vision",
        "Model m does not support multimodal inputs",
        "Images are not supported for this model.",
        "Image content is not supported.",
        "This model cannot process images",
        "The model is not a vision model",
        "Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text` at line 1",
        "messages.content.type is invalid, allowed values: ['text']",
    ],
)
def test_it_is_told_as_that(message: str) -> None:
    assert says_no_images(message)
    for status in (400, 404, 422, 500):
        error = parse(scripts.router_error(status, message))
        assert error.advice == NO_IMAGES
        assert message in error.message


@pytest.mark.parametrize(
    "message",
    [
        "You uploaded an unsupported image. Please make sure your image is valid.",
        "This server does not support image format webp.",
        "Images are only supported as data URLs.",
        "The image is larger than 20 MB.",
        "Invalid image_url: the file could not be downloaded.",
        "This model does not support tools.",
        "The model does not support image generation.",
        "The model `vision` does not exist.",
        "At most 10 image(s) may be provided in one prompt.",
        "No endpoints found for vision/model.",
        "messages.content.type is invalid, allowed values: ['text', 'image_url']",
    ],
)
def test_other_faults_are_not(message: str) -> None:
    assert not says_no_images(message)


def test_a_long_message_takes_no_long_time() -> None:
    for piece in ("image ", "does not support ", "not ", " ", "allowed values '", "vision is "):
        with effort(60):
            parse_error(400, "Bad Request", (), (piece * 100_000).encode())
