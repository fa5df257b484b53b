"""The demo world: two data sets from real packages and a fixed seed, and the people who work on them."""
