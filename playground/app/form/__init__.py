"""The form: what a visitor set, and the request it makes."""
