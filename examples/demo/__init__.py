"""The main job end to end, over HTTP only: recorded answers, then a live crowd."""
