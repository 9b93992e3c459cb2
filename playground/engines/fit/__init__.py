"""Will it fit? What a model needs, what the GPUs have, and the arithmetic between the two."""
