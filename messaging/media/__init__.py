"""The media library: upload once, use often; and what Kaizala called each file when it was sent there."""
