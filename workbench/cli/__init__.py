"""The command line: one module a noun, all with one way to answer and to refuse."""
