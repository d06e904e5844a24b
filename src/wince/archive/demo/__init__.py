"""The demo archive: synthetic faces in the layout of UNBC-McMaster, ours and free to ship."""
