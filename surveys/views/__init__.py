"""The pages of surveys, polls and jobs. Each checks its permission on the server."""
