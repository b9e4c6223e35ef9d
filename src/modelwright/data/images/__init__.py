"""Pictures: files, folders, tables and arrays → bytes [N, C, H, W] with labels, decoded once."""
