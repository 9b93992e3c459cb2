"""How a function says that it could not."""


class ToolFailed(Exception):
    """A function could not do what it was asked; its words go to the model as the call's result."""
