"""Values in, events out: pieces of the visual language. They know no state."""
