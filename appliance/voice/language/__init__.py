"""What can be said and what is answered: words, templates, grammars, texts."""
