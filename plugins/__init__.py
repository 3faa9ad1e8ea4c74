"""See README.md here."""
