"""Recognition: which asset a picture shows, whole or in part, when its metadata is gone."""
