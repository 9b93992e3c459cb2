"""A tool from the JSON schema of a pydantic model: the text that `Model.model_json_schema()` gives."""

from playground.schema.check import check_schema
from playground.schema.document import read_document
from playground.tools.definitions import make_tool
from playground.tools.importers.imported import Imported, fitting_name


def tool_from_schema(text: str) -> Imported:
    """The tool whose parameters are this schema, untouched; its title and description become the function's."""
    check = check_schema(text)
    if not check.ok:
        return Imported(problems=check.problems)
    schema = read_document(text).value
    if not isinstance(schema, dict):
        return Imported.failed("true and false are schemas, but they describe no object")
    if schema.get("type", "object") != "object":
        return Imported.failed(f"it describes no object: its type is {schema['type']!r}, and a call gives an object")
    title, about = schema.get("title"), schema.get("description")
    title = title if isinstance(title, str) else ""
    name = fitting_name(title)
    notes = [str(note) for note in check.notes]
    if name != title:
        notes.append(
            f"the name is {name}: " + (f"{title!r} is not accepted by every server" if title else "it has no title")
        )
    return Imported((make_tool(name, about if isinstance(about, str) else "", schema),), tuple(notes))
