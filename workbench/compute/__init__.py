"""Places where work runs, and the work: specs, jobs and their states, events, bundles, processes."""
