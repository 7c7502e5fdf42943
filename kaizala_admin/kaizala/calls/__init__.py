"""The operations, by subject. Each says one call; how it travels is the transport's business."""
