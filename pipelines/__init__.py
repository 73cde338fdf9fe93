"""The shell around `detector`: databases, files, the clock, the command line."""
