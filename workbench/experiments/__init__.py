"""Problem statements and the runs made for them."""
