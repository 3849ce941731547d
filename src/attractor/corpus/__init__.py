"""Running text and treebanks to items: parsed or gold trees, and the rules that read them."""
