"""The life of a render: who is next, who carries it out, and what happens when something dies."""
