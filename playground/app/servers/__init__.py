"""Servers that are launched and attached to: one object each, their cards and launch form."""
