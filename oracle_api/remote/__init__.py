"""A client of a running service, over HTTP. Knows nothing of what the service is made of."""
