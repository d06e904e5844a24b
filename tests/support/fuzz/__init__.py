"""Inputs damaged at random, and what they are tried on.

Input number n is always the same, so a failure is repeated by its number alone. The tests try a
few hundred of each kind, benchmarks/fuzz.py as many as wanted.
"""
