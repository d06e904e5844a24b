"""Archives of labelled faces: read in any known layout, checked frame by frame, and prepared.

Everything here runs in the core install; torch and pandas are not needed.
"""
