"""Documents of strangers: bounded text in, plain values and faults with pointers out."""
