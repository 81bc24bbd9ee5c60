"""Working through a playbook as a pure function: a state and an event in, a changed state out."""
