"""What is known to be wrong with the packages in the zone's images: Debian's and Python's advisories."""
