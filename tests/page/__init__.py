"""Tests of the page in a browser. A package, so that fixtures can have package scope."""
