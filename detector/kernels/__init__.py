"""Compiled loops over numbers. Nothing here knows what a bid is; see `compilation` for the house rules."""
