"""Numbers for charts; no drawing and no widget here."""
