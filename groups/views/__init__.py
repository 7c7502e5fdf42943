"""The pages of groups and syncs. Each checks its permission on the server."""
