"""The demo archive: rendered faces in the layout of UNBC-McMaster, ours and free to distribute."""
