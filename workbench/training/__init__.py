"""What makes a model: features, splits, metrics, the report, and the worker that runs them."""
