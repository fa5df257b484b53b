"""Who may use which data, for what and until when: people, projects, datasets, grants."""
