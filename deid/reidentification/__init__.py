"""Leading a token back to a person, lawfully: asked by one, approved by two, opened one at a time."""
