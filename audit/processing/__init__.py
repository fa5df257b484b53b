"""The record of processing activities (GDPR art. 30): what the log tells of it, and what it cannot know."""
