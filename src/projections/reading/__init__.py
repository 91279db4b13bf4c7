"""How queries reach the read models: views at two clocks, and lists in pages."""
