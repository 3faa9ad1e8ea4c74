"""Gates on promotions."""
