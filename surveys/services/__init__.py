"""What people do with surveys, polls and jobs. Views, actions and tasks only call these."""
