"""Changes at Kaizala: groups made and linked, people added, removed and promoted, each as an outbox row."""
