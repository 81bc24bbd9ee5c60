"""The rules of breaches and notices as data, with the articles that they come from."""
