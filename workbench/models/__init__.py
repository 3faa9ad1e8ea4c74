"""Model versions: the registry, gates, promotion and rollback, verified loading."""
