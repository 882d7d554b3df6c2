"""Answer → terminal text or JSON: pure functions that read nothing and write nothing."""
