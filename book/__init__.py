"""How the chapters become a book."""
