"""What the command line prints: for people on a terminal, as plain text into a pipe."""
