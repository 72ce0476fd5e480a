"""交办单 and 调度会: what leaders ask of units and people, and the meetings it is decided in."""
