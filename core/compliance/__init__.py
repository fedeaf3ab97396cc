"""What can be checked by a machine about the duties to mark pictures that AI made: item by item, never more than was checked."""
