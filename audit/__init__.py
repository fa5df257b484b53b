"""What happened in a zone, provably: an append-only log on an RFC 6962 Merkle tree."""
