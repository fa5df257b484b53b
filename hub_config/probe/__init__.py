"""Attacks a workspace made exactly as a researcher's, from inside and from the browser's side, and says what held."""
