"""How long the record is kept, and how a person's part in it ends: policy, holds, erasure, declared pruning."""
