"""Linkage domains: asked by one, approved by another, previewed without showing anybody, ended."""
