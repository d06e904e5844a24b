"""Draw an assessment beside a copy of the photo."""
