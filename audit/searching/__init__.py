"""What an officer does with the record: ask it, count, read the answers, keep questions, take copies along."""
