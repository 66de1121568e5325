"""Those who work with the service while it is killed, and write down what it told them."""
