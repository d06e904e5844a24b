"""Programs that write parts of the documentation: outputs, command reference, screenshots."""
