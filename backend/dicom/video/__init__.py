"""Video streams in pixel data (PS3.5 8.2.5 to 8.2.8): what they are, and how a browser gets them. No frame is decoded here."""
