"""The first release, played against the running zone over real HTTP and WebSockets."""

from hub_config.story.play import play

__all__ = ["play"]
