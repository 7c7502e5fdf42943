"""The control plane under /sandbox/: what a tester may see and change beside the API."""
