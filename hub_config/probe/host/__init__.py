"""What is read of the server, as root and without changing anything."""
