"""The ground floor: words, identifiers, errors, time and who is asking. Knows no other room."""
