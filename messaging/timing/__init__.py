"""When a broadcast is sent, who has to agree, and what holds it up: schedules, quiet hours, four eyes."""
