"""Tools made of what people already have: a Python function, a pydantic model, an OpenAPI operation, an MCP server."""
