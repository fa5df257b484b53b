"""Builds the container images of a zone without any registry: from Debian packages and Python wheels."""
