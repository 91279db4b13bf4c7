"""How uvicorn serves HTTP within limits."""
