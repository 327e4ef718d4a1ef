"""Serve: an envelope as a web service, whose requests and answers its schema tells."""
