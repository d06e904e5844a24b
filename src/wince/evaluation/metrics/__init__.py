"""Metrics: one function each, with formula, convention and source."""
