"""The main job end to end, over HTTP only: recorded answers, a live crowd, a hostile one."""
