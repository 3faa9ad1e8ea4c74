"""Serving: the HTTP application, its process, the prediction log, and deployments over them."""
