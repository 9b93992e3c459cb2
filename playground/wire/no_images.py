"""Whether an error says that the model takes no images; every server has its own words for it.

- vLLM: "… is not a multimodal model", "At most 0 image(s) may be provided"
- llama.cpp, with status 500: "image input is not supported - hint: … you may need to provide the mmproj"
- OpenAI: "Invalid content type. image_url is only supported by certain models."
- OpenRouter, with status 404: "No endpoints found that support image input"
- Ollama: "this model does not support image input"
- DeepSeek: "unknown variant `image_url`, expected `text`"
- Zhipu: "messages.content.type is invalid, allowed values: ['text']"
"""

import re

NO_IMAGES = (
    "This model takes no images. Choose one that does, or remove the images from the conversation. A vision model on "
    "llama.cpp needs its projector (--mmproj)."
)
MAX_CHARACTERS = 4000  # that are looked at: the words stand at the beginning
_IMAGE = r"\b(?:images?|image_urls?|vision|multi-?modal)(?: (?:inputs?|content|data|parts?|messages?))?"
_TAKE = r"\b(?:not|cannot|can't|doesn't) (?:\w+ )?(?:support|accept|take|allow|process|handle)(?:ing)? (?:any )?"
_TAKEN = r"\W{1,3}(?:is |are )?(?:currently )?(?:not |un|only )(?:supported|allowed|accepted)"
_SAID = (
    # "does not support image input", "cannot accept images"; but not "does not support image format x"
    re.compile(rf"(?i){_TAKE}{_IMAGE}\b(?! (?:formats?|types?|sizes?|urls?|generation)\b)"),
    # "image input is not supported", "image_url is only supported by certain models"; but not "images are only
    # supported as data URLs"
    re.compile(rf"(?i){_IMAGE}{_TAKEN} ?(?:$|[.,;:)-]|by\b|for\b|with\b)"),
    re.compile(r"(?i)\bnot an? (?:multi-?modal|vision)\b|\b(?:non-multimodal|text-only) model\b|\bmmproj\b"),
    re.compile(r"(?i)\bendpoints? found that support image input|\bat most 0 image|\bunknown variant \W?image_url"),
    re.compile(r"(?i)\ballowed values\W{1,4}text\W{1,4}$"),
)


def says_no_images(message: str) -> bool:
    """Whether a server's message means that."""
    return any(words.search(message[:MAX_CHARACTERS]) for words in _SAID)
