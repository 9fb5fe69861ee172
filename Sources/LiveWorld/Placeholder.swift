// LiveWorld
