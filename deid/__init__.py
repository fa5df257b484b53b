"""What data looks like before a researcher sees it: finding and treating what identifies a person."""
