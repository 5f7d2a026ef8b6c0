"""One file a command: `configure(parser, words)` says what it takes, `run(args, desk)` does it: the exit code."""
