"""Paper: texts and values in, the bytes of a PDF out."""
