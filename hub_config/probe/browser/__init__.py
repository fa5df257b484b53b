"""Attacks from the browser's side, at the range's gate."""
