"""The actions of a policy, one family per module."""
