"""Working-day calendars as data: one TOML file each, a year a table, with the notice it was taken from."""
