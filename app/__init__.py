"""NAT Explorer's pages: what a visitor sees of the stored networks, and of a photo of their own."""
