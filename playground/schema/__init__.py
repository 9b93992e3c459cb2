"""JSON answers and their schemas, pure: check a schema, judge an answer, also while it streams."""
