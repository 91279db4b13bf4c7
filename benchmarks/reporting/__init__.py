"""What is kept and shown of measurements: `results.json`, the tables and plots of `README.md`, and the machine that they are from."""
