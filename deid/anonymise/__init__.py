"""Generalising quasi-identifiers until every row hides among others: full-domain over hierarchies, or locally."""
