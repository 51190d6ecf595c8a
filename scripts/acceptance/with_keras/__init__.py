"""Each registered part beside the one of Keras 3, a file for each kind."""
