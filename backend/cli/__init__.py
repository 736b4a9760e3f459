"""The command line: arguments in, sentences and exit codes out. The work is done by services."""
