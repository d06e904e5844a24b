"""The words that mark a result by its split: whether training and test share subjects."""

EXCLUSIVE = "subject-exclusive"
OPTIMISTIC = "subjects overlap: optimistic"
