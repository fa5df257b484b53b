"""What `ansim doctor --mend` puts right by itself: never data, and never what would need a choice."""
