"""Contract tests: what every plugin of a kind must satisfy, for third parties to run on theirs."""
