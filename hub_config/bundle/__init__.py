"""Everything that an installation without a network takes, in one signed directory."""
