"""The board's pages, one module each: its address, and what it shows in words."""
