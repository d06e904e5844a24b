"""Archives of labelled faces: read any known layout, check every frame, prepare it for training.

Everything here works with the core install, without torch or pandas.
"""
