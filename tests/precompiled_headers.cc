// Nothing: its targets own the headers that tests include precompiled.
