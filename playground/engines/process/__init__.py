"""Processes of engines, each under a guard."""
